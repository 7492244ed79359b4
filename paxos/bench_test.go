package paxos_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkCommand is what a committed command costs in the simulator, with the
// judge looking on or not.
func BenchmarkCommand(b *testing.B) {
	for _, clients := range []int{1, 16} {
		for _, judged := range []bool{false, true} {
			b.Run(fmt.Sprintf("clients=%d/judged=%v", clients, judged), func(b *testing.B) {
				c := newCluster(constantDelay(), 3)
				if !judged {
					c.Watch(nil)
				}
				require.NoError(b, c.Run(seconds))
				leader := c.Leader()
				b.ReportAllocs()
				b.ResetTimer()
				for range clients {
					c.addClient(0, b.N/clients+1, leader)
				}
				last := c.clients[clients-1]
				for last.sequence <= last.count {
					require.NoError(b, c.Run(c.Now()+seconds))
				}
			})
		}
	}
}
