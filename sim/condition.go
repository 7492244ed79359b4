package sim

// machineCondition is how a machine stands at present, as faults have it.
type machineCondition struct {
	down   bool
	paused bool
	slow   Distribution // added to what a message costs
	clock  clockRate
	disk   diskCondition
}

// linkCondition is how a link stands at present, as configuration and faults
// have it.
type linkCondition struct {
	Network
	cut bool
}
