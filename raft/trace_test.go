package raft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// TestTraces plays the scripts in testdata/traces: stories of the papers, told as
// commands and as what comes of them. Write what a command should do, run the
// test with -rewrite, and read whether it did.
//
//	cluster n=3 [prevote] [checkquorum] [reads=index] [snapshot=4] [machines=4]
//	                        servers 1 to n begin; of the settings, all but those
//	                        named are as in the paper
//	log server=1 term=3 entries=(1,1,3)
//	                        a server has had another past
//	timeout server=1        its election timer expires
//	heartbeat server=1
//	check server=1          its quorum timer expires
//	request server=1        a client asks; the entry leaves at once
//	read server=1
//	change server=1 servers=(1,2,3)
//	force server=1 servers=(1,2,3)
//	                        the same without asking whether it may: a mistake, at
//	                        which the judge looks away, to see what comes of it
//	transfer server=1 to=2
//	deliver [max=2] [only=(1,2)]
//	                        messages arrive, one after the other, and their
//	                        answers; at most so many, or only among these servers
//	drop                    what is under way is lost
//	wait ms=200             clocks go on
//	cut servers=(1,2)       these are cut off from the others, until
//	heal
//	crash server=1          it comes back at once, with what its disk holds
//	state                   one line for each server
func TestTraces(t *testing.T) {
	datadriven.Walk(t, "testdata/traces", func(t *testing.T, path string) {
		var p *play
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "cluster" {
				p = newPlay(t, d)
			}
			p.said.Reset()
			p.do(t, d)
			if p.said.Len() == 0 {
				return "ok\n"
			}
			return p.said.String()
		})
	})
}

// play is a cluster whose every event a script makes.
type play struct {
	servers  []*fixture
	underWay []parcel
	cut      []node.ID // cut off from the others
	judge    *Invariants
	sequence uint64
	said     strings.Builder
}

type parcel struct {
	from, to node.ID
	message  node.Message
}

func newPlay(t *testing.T, d *datadriven.TestData) *play {
	var n, snapshots int
	d.ScanArgs(t, "n", &n)
	config := paperConfig(n)
	config.PreVote, config.CheckQuorum = d.HasArg("prevote"), d.HasArg("checkquorum")
	config.SnapshotChunkBytes = 20
	if d.MaybeScanArgs(t, "snapshot", &snapshots) {
		config.SnapshotEntries, config.SnapshotKeep = snapshots, 0
	}
	var reads string
	if d.MaybeScanArgs(t, "reads", &reads) {
		config.Reads = map[string]ReadMode{"index": ReadIndex, "lease": ReadLease}[reads]
	}
	p := &play{judge: NewInvariants()}
	machines := n
	d.MaybeScanArgs(t, "machines", &machines)
	for i := range machines {
		p.servers = append(p.servers, bootConfig(t, node.ID(i+1), config))
		p.watch(node.ID(i + 1))
	}
	return p
}

// watch lets the judge look at a server, and tells what it says. After the first
// violation it has nothing more to say.
func (p *play) watch(id node.ID) {
	f := p.server(id)
	f.judge = p.judge
	f.broken = func(err error) {
		fmt.Fprintf(&p.said, "  VIOLATION %v\n", err)
		for _, f := range p.servers {
			f.judge = nil
		}
	}
	f.look()
}

func (p *play) server(id node.ID) *fixture { return p.servers[id-1] }

