package scenarios

import (
	"math/rand/v2"
	"time"

	"quorumlab/sim"
)

// Priorities order deliveries as probabilistic concurrency testing orders threads
// (Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding
// Bugs", ASPLOS 2010). Each machine has a priority for each type of message that it
// receives, drawn at the beginning; at few moments, drawn too, one of them comes to be
// the lowest of all. A mistake that takes few orderings to show needs no more changes
// than those. Time passes in the simulator whatever is delivered, so a priority is how
// long messages wait: those of the highest do not, those of the lowest for as long as an
// election may take. Each is a fault by itself, to be left out and replayed like others.

// waits are how long messages wait, by priority.
var waits = []time.Duration{0, 0, 0, 0, 3 * time.Millisecond, 15 * time.Millisecond, 60 * time.Millisecond}

// lowestPriority is how long those wait that have come to be the lowest.
const lowestPriority = 200 * time.Millisecond

// priorities draws the priorities of servers until the end of the first phase, with so
// many changes.
func priorities(r *rand.Rand, servers, changes int, until time.Duration) (schedule sim.Schedule) {
	type chain struct {
		since time.Duration
		wait  time.Duration
	}
	chains := make([]chain, servers*len(filtered))
	close := func(i int, at time.Duration) {
		c := chains[i]
		if c.wait > 0 && at > c.since {
			schedule = append(schedule, sim.Filter{
				Span: sim.Between(c.since, at), Types: filtered[i%len(filtered)],
				To: sim.Machine(identifiers(servers)[i/len(filtered)]), Delay: sim.Constant(c.wait),
			})
		}
	}
	for i := range chains {
		chains[i].wait = pick(r, waits...)
	}
	at := time.Duration(0)
	for range changes {
		at += time.Duration(r.Int64N(int64(2*until)/int64(changes+1)) + 1).Round(time.Microsecond)
		if at >= until {
			break
		}
		i := r.IntN(len(chains))
		close(i, at)
		chains[i] = chain{at, lowestPriority}
	}
	for i := range chains {
		close(i, until)
	}
	return schedule
}
