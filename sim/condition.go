package sim

// machineCondition is how a machine stands at present, as faults have it.
type machineCondition struct {
	down   bool
	paused bool
	slow   []slowness // for each fault that adds to what a message costs
	clock  clockRate
	disk   diskCondition
}

// linkCondition is what may befall messages on a link at present, as
// configuration and faults have it.
type linkCondition struct {
	loss, duplication, reordering, corruption float64 // probabilities

	bandwidth int64  // bytes per second; zero: infinite
	rules     *rules // the latest of a list, or nil
	cut       bool
	clogged   bool
}

// sound is the condition in which nothing befalls messages but that they take
// time.
var sound = linkCondition{}
