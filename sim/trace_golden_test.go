package sim

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

var update = flag.Bool("update", false, "write the files in testdata anew instead of comparing with them")

// requireGolden compares what a test wrote to a file in testdata.
func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "%s differs; if it should, run: go test ./sim -run %s -update", path, t.Name())
}

// question and answer are what the machines of the story say to each other.
type (
	question struct{ Number int }
	answer   struct{ Number int }
)

func (q question) String() string { return fmt.Sprintf("question(%d)", q.Number) }
func (a answer) String() string   { return fmt.Sprintf("answer(%d)", a.Number) }

// asker asks a question every ten milliseconds, and ends itself after the answer
// to the last.
type asker struct {
	env   node.Env
	of    node.ID
	asked int
}

const lastQuestion = 8

func (a *asker) Start() { a.env.SetTimer(0, 10*ms) }

func (a *asker) Timeout(node.Timer) {
	a.asked++
	a.env.Send(a.of, question{a.asked})
	a.env.SetTimer(0, 10*ms)
}

func (a *asker) Receive(from node.ID, m node.Message) {
	number := m.(answer).Number
	a.env.Note(fmt.Sprintf("learned the answer to question %d", number))
	if number == lastQuestion {
		a.env.Exit(errors.New("nothing left to ask"))
	}
}

func (a *asker) Synced(node.Sync, error) {}

// answerer answers, after it has synced its disk once.
type answerer struct {
	env   node.Env
	ready bool
}

func (a *answerer) Start() { a.env.Disk().Sync() }

func (a *answerer) Receive(from node.ID, m node.Message) {
	if a.ready {
		a.env.Send(from, answer{m.(question).Number})
	}
}

func (a *answerer) Timeout(node.Timer) {}

func (a *answerer) Synced(node.Sync, error) { a.ready = true }

// story runs a world of two machines, in which each kind of event happens, and
// shows it to the observers. Question 1 is answered. Question 2 arrives twice;
// question 3 is lost; question 4 runs into a partition. At question 5 S2 is down,
// and at question 6 still. The answer to question 7 runs into a partition. After the
// answer to question 8 is sent, S2 crashes for good; when it arrives, S1 ends itself.
func story(t *testing.T, observers ...Observer) {
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}, Disk: DiskTiming{Sync: Constant(2 * ms)}})
	for _, o := range observers {
		w.Observe(o)
	}
	w.AddServer(func(env node.Env) node.Handler { return &asker{env: env, of: 2} })
	w.AddServer(func(env node.Env) node.Handler { return &answerer{env: env} })
	w.Inject(Schedule{
		Disturbance{Span: Between(15*ms, 20500*us), Target: "S1", Duplication: 1},
		Disturbance{Span: Between(25*ms, 35*ms), Loss: 1},
		Partition{Span: Between(35*ms, 45*ms), Side: "S2"},
		Crash{Span: Between(50500*us, 65*ms), Target: "S2"},
		Partition{Span: Between(71500*us, 75*ms), Side: "S2", Direction: Outward},
		Crash{Span: Between(81500*us, 0), Target: "S2"},
	})
	require.NoError(t, w.Run(90*ms))
}

// TestStoryHasItAll keeps the golden files worth comparing with.
func TestStoryHasItAll(t *testing.T) {
	var events recording
	story(t, &events)
	for kind := Sent; kind <= FaultEnded; kind++ {
		require.NotEmpty(t, events.of(kind), "%v", kind)
	}
	reasons, copies := map[Reason]bool{}, 0
	for _, e := range events.of(Dropped) {
		reasons[e.Reason] = true
	}
	for _, e := range events.of(Delivered) {
		if e.Duplicate {
			copies++
		}
	}
	require.Equal(t, map[Reason]bool{Loss: true, Cut: true, MachineDown: true}, reasons)
	require.NotZero(t, copies)
}

var errDiskFull = errors.New("disk full")

// smallDisk takes so many bytes and no more.
type smallDisk struct{ room, writes int }

func (d *smallDisk) Write(data []byte) (int, error) {
	d.writes++
	if len(data) > d.room {
		return d.room, errDiskFull
	}
	d.room -= len(data)
	return len(data), nil
}

// requireStickyError looks at how a writer of traces takes a disk that gets full:
// it tries no further, and says so however often it is asked.
func requireStickyError(t *testing.T, disk *smallDisk, o Observer, finish func() error) {
	for number := range uint64(10_000) {
		o.Observe(&Event{Number: number + 1, Kind: Noted, Machine: 1, Note: "a note among many"})
	}
	require.Equal(t, 1, disk.writes)
	for range 2 {
		require.ErrorIs(t, finish(), errDiskFull)
	}
	require.Equal(t, 1, disk.writes)
}
