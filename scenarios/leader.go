package scenarios

import (
	"time"

	"quorumlab/node"
)

// Leadership is the moment at which a server came to lead, by its own account.
type Leadership struct {
	At     time.Duration
	Leader node.ID
	Term   uint64
}

// leaderLog follows who leads.
type leaderLog struct {
	changes []Leadership
}

// look notes whether a server has come to lead in a term that is newer than any
// before.
func (l *leaderLog) look(now time.Duration, id node.ID, h node.Handler) {
	leader, ok := h.(node.Leader)
	if !ok {
		return
	}
	term, leads := leader.Leads()
	if !leads || len(l.changes) > 0 && term <= l.changes[len(l.changes)-1].Term {
		return
	}
	l.changes = append(l.changes, Leadership{now, id, term})
}
