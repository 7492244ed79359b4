package rsm

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMachinesTellWhatTheyHold(t *testing.T) {
	s := NewKeyValue()
	assert.Equal(t, "empty", s.String())
	s.Apply(Put("b", "2"))
	s.Apply(Put("a", "1"))
	assert.Equal(t, "a=1 b=2", s.String())
	for i := range shownKeys + 1 {
		s.Apply(Put(fmt.Sprintf("k%02d", i), "x"))
	}
	assert.Contains(t, s.String(), "and 3 more")
	c := NewCounter()
	c.Apply(Add(-3))
	assert.Equal(t, "-3", c.String())
}
