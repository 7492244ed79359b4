package rsm_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

func TestAdminMessages(t *testing.T) {
	tests := []struct {
		message interface {
			fmt.Stringer
			node.Sizer
		}
		want string
	}{
		{rsm.TransferLeadership{To: 2}, "TransferLeadership(to=2)"},
		{rsm.ChangeMembership{ID: 7, Servers: []node.ID{1, 2}}, "ChangeMembership(id=7 servers=[1 2])"},
		{rsm.AdminReply{ID: 7, Status: rsm.NotLeader, Leader: 3}, "AdminReply(id=7 not leader leader=3)"},
		{rsm.AdminReply{ID: 7, Status: rsm.Refused, Reason: "no voter"}, "AdminReply(id=7 refused leader=0): no voter"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, test.message.String())
		require.Positive(t, test.message.Size())
	}
}
