package linearizability

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A sweep finds an order iff there is one, and it is one.
func TestSweepAgreesWithAllOrders(t *testing.T) {
	for _, g := range append(generators(), repeats()...) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(*historySeed, 10))
			_, counts := g.model.initial.(int64)
			for range count() / definitionShare / 2 {
				h := g.model.normalize(g.history(r))
				order, found := g.model.sweep(h, budget{})
				require.Equal(t, explained(h, counts, inTime), found, "%s", listing(h))
				if found {
					require.NoError(t, g.model.replay(g.model.whole(h), order), "%s", listing(h))
				}
			}
		})
	}
}

// Long histories in which values come again are judged without Porcupine.
func TestLongHistoriesOfRepeats(t *testing.T) {
	h := longHistory(Register(), 20_000, 6, 0, func(r *rand.Rand, i int) (string, Input) {
		switch r.IntN(5) {
		case 0, 1:
			return "", Read{}
		case 2:
			return "", CompareAndSwap{fmt.Sprint(r.IntN(5)), fmt.Sprint(r.IntN(5))}
		}
		return "", Write{fmt.Sprint(r.IntN(5))}
	})
	report, err := Check(Register(), h, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictOK, report.Verdict)
	require.Equal(t, JudgeMonitor, report.Judge)
	for i := range h {
		if _, isRead := h[i].Input.(Read); isRead && i > 10_000 {
			h[i].Output = "9"
			break
		}
	}
	_, found := Register().sweep(h, budget{})
	require.False(t, found)
}
