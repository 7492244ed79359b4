package scenarios

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"quorumlab/linearizability"
	"quorumlab/sim"
)

// faultBytes is how many bytes of a fuzzer's input make one fault: its kind, its
// beginning, its length, and what else is drawn of it.
const faultBytes = 1 + 2 + 2 + 8

// scheduleOf reads a schedule out of bytes, so that to change a few of them is to
// change one fault, and to cut them off is to leave faults out. All faults end
// before a majority is healed.
func scheduleOf(input []byte) sim.Schedule {
	const lastStart, healed = 4000, 7 * time.Second
	var schedule sim.Schedule
	nemeses := new(Swarm).nemeses()
	for len(input) >= faultBytes && len(schedule) < 40 {
		b := input[:faultBytes]
		input = input[faultBytes:]
		ms := func(bytes []byte, below uint16) time.Duration {
			return time.Duration(binary.LittleEndian.Uint16(bytes)%below) * time.Millisecond
		}
		start := ms(b[1:], lastStart)
		span := sim.Between(start, start+ms(b[3:], 2000)+time.Millisecond)
		r := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(b[5:]), 0))
		schedule = append(schedule, nemeses[int(b[0])%len(nemeses)].fault(r, span))
	}
	return append(schedule, sim.Heal{Instant: sim.At(healed), Target: sim.Majority + "+" + sim.Clients})
}

// FuzzSchedule lets Go's fuzzer look for a schedule that breaks a protocol. It is
// led by coverage: a schedule that makes a server do what none made it do before is
// kept and varied. Go's fuzzer spends up to a minute on making each such input
// smaller, which is not worth it here.
//
//	go test ./scenarios -run '^$' -fuzz FuzzSchedule -fuzztime 10m -fuzzminimizetime 1x
func FuzzSchedule(f *testing.F) {
	for kind := range new(Swarm).nemeses() {
		one := []byte{byte(kind), 0xe8, 0x03, 0xe8, 0x03, 1, 2, 3, 4, 5, 6, 7, 8} // from 1 s to 2 s
		next := []byte{byte(kind + 5), 0xdc, 0x05, 0xe8, 0x03, 8, 7, 6, 5, 4, 3, 2, 1}
		f.Add(uint64(kind), append(one, next...))
	}
	f.Fuzz(func(t *testing.T, seed uint64, input []byte) {
		s := base("fuzz", "What the fuzzer thinks of", "")
		s.Servers, s.Clients = 3, []Load{{Sessions: 2, Think: 20 * time.Millisecond}}
		s.Duration = 11 * time.Second
		s.Workload = KeyValueWorkload(2, false)
		schedule := scheduleOf(input)
		s.Faults = func(*rand.Rand, int) sim.Schedule { return schedule }
		for _, p := range []Protocol{Raft, Paxos} {
			if r := Run(s, p, seed); r.Verdict != linearizability.VerdictOK {
				text, _ := schedule.MarshalJSON()
				t.Fatalf("%s, seed %d: %s %s\n%s", p.Name, seed, r.Verdict, r.Violation, text)
			}
		}
	})
}
