package sim

import (
	"fmt"
	"time"

	"quorumlab/node"
)

// CPU says how long the worker of a machine is busy with a message: the sends of
// that call leave only then, and the next call starts only then. The zero value
// costs nothing. Timers and syncs cost nothing in themselves.
type CPU struct {
	PerMessage Distribution
	PerByte    time.Duration
}

func (c CPU) validate() error {
	if err := c.PerMessage.Validate(); err != nil {
		return fmt.Errorf("per message: %w", err)
	}
	if c.PerByte < 0 {
		return fmt.Errorf("per byte: %v is negative", c.PerByte)
	}
	return nil
}

// costOf draws what a message costs the machine that handles it.
func (m *machine) costOf(message node.Message) int64 {
	m.handled++
	if m.world.costless && len(m.condition.slow) == 0 {
		return 0
	}
	return m.drawCost(message)
}

func (m *machine) drawCost(message node.Message) int64 {
	cost := int64(0)
	if c := &m.world.config.CPU; !c.PerMessage.isZero() || c.PerByte != 0 {
		cost = int64(c.PerMessage.sample(&m.work)) + int64(c.PerByte)*int64(sizeOf(message))
	}
	for i := range m.condition.slow {
		cost += m.condition.slow[i].costs(m)
	}
	return cost
}
