package sim

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestConstrainedElection: S3 leads. First only one other server misses it, then
// that one alone sees all that are left.
func TestConstrainedElection(t *testing.T) {
	for n := 1; n <= 9; n++ {
		leader := min(3, n)
		for seed := range uint64(5) {
			w := under(t, n, node.ID(leader), seed, ConstrainedElection{Span: Between(10*ms, 30*ms), Lag: Duration(10 * ms)})
			behind := slices.Index(links(w)[leader-1][:n], false) // -1 if there is nobody else
			lagging := func(i, j int) bool { return i+j == leader-1+behind && (i == behind || j == behind) }
			require.Equal(t, visible(n, lagging), servers(w))
			require.Equal(t, n > 1, behind >= 0)
			require.NoError(t, w.Run(25*ms))
			require.Equal(t, visible(n, func(i, j int) bool {
				return i == leader-1 || j == leader-1 || i != behind && j != behind
			}), servers(w))
			require.NoError(t, w.Run(35*ms))
			require.Equal(t, visible(n, func(int, int) bool { return false }), servers(w))
		}
	}
}

// TestConstrainedElectionForClients: whoever stands beside the leader is cut off
// with it.
func TestConstrainedElectionForClients(t *testing.T) {
	for _, clients := range []bool{false, true} {
		w := under(t, 3, 1, 1, ConstrainedElection{Span: Between(10*ms, 0), Lag: Duration(ms), Clients: clients})
		require.Equal(t, !clients, links(w)[1][3], "C1 stands beside S1")
		require.True(t, links(w)[0][3])
	}
}
