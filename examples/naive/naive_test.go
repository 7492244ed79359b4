//go:build broken

package naive_test

import (
	"testing"

	"quorumlab/examples/naive"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
)

func TestNaive(t *testing.T) {
	scenarios.Test(t, scenarios.Scenario{
		Servers: 3,
		Server: func(env node.Env) node.Handler {
			return naive.New(env, []node.ID{1, 2, 3}, rsm.NewKeyValue())
		},
	})
}
