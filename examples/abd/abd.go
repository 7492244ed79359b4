package abd

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// askAgain is how long a server waits for those that have not answered.
const askAgain = 50 * time.Millisecond

const askTimer node.Timer = 0

// present is the file that says that a server has been here before.
const present = "present"

// tag orders the versions of the value.
type tag struct {
	number uint64
	by     node.ID // of two that chose the same number
}

// version is a value with its tag; before the first write both are zero.
type version struct {
	tag   tag
	value string
}

// The messages of the two phases of every operation.
type (
	query      struct{ operation uint64 }
	queryReply struct {
		operation uint64
		newest    version
	}
	store struct {
		operation uint64
		version   version
	}
	storeReply struct{ operation uint64 }
)

// operation is a client's read or write under way.
type operation struct {
	number  uint64
	from    node.ID
	request rsm.Request
	storing bool    // the second phase
	newest  version // heard of, and then to be stored
	heard   []node.ID
}

// Server is one of the servers.
type Server struct {
	env     node.Env
	servers []node.ID
	hasty   bool

	joined     bool
	held       version
	numbered   uint64 // operations so far
	tagged     uint64 // the highest number of a tag that it gave
	operations []*operation
	answered   map[rsm.ClientID]rsm.Reply // the last write of each client
}

// New makes a server.
func New(env node.Env, servers []node.ID) *Server {
	return &Server{env: env, servers: servers, answered: make(map[rsm.ClientID]rsm.Reply)}
}

// NewHasty makes a server that does not write back what it has read.
func NewHasty(env node.Env, servers []node.ID) *Server {
	s := New(env, servers)
	s.hasty = true
	return s
}

// Start implements node.Handler. Who is here for the second time stays out, and who is
// here for the first takes part once that cannot be forgotten.
func (s *Server) Start() {
	disk := s.env.Disk()
	if _, err := disk.Read(present); err == nil {
		return
	}
	if err := disk.Replace(present, []byte{1}); err != nil {
		s.env.Exit(err)
		return
	}
	disk.Sync()
}

// Synced implements node.Handler.
func (s *Server) Synced(_ node.Sync, err error) {
	if err != nil {
		s.env.Exit(err)
		return
	}
	s.joined = true
	s.env.SetTimer(askTimer, askAgain)
}

// Timeout implements node.Handler: messages get lost.
func (s *Server) Timeout(node.Timer) {
	for _, o := range s.operations {
		s.ask(o)
	}
	s.env.SetTimer(askTimer, askAgain)
}

// Receive implements node.Handler.
func (s *Server) Receive(from node.ID, m node.Message) {
	if !s.joined {
		return
	}
	switch m := m.(type) {
	case rsm.Request:
		s.serve(from, m)
	case query:
		s.env.Send(from, queryReply{m.operation, s.held})
	case store:
		s.held = newer(s.held, m.version)
		s.env.Send(from, storeReply{m.operation})
	case queryReply:
		if o := s.find(m.operation); o != nil && !o.storing {
			o.newest = newer(o.newest, m.newest)
			if s.majority(o, from) {
				s.second(o)
			}
		}
	case storeReply:
		if o := s.find(m.operation); o != nil && s.majority(o, from) {
			s.finish(o)
		}
	}
}

// serve begins what a client asks, unless it is done or under way. A copy of an older
// request has nobody who waits for it.
func (s *Server) serve(from node.ID, r rsm.Request) {
	if _, writes := written(r.Command); writes {
		if writer := s.writer(r.Client); writer != s.env.ID() {
			s.env.Send(from, rsm.Reply{Client: r.Client, Sequence: r.Sequence, Status: rsm.NotLeader, Leader: writer})
			return
		}
		if last := s.answered[r.Client]; r.Sequence <= last.Sequence {
			if r.Sequence == last.Sequence {
				s.env.Send(from, last)
			}
			return
		}
	}
	for _, o := range s.operations {
		if o.request.Client == r.Client && o.request.Sequence == r.Sequence {
			o.from = from
			return
		}
	}
	s.numbered++
	o := &operation{number: s.numbered, from: from, request: r}
	s.operations = append(s.operations, o)
	s.ask(o)
}

// writer is the server that writes for a client.
func (s *Server) writer(client rsm.ClientID) node.ID {
	return s.servers[uint64(client)%uint64(len(s.servers))]
}

// ask sends a phase's message to all who have not answered it.
func (s *Server) ask(o *operation) {
	for _, id := range s.servers {
		switch {
		case slices.Contains(o.heard, id):
		case o.storing:
			s.env.Send(id, store{o.number, o.newest})
		default:
			s.env.Send(id, query{o.number})
		}
	}
}

// majority counts an answer and reports whether that made a majority.
func (s *Server) majority(o *operation, from node.ID) bool {
	if !slices.Contains(o.heard, from) {
		o.heard = append(o.heard, from)
	}
	return len(o.heard) > len(s.servers)/2
}

// second begins the second phase: a write stores its value under a newer tag than any
// that a majority knows of, a read what is newest.
func (s *Server) second(o *operation) {
	if value, writes := written(o.request.Command); writes {
		s.tagged = max(s.tagged, o.newest.tag.number) + 1
		o.newest = version{tag{s.tagged, s.env.ID()}, value}
	} else if s.hasty {
		s.finish(o)
		return
	}
	o.storing, o.heard = true, nil
	s.ask(o)
}

// finish answers the client.
func (s *Server) finish(o *operation) {
	reply := rsm.Reply{Client: o.request.Client, Sequence: o.request.Sequence}
	if _, writes := written(o.request.Command); writes {
		s.answered[o.request.Client] = reply
	} else if o.newest != (version{}) {
		reply.Result = append([]byte{some}, o.newest.value...)
	}
	s.env.Send(o.from, reply)
	s.operations = slices.DeleteFunc(s.operations, func(other *operation) bool { return other == o })
}

func (s *Server) find(number uint64) *operation {
	for _, o := range s.operations {
		if o.number == number {
			return o
		}
	}
	return nil
}

func newer(a, b version) version {
	if cmp.Or(cmp.Compare(a.tag.number, b.tag.number), cmp.Compare(a.tag.by, b.tag.by)) < 0 {
		return b
	}
	return a
}

// String shows the server's state in a failure's report.
func (s *Server) String() string {
	if !s.joined {
		return "takes no part"
	}
	return fmt.Sprintf("holds %q, tag %d of %d, %d operations under way", s.held.value, s.held.tag.number, s.held.tag.by, len(s.operations))
}
