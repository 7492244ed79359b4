package raft

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
	"quorumlab/rsm"
)

// fakeEnv is a world of one machine whose every event a test makes by hand.
type fakeEnv struct {
	id     node.ID
	random *rand.Rand
	sent   []envelope
	timers map[node.Timer]time.Duration // pending, with the delay they were set with
	notes  []any
	exit   error
	now    time.Duration
	disk   fakedisk.Disk
}

// envelope is a message that was sent.
type envelope struct {
	to      node.ID
	message node.Message
}

func newFakeEnv(id node.ID) *fakeEnv {
	return &fakeEnv{id: id, random: rand.New(rand.NewPCG(1, uint64(id))), timers: make(map[node.Timer]time.Duration)}
}

func (e *fakeEnv) ID() node.ID                                { return e.id }
func (e *fakeEnv) Now() time.Duration                         { return e.now }
func (e *fakeEnv) Rand() *rand.Rand                           { return e.random }
func (e *fakeEnv) SetTimer(t node.Timer, after time.Duration) { e.timers[t] = after }
func (e *fakeEnv) StopTimer(t node.Timer)                     { delete(e.timers, t) }
func (e *fakeEnv) Disk() node.Disk                            { return &e.disk }
func (e *fakeEnv) Note(event any)                             { e.notes = append(e.notes, event) }
func (e *fakeEnv) Exit(reason error)                          { e.exit = reason }

func (e *fakeEnv) Send(to node.ID, m node.Message) {
	if e.exit == nil {
		e.sent = append(e.sent, envelope{to, m})
	}
}

// recorder is a state machine that keeps the commands it was given.
type recorder struct{ commands []string }

func (r *recorder) Apply(command []byte) []byte {
	r.commands = append(r.commands, string(command))
	return command
}
func (r *recorder) Read(command []byte) []byte { return command }
func (r *recorder) Snapshot() []byte           { return []byte(strings.Join(r.commands, ",")) }
func (r *recorder) Restore(snapshot []byte) error {
	r.commands = nil
	if len(snapshot) > 0 {
		r.commands = strings.Split(string(snapshot), ",")
	}
	return nil
}

// fixture is a server with its world.
type fixture struct {
	*Server
	t       *testing.T
	env     *fakeEnv
	machine *recorder
	config  Config
	judge   *Invariants // looks on after each event, in tests that run whole clusters
	broken  func(error) // is told of a violation, which is otherwise a failure
}

// servers returns the IDs 1 to n.
func servers(n int) []node.ID {
	ids := make([]node.ID, n)
	for i := range ids {
		ids[i] = node.ID(i + 1)
	}
	return ids
}

// paperConfig is the Raft of the paper's Figure 2: what was added to it later is
// off.
func paperConfig(n int) Config {
	config := DefaultConfig(servers(n))
	config.PreVote, config.CheckQuorum, config.SnapshotEntries = false, false, 0
	return config
}

// boot starts server id of n on an empty disk.
func boot(t *testing.T, id node.ID, n int) *fixture { return bootConfig(t, id, paperConfig(n)) }

func bootConfig(t *testing.T, id node.ID, config Config) *fixture {
	f := &fixture{t: t, env: newFakeEnv(id), config: config}
	f.restart()
	f.sync()
	return f
}

// bootWith starts server id of n on a disk that holds a term and a log whose
// entries have the given terms.
func bootWith(t *testing.T, id node.ID, n int, term Term, logTerms ...Term) *fixture {
	return bootConfigWith(t, id, paperConfig(n), term, logTerms...)
}

func bootConfigWith(t *testing.T, id node.ID, config Config, term Term, logTerms ...Term) *fixture {
	f := bootConfig(t, id, config)
	f.Server.journal.saveVote(term, 0)
	for i, entryTerm := range logTerms {
		f.Server.journal.saveEntries(Index(i+1), []Entry{testEntry(Index(i+1), entryTerm)})
	}
	f.Server.journal.flush()
	f.sync()
	f.crash()
	f.sync()
	return f
}

// testEntry returns the entry of that term at that index: there is only one.
func testEntry(i Index, t Term) Entry {
	return Entry{Term: t, Request: rsm.Request{Client: rsm.ClientID(t), Sequence: uint64(i), Command: []byte{byte(t), byte(i)}}}
}

// testEntries returns entries from index first on with the given terms.
func testEntries(first Index, terms ...Term) []Entry {
	var entries []Entry
	for i, t := range terms {
		entries = append(entries, testEntry(first+Index(i), t))
	}
	return entries
}