func (p *play) do(t *testing.T, d *datadriven.TestData) {
	var id int
	d.MaybeScanArgs(t, "server", &id)
	switch d.Cmd {
	case "cluster":
	case "log":
		p.rewriteLog(t, d, node.ID(id))
	case "timeout", "heartbeat", "check":
		timer := map[string]node.Timer{"timeout": ElectionTimer, "heartbeat": HeartbeatTimer, "check": QuorumTimer}[d.Cmd]
		p.act(node.ID(id), func(f *fixture) { f.expire(timer) })
	case "request", "read":
		p.sequence++
		r := rsm.Request{Client: 7, Sequence: p.sequence, Command: fmt.Appendf(nil, "c%d", p.sequence), ReadOnly: d.Cmd == "read"}
		p.act(node.ID(id), func(f *fixture) {
			f.receive(clientAddress, r)
			if _, pending := f.env.timers[FlushTimer]; pending {
				f.expire(FlushTimer)
			}
		})
	case "change":
		p.sequence++
		m := rsm.ChangeMembership{ID: p.sequence, Servers: idsOf(t, d, "servers")}
		p.act(node.ID(id), func(f *fixture) { f.receive(clientAddress, m) })
	case "force":
		m := &membership{admin: clientAddress, request: rsm.ChangeMembership{Servers: idsOf(t, d, "servers")}}
		p.act(node.ID(id), func(f *fixture) {
			f.change = m
			f.propose()
			f.journal.flush()
			p.judge.shadow(f.env.id).server = nil // takes it for something found on the disk
			f.look()
		})
	case "transfer":
		var to int
		d.ScanArgs(t, "to", &to)
		p.act(node.ID(id), func(f *fixture) { f.receive(clientAddress, rsm.TransferLeadership{To: node.ID(to)}) })
	case "deliver":
		most := 1000
		d.MaybeScanArgs(t, "max", &most)
		p.deliver(most, idsOf(t, d, "only"))
	case "drop":
		p.underWay = nil
	case "wait":
		var ms int
		d.ScanArgs(t, "ms", &ms)
		for _, f := range p.servers {
			f.env.now += time.Duration(ms) * time.Millisecond
		}
	case "cut":
		p.cut = idsOf(t, d, "servers")
	case "heal":
		p.cut = nil
	case "crash":
		p.server(node.ID(id)).crash()
		p.act(node.ID(id), func(*fixture) {})
	case "state":
		for _, f := range p.servers {
			c := f.Configuration()
			fmt.Fprintf(&p.said, "S%d %v first=%d members=%v\n", f.env.id, f.Server, f.FirstIndex(), &c)
		}
	default:
		d.Fatalf(t, "unknown command %q", d.Cmd)
	}
}

// rewriteLog gives a server another past.
func (p *play) rewriteLog(t *testing.T, d *datadriven.TestData, id node.ID) {
	var term Term
	d.ScanArgs(t, "term", &term)
	var terms []Term
	for _, e := range idsOf(t, d, "entries") {
		terms = append(terms, Term(e))
	}
	config := p.server(id).config
	p.servers[id-1] = bootConfigWith(t, id, config, term, terms...)
	p.watch(id)
}

// idsOf reads an argument that is a list of numbers.
func idsOf(t *testing.T, d *datadriven.TestData, name string) (ids []node.ID) {
	for _, arg := range d.CmdArgs {
		if arg.Key != name {
			continue
		}
		for _, v := range arg.Vals {
			n, err := strconv.Atoi(v)
			require.NoError(t, err)
			ids = append(ids, node.ID(n))
		}
	}
	return ids
}

// act lets something happen to a server, and its disk do what it has to, and tells
// what the server noted, and what it sent to clients.
func (p *play) act(id node.ID, do func(f *fixture)) {
	f := p.server(id)
	f.env.notes = nil
	do(f)
	f.sync()
	if _, pending := f.env.timers[SnapshotTimer]; pending {
		f.expire(SnapshotTimer)
		f.sync()
	}
	for _, note := range f.env.notes {
		fmt.Fprintf(&p.said, "  S%d %v\n", id, note)
	}
	for _, e := range f.take() {
		if e.to == clientAddress {
			fmt.Fprintf(&p.said, "  S%d -> client: %v\n", id, e.message)
			continue
		}
		p.underWay = append(p.underWay, parcel{id, e.to, e.message})
	}
}

// deliver lets messages arrive, the oldest first.
func (p *play) deliver(most int, only []node.ID) {
	var kept []parcel
	for ; most > 0 && len(p.underWay) > 0; most-- {
		m := p.underWay[0]
		p.underWay = p.underWay[1:]
		if only != nil && !(slices.Contains(only, m.from) && slices.Contains(only, m.to)) {
			kept = append(kept, m)
			continue
		}
		if slices.Contains(p.cut, m.from) != slices.Contains(p.cut, m.to) {
			fmt.Fprintf(&p.said, "S%d -> S%d %v: cut\n", m.from, m.to, m.message)
			continue
		}
		fmt.Fprintf(&p.said, "S%d -> S%d %v\n", m.from, m.to, m.message)
		p.act(m.to, func(f *fixture) { f.receive(m.from, m.message) })
	}
	p.underWay = append(kept, p.underWay...)
}
