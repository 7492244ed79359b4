package sim_test

import (
	"fmt"
	"os"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// greeter says hello to another machine when it boots.
type greeter struct {
	env node.Env
	to  node.ID
}

type hello struct{ from string }

func (h hello) String() string { return "hello from " + h.from }

func (g *greeter) Start()                               { g.env.Send(g.to, hello{sim.Name(g.env.ID())}) }
func (g *greeter) Receive(from node.ID, m node.Message) { g.env.Note("greeted") }
func (g *greeter) Timeout(node.Timer)                   {}
func (g *greeter) Synced(node.Sync, error)              {}

// newGreeting makes a world of two machines of which each greets the other, but
// S2 is cut off before it is greeted.
func newGreeting() *sim.World {
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(2 * time.Millisecond)}})
	w.AddServer(func(env node.Env) node.Handler { return &greeter{env, 2} })
	w.AddServer(func(env node.Env) node.Handler { return &greeter{env, 1} })
	w.Inject(sim.Schedule{
		sim.Partition{Span: sim.Between(time.Millisecond, 0), Side: "S2", Direction: sim.Inward},
	})
	return w
}

func ExampleTraceWriter() {
	w := newGreeting()
	trace := sim.NewTraceWriter(os.Stdout) // or a file
	w.Observe(trace)
	if err := w.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	if err := trace.Flush(); err != nil {
		fmt.Println(err)
	}

	// Output:
	// {"number":1,"atNs":0,"kind":"started","machine":"S1"}
	// {"number":2,"atNs":0,"kind":"sent","machine":"S1","peer":"S2","messageId":1,"messageType":"sim_test.hello","message":"hello from S1"}
	// {"number":3,"atNs":0,"kind":"started","machine":"S2"}
	// {"number":4,"atNs":0,"kind":"sent","machine":"S2","peer":"S1","messageId":2,"messageType":"sim_test.hello","message":"hello from S2"}
	// {"number":5,"atNs":1000000,"kind":"fault began","note":"nothing passes from the other servers to S2, from 1ms on"}
	// {"number":6,"atNs":2000000,"kind":"dropped","machine":"S1","peer":"S2","messageId":1,"messageType":"sim_test.hello","message":"hello from S1","reason":"cut"}
	// {"number":7,"atNs":2000000,"kind":"delivered","machine":"S1","peer":"S2","messageId":2,"messageType":"sim_test.hello","message":"hello from S2"}
	// {"number":8,"atNs":2000000,"kind":"noted","machine":"S1","note":"greeted"}
}

func ExampleShiVizWriter() {
	w := newGreeting()
	log := sim.NewShiVizWriter(os.Stdout) // or a file to open in ShiViz
	w.Observe(log)
	if err := w.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	if err := log.Flush(); err != nil {
		fmt.Println(err)
	}

	// Output:
	// (?<event>.*)\n(?<host>\S*) (?<clock>{.*})
	//
	// 0.000000s started
	// S1 {"S1":1}
	// 0.000000s → S2 hello from S1
	// S1 {"S1":2}
	// 0.000000s started
	// S2 {"S2":1}
	// 0.000000s → S1 hello from S2
	// S2 {"S2":2}
	// 0.002000s ✗ S2 hello from S1 (cut)
	// S1 {"S1":3}
	// 0.002000s ← S2 hello from S2
	// S1 {"S1":4, "S2":2}
	// 0.002000s greeted
	// S1 {"S1":5, "S2":2}
}

