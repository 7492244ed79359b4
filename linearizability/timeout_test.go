package linearizability

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hard returns a history of a register that no search can decide in a lifetime, and
// that no monitor takes, as values are written twice:
// the writes can go in any order, and none of them explains the read.
func hard() History {
	h := History{done(1000, 100, 101, Read{}, "thin air")}
	for i := range 60 {
		h = append(h, done(i, int64(i), int64(90+i), Write{fmt.Sprint(i / 2)}, nil))
	}
	return h
}

func TestTimeout(t *testing.T) {
	report, err := Check(Register(), hard(), 20*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, VerdictUnknown, report.Verdict)
	require.Empty(t, report.Core)
	require.Contains(t, report.String(), "no verdict on 61 operations")
}

// A search that would fill the memory ends, and does not pass for a verdict.
func TestMemoryIsBounded(t *testing.T) {
	m, h := Register(), hard()
	require.Equal(t, VerdictUnknown, m.decideWithin(m.normalize(h), 0, 1<<20))

	// The same with a history that is right, but hard to put in order.
	h[0] = done(1000, 200, 201, Read{}, "7")
	for i := range 12 {
		h = append(h, done(2000, int64(300+2*i), int64(301+2*i), Read{}, "7"))
	}
	require.NotEqual(t, VerdictViolation, m.decideWithin(m.normalize(h), 0, 1<<20))
}

// A key that takes all the time does not hide the violation of another, however
// small its part of the time. No monitor takes that one either, as its values are
// written twice, and it comes later, as it has more operations.
func TestHardKeyDoesNotHideViolation(t *testing.T) {
	var h History
	for _, op := range hard() {
		h = append(h, on("hard", op))
	}
	for i := range 50 {
		value := fmt.Sprint(i / 2)
		h = append(h,
			on("wrong", done(2000, int64(4*i), int64(4*i+1), Write{value}, nil)),
			on("wrong", done(2000, int64(4*i+2), int64(4*i+3), Read{}, value)))
	}
	h[len(h)-1].Output = "0"
	var report Report
	// What is enough on an idle machine need not be on a busy one.
	for limit := 20 * time.Millisecond; limit < 10*time.Second && report.Verdict != VerdictViolation; limit *= 2 {
		var err error
		report, err = Check(KeyValue(), h, limit)
		require.NoError(t, err)
	}
	require.Equal(t, VerdictViolation, report.Verdict)
	require.Equal(t, JudgePorcupine, report.Judge)
	require.Equal(t, "wrong", report.Key)

	report, err := Check(KeyValue(), h[:61], 20*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, VerdictUnknown, report.Verdict)
	require.Equal(t, "hard", report.Key)
}

// What easy objects leave of their time goes to another round of the hard ones.
func TestUndecidedObjectsGetAnotherRound(t *testing.T) {
	const hour = time.Hour
	objects := []searched{{part: part{key: "hard"}}, {part: part{key: "easy"}}, {part: part{key: "harder"}}}
	for i := range objects {
		objects[i].history = History{on(objects[i].key, Operation{})}
	}
	rounds := map[string]int{}
	needed := map[string]int{"hard": 2, "easy": 1, "harder": 3}
	decide := func(h History, limit time.Duration) Verdict {
		key := h[0].Key
		rounds[key]++
		if rounds["easy"] == 0 {
			require.LessOrEqual(t, limit, 20*hour, "%s takes more than its part", key)
		}
		if rounds[key] == 3 {
			require.Greater(t, limit, 50*hour, "%s is alone", key)
		}
		if rounds[key] < needed[key] {
			return VerdictUnknown
		}
		return VerdictOK
	}
	verdict, _ := decideAll(objects, startBudget(60*hour), decide)
	require.Equal(t, VerdictOK, verdict)
	require.Equal(t, needed, rounds)
}
