package sim

// machineCondition is how a machine stands at present, as faults have it.
type machineCondition struct {
	down   bool
	paused bool
	slow   Distribution // added to what a message costs
	clock  clockRate
}

// linkCondition is what may befall messages on a link at present, as
// configuration and faults have it.
type linkCondition struct {
	loss, duplication, reordering, corruption float64 // probabilities

	bandwidth int64 // bytes per second; zero: infinite
	rules     []rule
	cut       bool
	clogged   bool
}

// sound reports whether nothing may befall messages but that they take time.
func (c *linkCondition) sound() bool {
	return c.loss == 0 && c.duplication == 0 && c.reordering == 0 && c.corruption == 0 &&
		c.bandwidth == 0 && len(c.rules) == 0 && !c.cut && !c.clogged
}
