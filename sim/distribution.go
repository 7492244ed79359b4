package sim

import (
	"fmt"
	"math"
	"time"
)

// Distribution is a distribution of durations: of a network's latency, of a
// disk's sync, of the work a message makes. The zero value is a constant zero.
// Samples are never negative, and never longer than a year. Distributions can be
// compared with ==.
type Distribution struct {
	body  form
	tail  form    // of a mixture: where the other samples come from
	share float64 // of a mixture: how many those are, between 0 and 1
}

// form is a distribution that is no mixture.
type form struct {
	shape shape
	a, b  float64 // nanoseconds or plain numbers, as the constructor says
}

type shape uint8

const (
	constant shape = iota
	uniform
	normal
	logNormal
	exponential
	pareto
)

func simple(shape shape, a, b float64) Distribution {
	return Distribution{body: form{shape, a, b}}
}

// Constant always yields d.
func Constant(d time.Duration) Distribution { return simple(constant, float64(d), 0) }

// Uniform yields durations between low and high, all equally likely.
func Uniform(low, high time.Duration) Distribution {
	return simple(uniform, float64(low), float64(high))
}

// Normal yields normally distributed durations, cut off at zero.
func Normal(mean, deviation time.Duration) Distribution {
	return simple(normal, float64(mean), float64(deviation))
}

// LogNormal yields durations whose logarithm is normal: half of them are below
// the median, and sigma is the deviation of the logarithm. It is what measured
// round trips within a data centre mostly look like.
func LogNormal(median time.Duration, sigma float64) Distribution {
	return simple(logNormal, float64(median), sigma)
}

// Exponential yields exponentially distributed durations.
func Exponential(mean time.Duration) Distribution {
	return simple(exponential, float64(mean), 0)
}

// Pareto yields durations of at least minimum with a tail that falls off as the
// power alpha: the smaller, the heavier. At alpha ≤ 1 there is no mean.
func Pareto(minimum time.Duration, alpha float64) Distribution {
	return simple(pareto, float64(minimum), alpha)
}

// Mixture yields what tail does with probability share, and what body does
// otherwise: the one message in a thousand that takes a hundred times as long. It
// panics if one of the two is a mixture itself.
func Mixture(body Distribution, share float64, tail Distribution) Distribution {
	if body.share != 0 || tail.share != 0 {
		panic("sim: a mixture of a mixture")
	}
	if share == 0 {
		return body
	}
	return Distribution{body: body.body, tail: tail.body, share: share}
}

// isZero reports whether every sample is zero for the plain reason that nothing
// was configured.
func (d *Distribution) isZero() bool { return d.body == (form{}) && d.share == 0 }

// sample draws one duration. A mixture draws first what its body yields, then
// whether the tail takes its place, so that giving a distribution a tail leaves
// the rest of its samples as they were when each has a stream of its own.
func (d *Distribution) sample(s *stream) time.Duration {
	sample := d.body.sample(s)
	if d.share > 0 && s.chance(d.share) {
		return d.tail.sample(s)
	}
	return sample
}

// sample takes one number from the stream, or two for the shapes made from a
// normal variate, or none for a constant. The conversions of products to float64
// keep compilers for some processors from fusing them with the sum, which would
// round differently there.
func (f *form) sample(s *stream) time.Duration {
	switch f.shape {
	case constant:
		return bounded(f.a)
	case uniform:
		return bounded(f.a + float64((f.b-f.a)*s.float()))
	case normal:
		return bounded(max(0, f.a+float64(f.b*s.normal())))
	case logNormal:
		return bounded(f.a * math.Exp(f.b*s.normal()))
	case exponential:
		return bounded(-f.a * math.Log(1-s.float()))
	default:
		return bounded(f.a * math.Pow(1-s.float(), -1/f.b))
	}
}

// bounded turns nanoseconds into a duration. The far tail of a heavy distribution
// would not fit into one, and a sum of several that do might not; a year is as
// good as never.
func bounded(nanoseconds float64) time.Duration {
	const year = 365 * 24 * float64(time.Hour)
	if nanoseconds < year {
		return time.Duration(nanoseconds)
	}
	return time.Duration(year)
}

// normal draws a standard normal variate (Box & Muller, 1958).
func (s *stream) normal() float64 {
	radius := math.Sqrt(-2 * math.Log(1-s.float()))
	return radius * math.Cos(2*math.Pi*s.float())
}

// Validate reports what is wrong with a distribution's parameters, if anything.
func (d Distribution) Validate() error {
	if err := allValid(d.body.validate(), d.tail.validate()); err != nil {
		return err
	}
	return probability("share of the tail", d.share)
}

func (f form) validate() error {
	switch {
	case !(f.a >= 0 && f.b >= 0) || math.IsInf(f.b, 1):
		return fmt.Errorf("%v: parameters must be finite and not negative", f)
	case f.shape == uniform && f.b < f.a:
		return fmt.Errorf("%v: the upper end lies below the lower", f)
	case f.shape == pareto && (f.a == 0 || f.b == 0):
		return fmt.Errorf("%v: minimum and alpha must be positive", f)
	}
	return nil
}
