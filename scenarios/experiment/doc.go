// Package experiment measures published results again, on the laboratory's own
// protocols and simulator: setups and numbers from papers, theses and released data,
// and closed forms that a correct simulator has to meet. If they did not come out,
// nothing else that the simulator says could be believed.
//
// # An experiment
//
// An [Experiment] is a table of cases. A [Case] makes independent trials, each a small world of
// its own with its own seed, and says what came of all: a [Row] for each number,
// beside the published one and how far from it the measured one may be. [Run] makes
// the trials, in parallel; since a trial's seed depends on nothing but the
// experiment's seed, the case's name and the trial's number, the result depends
// neither on how many are at work nor on which other cases are run.
//
// Where a source has a family of cases, further ones can be named that nobody has
// published: election timeouts of 20 to 60 ms, say. Their rows have nothing to
// be compared with, unless there is a closed form.
//
// # Tolerances
//
// A tolerance is absolute, in the unit of the metric. It is the one that is stated with the
// published number, and never fitted to what comes out; a row that is out of it is
// reported as such. Numbers that the source gives without saying enough to hold
// anybody to them stand beside the measured ones without a verdict.
//
// # How a trial is made
//
// The protocols are the real ones of packages raft, paxos and synod, configured as
// the source says. What surrounds them is cut down to what is measured, so that a trial costs a tenth
// of a millisecond: a server that is isolated is a machine that is silent, and a
// leader that is about to crash may be a machine that sends its last heartbeat. The
// invariants are not checked in every trial; other tests do that all day.
package experiment
