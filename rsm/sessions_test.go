package rsm_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/rsm"
)

// add is a request that adds one to a counter.
func add(client rsm.ClientID, sequence uint64) rsm.Request {
	return rsm.Request{Client: client, Sequence: sequence, Command: rsm.Add(1)}
}

// addOf is the reply to it.
func addOf(t require.TestingT, reply rsm.Reply) int64 {
	require.Equal(t, rsm.OK, reply.Status)
	return counted(t, reply.Result)
}

func TestSessionsApplyOnce(t *testing.T) {
	s := rsm.NewSessions(rsm.NewCounter())
	first, ok := s.Apply(add(7, 1))
	require.True(t, ok)
	require.EqualValues(t, 7, first.Client)
	require.EqualValues(t, 1, first.Sequence)
	require.EqualValues(t, 0, addOf(t, first))

	again, ok := s.Apply(add(7, 1))
	require.True(t, ok)
	require.Equal(t, first, again, "a repetition has the same answer")

	other, ok := s.Apply(add(8, 1))
	require.True(t, ok)
	require.EqualValues(t, 1, addOf(t, other), "the repetition was not applied; another client's request is")

	second, ok := s.Apply(add(7, 2))
	require.True(t, ok)
	require.EqualValues(t, 2, addOf(t, second))

	_, ok = s.Apply(add(7, 1))
	require.False(t, ok, "its client has gone on")
	third, ok := s.Apply(add(7, 3))
	require.True(t, ok)
	require.EqualValues(t, 3, addOf(t, third), "the old copy was not applied")
}

// Sequence numbers start at 1: zero must not be mistaken for what a client
// without a session was answered with.
func TestSessionsSequenceZero(t *testing.T) {
	s := rsm.NewSessions(rsm.NewCounter())
	_, ok := s.Apply(add(7, 0))
	require.False(t, ok)
	reply, _ := s.Apply(add(7, 1))
	require.EqualValues(t, 0, addOf(t, reply), "it was not applied")
}

func TestSessionsSurviveASnapshot(t *testing.T) {
	s := rsm.NewSessions(rsm.NewCounter())
	s.Apply(add(1, 1))
	want, _ := s.Apply(add(2, 9))
	restored := rsm.NewSessions(rsm.NewCounter())
	snapshot := s.Snapshot()
	require.NoError(t, restored.Restore(snapshot))
	clear(snapshot) // which stays its owner's

	got, ok := restored.Apply(add(2, 9))
	require.True(t, ok)
	require.Equal(t, want, got, "the retry of a request from before the snapshot")
	got, _ = restored.Apply(add(2, 10))
	require.EqualValues(t, 2, addOf(t, got))
}

func TestSessionsRestoreRefusesMalformedSnapshots(t *testing.T) {
	s := rsm.NewSessions(rsm.NewCounter())
	s.Apply(add(1, 1))
	s.Apply(add(300, 70_000))
	snapshot := s.Snapshot()

	other := rsm.NewSessions(rsm.NewCounter())
	other.Apply(add(5, 5))
	before := other.Snapshot()
	for size := range snapshot {
		require.Error(t, other.Restore(snapshot[:size]), "cut at %d", size)
		require.Equal(t, before, other.Snapshot())
	}
	require.Error(t, other.Restore(append(slices.Clone(snapshot), 0)))
	require.Equal(t, before, other.Snapshot())
}

// Whatever copies the network and the retries make, each client's requests are
// applied at most once and in their order, and all replicas agree.
func TestSessionsExactlyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rsm.NewSessions(rsm.NewCounter())
		newest := make(map[rsm.ClientID]uint64) // the naive model: what was applied last
		applied := int64(0)
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			if rapid.IntRange(0, 9).Draw(t, "restore if 0") == 0 {
				restored := rsm.NewSessions(rsm.NewCounter())
				require.NoError(t, restored.Restore(s.Snapshot()))
				require.Equal(t, s.Snapshot(), restored.Snapshot())
				s = restored
			}
			r := add(rsm.ClientID(rapid.IntRange(1, 3).Draw(t, "client")), rapid.Uint64Range(1, 6).Draw(t, "sequence"))
			reply, ok := s.Apply(r)
			require.Equal(t, r.Sequence >= newest[r.Client], ok)
			if r.Sequence > newest[r.Client] {
				require.Equal(t, applied, addOf(t, reply))
				newest[r.Client] = r.Sequence
				applied++
			}
		}
	})
}

func FuzzSessionsRestore(f *testing.F) {
	s := rsm.NewSessions(rsm.NewCounter())
	f.Add(s.Snapshot())
	s.Apply(add(1, 1))
	s.Apply(add(300, 70_000))
	f.Add(s.Snapshot())
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Add([]byte{1, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		s := rsm.NewSessions(rsm.NewCounter())
		s.Apply(add(5, 5))
		before, given := s.Snapshot(), slices.Clone(snapshot)
		if s.Restore(snapshot) != nil {
			require.Equal(t, before, s.Snapshot())
			return
		}
		require.True(t, bytes.Equal(given, snapshot))
		restored := rsm.NewSessions(rsm.NewCounter())
		require.NoError(t, restored.Restore(s.Snapshot()))
		require.Equal(t, s.Snapshot(), restored.Snapshot())
	})
}
