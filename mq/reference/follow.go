package reference

import (
	"encoding/binary"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
)

// Follow carries out an encoded command at the time of its stamp, which is the name and
// the clock of a server, in the first twelve bytes. It returns the command, nil if there
// is none, and what Apply does.
func (r *Machine) Follow(command []byte) (c mq.Command, want any) {
	c, err := mq.Decode(command)
	if err != nil {
		return nil, nil
	}
	by, now := r.by, r.reading
	if stamp := node.ID(binary.LittleEndian.Uint32(command)); stamp != 0 {
		by, now = stamp, time.Duration(binary.LittleEndian.Uint64(command[4:]))
	}
	r.Tick(by, now)
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
