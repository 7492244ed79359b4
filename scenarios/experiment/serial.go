package experiment

import (
	"fmt"
	"strings"

	"quorumlab/node"
	"quorumlab/raft"
)

// serial is a server whose requests to store commands leave only when its own disk
// has stored all that was written before.
type serial struct {
	node.Handler
	env serialEnv
}

type serialEnv struct {
	node.Env
	request string
	held    *[]held
}

// held is a message that waits for a sync.
type held struct {
	to      node.ID
	message node.Message
}

func newSerial(env node.Env, e counted) node.Handler {
	s := &serial{env: serialEnv{Env: env, request: e.protocol.request, held: new([]held)}}
	s.Handler = e.protocol.server(s.env, e.cluster)
	return s
}

// Send implements node.Env.
func (e serialEnv) Send(to node.ID, m node.Message) {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", m), ".")
	if a, ok := m.(raft.AppendEntries); name != e.request || ok && len(a.Entries) == 0 {
		e.Env.Send(to, m)
		return
	}
	*e.held = append(*e.held, held{to, m})
}

// Synced implements node.Handler: what waited leaves.
func (s *serial) Synced(n node.Sync, err error) {
	for _, h := range *s.env.held {
		s.env.Env.Send(h.to, h.message)
	}
	*s.env.held = nil
	s.Handler.Synced(n, err)
}
