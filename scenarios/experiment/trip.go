package experiment

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"quorumlab/sim"
)

// trip is how long a message, or a message and its answer, is under way.
type trip struct {
	distribution sim.Distribution // of one leg, or of the round trip, in milliseconds
	legs         bool
	roundTrip    func(t float64) float64 // its distribution; nil if there is no formula
}

// parseTrip reads one of the distributions of Family.
func parseTrip(text string, legs bool) (t trip, err error) {
	const unit = time.Millisecond
	t.legs = legs
	name, parameter, given := strings.Cut(text, ":")
	number := func(otherwise float64) (value float64) {
		if !given {
			return otherwise
		}
		if value, err = strconv.ParseFloat(parameter, 64); err == nil && (!(value >= 0.001) || value > 1000) {
			err = fmt.Errorf("%v is not from 0.001 to 1000", value)
		}
		return value
	}
	var single func(t float64) float64 // of one leg
	switch {
	case name == "exp":
		mean := number(1)
		t.distribution = sim.Exponential(time.Duration(mean * float64(unit)))
		single, t.roundTrip = scaled(exponentialCDF, 0, mean), scaled(erlangCDF(2), 0, mean)
	case name == "uniform":
		low, high := time.Duration(0), unit
		if given {
			low, high, err = parseTimes("uniform", parameter, 0, time.Second)
		}
		from, width := milliseconds(low), milliseconds(high-low)
		t.distribution = uniform(low, high)
		single, t.roundTrip = scaled(uniformCDF, from, width), scaled(triangleCDF, 2*from, width)
	case name == "const" && given:
		value := number(0)
		t.distribution = sim.Constant(time.Duration(value * float64(unit)))
		single, t.roundTrip = scaled(nil, value, 0), scaled(nil, 2*value, 0)
	case name == "pareto" && given:
		alpha := number(0)
		t.distribution, single = sim.Pareto(unit, alpha), paretoCDF(alpha)
	case name == "lognormal" && given:
		sigma := number(0)
		t.distribution, single = sim.LogNormal(unit, sigma), logNormalCDF(sigma)
	default:
		return t, fmt.Errorf("%q is none of the distributions exp, exp:MEAN, uniform, uniform:LOW-HIGH, const:MS, pareto:ALPHA and lognormal:SIGMA", text)
	}
	if err != nil {
		return t, fmt.Errorf("distribution %q: %w", text, err)
	}
	if !legs {
		t.roundTrip = single
	}
	return t, nil
}
