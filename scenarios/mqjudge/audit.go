package mqjudge

import (
	"time"

	"quorumlab/mq"
)

// Audit is what the service says of itself, all asked after a moment.
type Audit struct {
	Begun  time.Duration
	Quiet  bool // no publisher had anything left when it was begun
	Queues map[string]mq.QueueStatistics
	Logs   map[string]mq.LogState
	Groups map[Group]mq.GroupState
	Failed bool // something is not there
}

type Group struct{ Log, Name string }
