package reference

import (
	"encoding/binary"
	"time"

	"quorumlab/mq"
)

// Follow carries out an encoded command at the time of its stamp, which is the term and
// the clock of a leader, in the first sixteen bytes. It returns the command, nil if there
// is none, and what Apply does.
func (r *Machine) Follow(command []byte) (c mq.Command, want any) {
	c, err := mq.Decode(command)
	if err != nil {
		return nil, nil
	}
	r.Tick(binary.LittleEndian.Uint64(command), time.Duration(binary.LittleEndian.Uint64(command[8:])))
	return c, r.Apply(c)
}

// Ask answers an encoded question, for which time stands still.
func (r *Machine) Ask(question []byte) (c mq.Command, want any) {
	c, err := mq.Decode(question)
	if err != nil || !c.ReadOnly() {
		return nil, nil
	}
	return c, r.Apply(c)
}
