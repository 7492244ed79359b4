package sim

import "quorumlab/node"

// event is something that will happen: a call of a handler, or something the
// world does itself. Which fields count depends on the kind.
type event struct {
	kind        eventKind
	timer       node.Timer   // expiry
	duplicate   bool         // arrival
	corrupt     bool         // arrival
	machine     int32        // index of the machine it happens to
	from        int32        // arrival: index of the sender
	incarnation uint32       // expiry: generation of the timer; arrival: the message's seal in strict mode; others: of the machine
	number      uint64       // arrival: the message's number; syncDone: the sync's, once it is known
	message     node.Message // arrival; syncDone: the error, or nil; script: the function
}

type eventKind uint8

const (
	arrival  eventKind = iota // a message reaches its machine
	expiry                    // a timer's pending event comes up
	syncDone                  // the disk has finished a sync
	workDone                  // the machine has paid for its last call
	bootDone                  // the machine has read its disk and starts its handler
	script                    // a function of the script runs
)