func ExamplePerfettoWriter() {
	w := newGreeting()
	picture := sim.NewPerfettoWriter(os.Stdout) // or a file to open in Perfetto
	w.Observe(picture)
	if err := w.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	if err := picture.Close(); err != nil {
		fmt.Println(err)
	}

	// Output:
	// {"traceEvents":[
	// {"name":"process_name","ph":"M","ts":0.000,"pid":1,"tid":1,"args":{"name":"S1"}}
	// ,{"name":"process_sort_index","ph":"M","ts":0.000,"pid":1,"tid":1,"args":{"sort_index":1}}
	// ,{"name":"started","cat":"started","ph":"i","ts":0.000,"pid":1,"tid":1,"s":"p","args":{"number":1}}
	// ,{"name":"→ S2 hello from S1","cat":"message","ph":"B","ts":0.000,"pid":1,"tid":1,"args":{"number":2,"messageId":1}}
	// ,{"name":"message","cat":"message","ph":"s","ts":0.000,"pid":1,"tid":1,"id":1}
	// ,{"name":"process_name","ph":"M","ts":0.000,"pid":2,"tid":2,"args":{"name":"S2"}}
	// ,{"name":"process_sort_index","ph":"M","ts":0.000,"pid":2,"tid":2,"args":{"sort_index":2}}
	// ,{"name":"started","cat":"started","ph":"i","ts":0.000,"pid":2,"tid":2,"s":"p","args":{"number":3}}
	// ,{"name":"→ S1 hello from S2","cat":"message","ph":"B","ts":0.000,"pid":2,"tid":2,"args":{"number":4,"messageId":2}}
	// ,{"name":"message","cat":"message","ph":"s","ts":0.000,"pid":2,"tid":2,"id":2}
	// ,{"name":"process_name","ph":"M","ts":0.000,"pid":1000000,"tid":1000000,"args":{"name":"faults"}}
	// ,{"name":"process_sort_index","ph":"M","ts":0.000,"pid":1000000,"tid":1000000,"args":{"sort_index":-1}}
	// ,{"name":"S2 cut off","cat":"fault","ph":"b","ts":1000.000,"pid":1000000,"tid":1000000,"id":1,"args":{"number":5,"fault":"nothing passes from the other servers to S2, from 1ms on"}}
	// ,{"ph":"E","ts":1.000,"pid":1,"tid":1}
	// ,{"name":"✗ S2 hello from S1 (cut)","cat":"message","ph":"B","ts":2000.000,"pid":1,"tid":1,"args":{"number":6,"messageId":1}}
	// ,{"name":"← S2 hello from S2","cat":"message","ph":"B","ts":2000.000,"pid":1,"tid":1,"args":{"number":7,"messageId":2}}
	// ,{"name":"message","cat":"message","ph":"f","ts":2000.000,"pid":1,"tid":1,"id":2,"bp":"e"}
	// ,{"name":"greeted","cat":"noted","ph":"i","ts":2000.000,"pid":1,"tid":1,"s":"p","args":{"number":8}}
	// ,{"ph":"E","ts":2001.000,"pid":1,"tid":1}
	// ,{"ph":"E","ts":2001.000,"pid":1,"tid":1}
	// ,{"ph":"E","ts":1.000,"pid":2,"tid":2}
	// ,{"name":"S2 cut off","cat":"fault","ph":"e","ts":2000.000,"pid":1000000,"tid":1000000,"id":1}
	// ]}
}

// A ring remembers the last of a run that may be long.
func ExampleRing() {
	w := newGreeting()
	ring := sim.NewRing(3)
	w.Observe(ring)
	if err := w.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	fmt.Print(ring)

	// Output:
	//     0.002000s S1 ✗ S2  hello from S1 (cut)
	//     0.002000s S1 ← S2  hello from S2
	//     0.002000s S1 greeted
}

// The last events of a run can be shown to another observer: here, to have a
// space-time diagram of what led to its end.
func ExampleRing_Events() {
	w := newGreeting()
	ring := sim.NewRing(5)
	w.Observe(ring)
	if err := w.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	log := sim.NewShiVizWriter(os.Stdout)
	for _, e := range ring.Events() {
		log.Observe(&e)
	}
	if err := log.Flush(); err != nil {
		fmt.Println(err)
	}

	// Output:
	// (?<event>.*)\n(?<host>\S*) (?<clock>{.*})
	//
	// 0.000000s → S1 hello from S2
	// S2 {"S2":1}
	// 0.002000s ✗ S2 hello from S1 (cut)
	// S1 {"S1":1}
	// 0.002000s ← S2 hello from S2
	// S1 {"S2":1, "S1":2}
	// 0.002000s greeted
	// S1 {"S2":1, "S1":3}
}
