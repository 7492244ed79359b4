package paxos

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
	"quorumlab/rsm"
)

// lone is one server whose world is the test: it is handed messages, and what it
// sends is looked at.
type lone struct {
	t      testing.TB
	id     node.ID
	config Config
	server *Server

	disk    fakedisk.Disk
	random  *rand.Rand
	sent    []string // "to message", oldest first
	timers  map[node.Timer]time.Duration
	notes   []string
	exited  error
	clock   time.Duration
	counter *rsm.Counter

	outbox []envelope // what troupe has not passed on
	watch  func()     // called after every call of the server
}

type envelope struct {
	to      node.ID
	message node.Message
}

// boot starts a server of a cluster of the servers 1 to n on an empty disk.
func boot(t testing.TB, id node.ID, n int) *lone {
	servers := make([]node.ID, n)
	for i := range servers {
		servers[i] = node.ID(i + 1)
	}
	l := newLone(t, id, DefaultConfig(servers))
	l.start()
	l.sync()
	return l
}

func newLone(t testing.TB, id node.ID, config Config) *lone {
	return &lone{t: t, id: id, config: config, random: rand.New(rand.NewPCG(1, uint64(id))), watch: func() {}}
}

func (l *lone) start() {
	l.timers = make(map[node.Timer]time.Duration)
	l.counter = rsm.NewCounter()
	l.server = New(l, l.config, l.counter)
	l.server.Start()
	l.watch()
}

// kill ends the process without warning; the machine runs on.
func (l *lone) kill() {
	l.server, l.sent = nil, nil
	l.disk.Kill()
}

// restart crashes the machine, which loses all that is not synced, and boots it.
func (l *lone) restart() {
	l.kill()
	l.disk.Crash()
	l.start()
	l.sync()
}

// receive hands a message to the server and lets the disk finish.
func (l *lone) receive(from node.ID, m node.Message) {
	l.server.Receive(from, m)
	l.watch()
	l.sync()
}

// expire lets time pass until a timer expires that must be set, and the disk
// finish.
func (l *lone) expire(t node.Timer) {
	require.Contains(l.t, l.timers, t, "timer %d is not set", t)
	l.clock += l.timers[t]
	delete(l.timers, t)
	l.server.Timeout(t)
	l.watch()
	l.sync()
}

// sync ends all syncs that are under way, and those that are started then.
func (l *lone) sync() {
	for l.disk.Syncs() > 0 && l.exited == nil {
		l.endSync(nil)
	}
}

// endSync ends one sync.
func (l *lone) endSync(err error) {
	l.server.Synced(l.disk.EndSync(err), err)
	l.watch()
}

// expect checks what was sent since the last time.
func (l *lone) expect(messages ...string) {
	l.t.Helper()
	sent := l.sent
	l.sent = nil
	if len(messages) == 0 {
		require.Empty(l.t, sent)
		return
	}
	require.Equal(l.t, messages, sent)
}

// lead makes the server the leader of round 1, with one promise from server
// from, and forgets what was said.
func (l *lone) lead(from node.ID, accepted ...Proposal) {
	l.expire(LeaderTimer)
	l.receive(from, Promise{Ballot: l.server.ballot, Accepted: accepted})
	_, leads := l.server.Leads()
	require.True(l.t, leads)
	l.sent = nil
}

func (l *lone) ID() node.ID                                { return l.id }
func (l *lone) Now() time.Duration                         { return l.clock }
func (l *lone) Rand() *rand.Rand                           { return l.random }
func (l *lone) SetTimer(t node.Timer, after time.Duration) { l.timers[t] = after }
func (l *lone) StopTimer(t node.Timer)                     { delete(l.timers, t) }
func (l *lone) Disk() node.Disk                            { return &l.disk }
func (l *lone) Note(note any)                              { l.notes = append(l.notes, fmt.Sprint(note)) }
func (l *lone) Exit(reason error)                          { l.exited = reason }
func (l *lone) Send(to node.ID, m node.Message) {
	l.outbox = append(l.outbox, envelope{to, m})
	if _, answersHeartbeat := m.(HeartbeatReply); answersHeartbeat {
		return // every heartbeat has one
	}
	if l.exited == nil {
		l.sent = append(l.sent, fmt.Sprintf("%d %v", to, m))
	}
}

// request is the first of a client's requests: it adds the client's number to
// the counter.
func request(client rsm.ClientID) rsm.Request {
	return rsm.Request{Client: client, Sequence: 1, Command: rsm.Add(int64(client))}
}

// requests are the first ones of several clients.
func requests(clients ...rsm.ClientID) []rsm.Request {
	all := make([]rsm.Request, len(clients))
	for i, client := range clients {
		if client != 0 { // zero stands for a no-op
			all[i] = request(client)
		}
	}
	return all
}

// noOps are so many of them.
func noOps(n int) []rsm.Request { return make([]rsm.Request, n) }
