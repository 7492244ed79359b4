package reference

import (
	"errors"
	"reflect"

	"quorumlab/mq"
)

// Result reads a true answer to a command by its method Result, and gives what Apply
// does.
func Result(c mq.Command, answer []byte) any {
	out := reflect.ValueOf(c).MethodByName("Result").Call([]reflect.Value{reflect.ValueOf(answer)})
	if err, _ := out[len(out)-1].Interface().(error); err != nil {
		var refused *mq.Error
		if !errors.As(err, &refused) {
			return err
		}
		return refused.Code
	}
	if len(out) == 1 {
		return nil
	}
	return out[0].Interface()
}