// all returns the entries of a log.
func (l *log) all() []Entry { return l.entries.slice(0, l.entries.length) }

// logWith makes a log of entries that begin behind an index.
func logWith(base Index, baseTerm Term, entries ...Entry) log {
	l := log{base: base, baseTerm: baseTerm}
	l.append(entries...)
	return l
}

// crash restarts the server with what its disk had synced.
func (f *fixture) crash() {
	f.env.disk.Crash()
	f.restart()
}

// restart restarts the server without a loss on the disk.
func (f *fixture) restart() {
	f.env.disk.Kill()
	f.env.sent, f.env.notes, f.env.exit = nil, nil, nil
	clear(f.env.timers)
	f.env.now += time.Hour // nobody remembers what was before
	f.machine = &recorder{}
	f.Server = New(f.env, f.config, f.machine)
	f.Start()
	f.env.now += time.Minute
	f.look()
}

func (f *fixture) look() {
	f.t.Helper()
	if f.judge == nil || f.env.exit != nil {
		return
	}
	err := f.judge.Check(f.env.id, f.Server)
	if err != nil && f.broken != nil {
		f.broken(err)
		return
	}
	require.NoError(f.t, err)
}

// receive hands the server a message, without letting a sync end.
func (f *fixture) receive(from node.ID, m node.Message) {
	f.t.Helper()
	f.Receive(from, m)
	f.look()
}

// expire lets a timer expire that is pending, without letting a sync end.
func (f *fixture) expire(timer node.Timer) {
	f.t.Helper()
	require.Contains(f.t, f.env.timers, timer, "the timer is not running")
	delete(f.env.timers, timer)
	f.Timeout(timer)
	f.look()
}

// sync ends all syncs, those included that the end of one starts.
func (f *fixture) sync() {
	f.t.Helper()
	for f.env.disk.Syncs() > 0 {
		f.Synced(f.env.disk.EndSync(nil), nil)
		f.look()
	}
}

// take returns the messages sent since it was last called.
func (f *fixture) take() []envelope {
	sent := f.env.sent
	f.env.sent = nil
	return sent
}

// ask hands the server a message, lets the disk do its work, and returns the one
// message that the server sends, but for questions about what damage took.
func (f *fixture) ask(from node.ID, m node.Message) node.Message {
	f.t.Helper()
	f.take()
	f.receive(from, m)
	f.sync()
	sent := slices.DeleteFunc(f.take(), func(e envelope) bool { return is[BoundRequest](e.message) })
	require.Len(f.t, sent, 1)
	require.Equal(f.t, from, sent[0].to)
	return sent[0].message
}

// is reports whether a message is of a type.
func is[M any](m node.Message) bool {
	_, ok := m.(M)
	return ok
}

// elect makes the server leader of the next term with the votes of a majority.
// What it sends in doing so is dropped.
func (f *fixture) elect() {
	f.t.Helper()
	f.expire(ElectionTimer)
	f.sync()
	for _, voter := range f.config.Servers {
		if voter != f.env.id && f.role == Candidate {
			f.receive(voter, RequestVoteReply{Term: f.term, Granted: true})
		}
	}
	require.Equal(f.t, Leader, f.role)
	f.sync()
	f.take()
}

// request hands the leader a client's request and lets the batch leave.
func (f *fixture) request(client rsm.ClientID, sequence uint64) {
	f.t.Helper()
	f.receive(clientAddress, rsm.Request{Client: client, Sequence: sequence, Command: []byte("command")})
	f.expire(FlushTimer)
}

// clientAddress is the machine from which test clients ask.
const clientAddress node.ID = 1001

// logTerms returns the terms of the server's log.
func (f *fixture) logTerms() []Term {
	var terms []Term
	for _, e := range f.log.all() {
		terms = append(terms, e.Term)
	}
	return terms
}

// exchange carries messages between two servers until none is left, and
// returns how often the second refused entries. Messages to others are dropped.
func exchange(a, b *fixture) (refusals int) {
	for {
		a.sync()
		b.sync()
		toB, toA := a.take(), b.take()
		if len(toA) == 0 && len(toB) == 0 {
			return refusals
		}
		for _, e := range toB {
			if e.to == b.env.id {
				b.receive(a.env.id, e.message)
			}
		}
		for _, e := range toA {
			if r, ok := e.message.(AppendEntriesReply); ok && !r.Success {
				refusals++
			}
			if e.to == a.env.id {
				a.receive(b.env.id, e.message)
			}
		}
	}
}
