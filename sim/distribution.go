package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Distribution is a distribution of durations: of a network's latency, of a
// disk's sync, of the work a message makes. The zero value is a constant zero.
// Samples are never negative, and never longer than a year.
type Distribution struct {
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

// Constant always yields d.
func Constant(d time.Duration) Distribution { return Distribution{constant, float64(d), 0} }

// Uniform yields durations between low and high, all equally likely.
func Uniform(low, high time.Duration) Distribution {
	return Distribution{uniform, float64(low), float64(high)}
}

// Normal yields normally distributed durations, cut off at zero.
func Normal(mean, deviation time.Duration) Distribution {
	return Distribution{normal, float64(mean), float64(deviation)}
}

// LogNormal yields durations whose logarithm is normal: half of them are below
// the median, and sigma is the deviation of the logarithm. It is what measured
// round trips within a data centre mostly look like.
func LogNormal(median time.Duration, sigma float64) Distribution {
	return Distribution{logNormal, float64(median), sigma}
}

// Exponential yields exponentially distributed durations.
func Exponential(mean time.Duration) Distribution {
	return Distribution{exponential, float64(mean), 0}
}

// Pareto yields durations of at least minimum with a tail that falls off as the
// power alpha: the smaller, the heavier. At alpha ≤ 1 there is no mean.
func Pareto(minimum time.Duration, alpha float64) Distribution {
	return Distribution{pareto, float64(minimum), alpha}
}

// sample draws one duration. It takes one number from the stream, or two for the
// shapes made from a normal variate, or none for a constant. The conversions of
// products to float64 keep compilers for some processors from fusing them with
// the sum, which would round differently there.
func (d Distribution) sample(s *stream) time.Duration {
	switch d.shape {
	case constant:
		return bounded(d.a)
	case uniform:
		return bounded(d.a + float64((d.b-d.a)*s.float()))
	case normal:
		return bounded(max(0, d.a+float64(d.b*s.normal())))
	case logNormal:
		return bounded(d.a * math.Exp(d.b*s.normal()))
	case exponential:
		return bounded(-d.a * math.Log(1-s.float()))
	default:
		return bounded(d.a * math.Pow(1-s.float(), -1/d.b))
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
	switch {
	case !(d.a >= 0 && d.b >= 0) || math.IsInf(d.b, 1):
		return fmt.Errorf("%v: parameters must be finite and not negative", d)
	case d.shape == uniform && d.b < d.a:
		return fmt.Errorf("%v: the upper end lies below the lower", d)
	case d.shape == pareto && (d.a == 0 || d.b == 0):
		return fmt.Errorf("%v: minimum and alpha must be positive", d)
	}
	return nil
}

// String writes the distribution as its constructor would be called.
func (d Distribution) String() string {
	a, b := time.Duration(d.a), time.Duration(d.b)
	switch d.shape {
	case constant:
		return fmt.Sprintf("constant(%v)", a)
	case uniform:
		return fmt.Sprintf("uniform(%v,%v)", a, b)
	case normal:
		return fmt.Sprintf("normal(%v,%v)", a, b)
	case logNormal:
		return fmt.Sprintf("lognormal(%v,%g)", a, d.b)
	case exponential:
		return fmt.Sprintf("exponential(%v)", a)
	default:
		return fmt.Sprintf("pareto(%v,%g)", a, d.b)
	}
}

// MarshalText implements encoding.TextMarshaler: it writes what String does.
func (d Distribution) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: it reads what String writes.
// A bare duration is a constant.
func (d *Distribution) UnmarshalText(text []byte) error {
	parsed, err := parseDistribution(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return d.Validate()
}

func parseDistribution(text string) (Distribution, error) {
	if constant, err := time.ParseDuration(text); err == nil {
		return Constant(constant), nil
	}
	name, rest, found := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	if !found || !strings.HasSuffix(text, ")") {
		return Distribution{}, fmt.Errorf("%q is not a distribution such as constant(1ms) or uniform(1ms,3ms)", text)
	}
	var durations []time.Duration
	var numbers []float64
	for part := range strings.SplitSeq(rest, ",") {
		part = strings.TrimSpace(part)
		if d, err := time.ParseDuration(part); err == nil {
			durations = append(durations, d)
		} else if x, err := strconv.ParseFloat(part, 64); err == nil {
			numbers = append(numbers, x)
		} else {
			return Distribution{}, fmt.Errorf("%q in %q is neither a duration nor a number", part, text)
		}
	}
	switch fmt.Sprintf("%s %d %d", name, len(durations), len(numbers)) {
	case "constant 1 0":
		return Constant(durations[0]), nil
	case "uniform 2 0":
		return Uniform(durations[0], durations[1]), nil
	case "normal 2 0":
		return Normal(durations[0], durations[1]), nil
	case "lognormal 1 1":
		return LogNormal(durations[0], numbers[0]), nil
	case "exponential 1 0":
		return Exponential(durations[0]), nil
	case "pareto 1 1":
		return Pareto(durations[0], numbers[0]), nil
	}
	return Distribution{}, fmt.Errorf("%q is none of constant(d), uniform(d,d), normal(d,d), lognormal(d,x), exponential(d), pareto(d,x), with durations d and numbers x", text)
}
