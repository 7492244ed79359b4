package synod

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
)

// stage is a world in which nothing happens by itself: the script says which
// messages arrive, and when. So it can be as unlucky as it likes.
type stage struct {
	t       *testing.T
	config  Config
	players map[node.ID]*player
	pending []letter // sent and not delivered
	judge   *Invariants
	told    strings.Builder // the story so far
}

// player is one machine on the stage.
type player struct {
	stage   *stage
	id      node.ID
	handler node.Handler
	disk    fakedisk.Disk
	timer   bool // is set
}

type letter struct {
	from, to node.ID
	message  node.Message
}

// newStage sets up two proposers, 1 and 2, of red and blue, the acceptors 3, 4 and
// 5, and a learner, 6. All but the proposers are started.
func newStage(t *testing.T) *stage {
	s := &stage{
		t:       t,
		players: make(map[node.ID]*player),
		config: Config{
			Proposers: []node.ID{1, 2},
			Acceptors: []node.ID{3, 4, 5},
			Learners:  []node.ID{6},
			Patience:  time.Second,
		},
	}
	s.judge = NewInvariants(s.config, "red", "blue")
	for id := node.ID(1); id <= 6; id++ {
		s.players[id] = &player{stage: s, id: id}
	}
	for id := node.ID(3); id <= 6; id++ {
		s.start(id)
	}
	return s
}

// start boots a machine, anew if it ran.
func (s *stage) start(id node.ID) {
	p := s.players[id]
	switch {
	case id == 1:
		p.handler = NewProposer(p, s.config, "red")
	case id == 2:
		p.handler = NewProposer(p, s.config, "blue")
	case id < 6:
		p.handler = NewAcceptor(p, s.config)
	default:
		p.handler = NewLearner(p, s.config)
	}
	p.call(p.handler.Start)
}

// call calls a handler, and lets its disk finish.
func (p *player) call(method func()) {
	method()
	for p.disk.Syncs() > 0 {
		p.handler.Synced(p.disk.EndSync(nil), nil)
	}
	require.NoError(p.stage.t, p.stage.judge.Check(p.id, p.handler))
}

// say adds a line to the story.
func (s *stage) say(format string, arguments ...any) {
	fmt.Fprintf(&s.told, format+"\n", arguments...)
}

// deliver delivers what is under way from some machines to others, and tells it.
func (s *stage) deliver(from, to []node.ID) {
	var line, names string
	tell := func() {
		if line != "" {
			s.say("  %s", strings.Replace(line, "*", strings.TrimSpace(names), 1))
		}
	}
	pending := s.pending
	s.pending = nil
	for _, l := range pending {
		if !slices.Contains(from, l.from) || !slices.Contains(to, l.to) {
			s.pending = append(s.pending, l)
			continue
		}
		next, who := fmt.Sprintf("* → %s  %v", name(l.to), l.message), l.from
		if len(from) == 1 {
			next, who = fmt.Sprintf("%s → *  %v", name(l.from), l.message), l.to
		}
		if next != line {
			tell()
			line, names = next, ""
		}
		names += name(who) + " "
		p := s.players[l.to]
		p.call(func() { p.handler.Receive(l.from, l.message) })
	}
	tell()
}

// expire lets a timer expire that must be set.
func (s *stage) expire(id node.ID) {
	p := s.players[id]
	require.True(s.t, p.timer)
	p.timer = false
	p.call(func() { p.handler.Timeout(AttemptTimer) })
}

// name tells the role of a machine with its number.
func name(id node.ID) string { return string("?PPAAAL"[id]) + fmt.Sprint(id) }

func (p *player) ID() node.ID                        { return p.id }
func (p *player) Now() time.Duration                 { return 0 }
func (p *player) Rand() *rand.Rand                   { return rand.New(rand.NewPCG(1, 1)) }
func (p *player) SetTimer(node.Timer, time.Duration) { p.timer = true }
func (p *player) StopTimer(node.Timer)               { p.timer = false }
func (p *player) Disk() node.Disk                    { return &p.disk }
func (p *player) Note(any)                           {}
func (p *player) Exit(reason error)                  { require.NoError(p.stage.t, reason) }
func (p *player) Send(to node.ID, m node.Message) {
	require.NoError(p.stage.t, p.stage.judge.Sent(p.id, m))
	p.stage.pending = append(p.stage.pending, letter{p.id, to, m})
}
