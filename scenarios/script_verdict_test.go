package scenarios

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"quorumlab/linearizability"
)

// complaints are what a test was told.
type complaints []string

func (*complaints) Helper()        {}
func (*complaints) Cleanup(func()) {}
func (c *complaints) Errorf(format string, arguments ...any) {
	*c = append(*c, fmt.Sprintf(format, arguments...))
}
func (c *complaints) Fatalf(format string, arguments ...any) { c.Errorf(format, arguments...) }

// TestScriptDoesNotPassUnjudged: what no judge could decide does not pass.
func TestScriptDoesNotPassUnjudged(t *testing.T) {
	for verdict, want := range map[linearizability.Verdict]int{linearizability.VerdictOK: 0, linearizability.VerdictUnknown: 1} {
		var told complaints
		NewScript(&told, Raft, 1).report(&Result{Verdict: verdict})
		assert.Len(t, told, want, "%v: %v", verdict, told)
	}
}
