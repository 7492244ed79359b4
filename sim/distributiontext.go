package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// String writes the distribution as its constructor would be called.
func (d Distribution) String() string {
	if d.share == 0 {
		return d.body.String()
	}
	return fmt.Sprintf("mixture(%v,%g,%v)", d.body, d.share, d.tail)
}

func (f form) String() string {
	a, b := inText(f.a), inText(f.b)
	switch f.shape {
	case constant:
		return fmt.Sprintf("constant(%v)", a)
	case uniform:
		return fmt.Sprintf("uniform(%v,%v)", a, b)
	case normal:
		return fmt.Sprintf("normal(%v,%v)", a, b)
	case logNormal:
		return fmt.Sprintf("lognormal(%v,%g)", a, f.b)
	case exponential:
		return fmt.Sprintf("exponential(%v)", a)
	default:
		return fmt.Sprintf("pareto(%v,%g)", a, f.b)
	}
}

// inText is the duration of so many nanoseconds. The longest there is does not
// survive being a float64.
func inText(nanoseconds float64) time.Duration {
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(nanoseconds)
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
	inner, isMixture := strings.CutPrefix(text, "mixture(")
	if !isMixture {
		return parseSimple(text)
	}
	inner, closed := strings.CutSuffix(inner, ")")
	parts := splitOutside(inner)
	if !closed || len(parts) != 3 {
		return Distribution{}, fmt.Errorf("%q is not a mixture such as mixture(uniform(1ms,3ms),0.001,constant(1s))", text)
	}
	body, err := parseSimple(strings.TrimSpace(parts[0]))
	if err != nil {
		return Distribution{}, err
	}
	share, err := strconv.ParseFloat(strings.TrimSpace(parts[1]), 64)
	if err != nil {
		return Distribution{}, fmt.Errorf("%q in %q is not a number", parts[1], text)
	}
	tail, err := parseSimple(strings.TrimSpace(parts[2]))
	if err != nil {
		return Distribution{}, err
	}
	return Mixture(body, share, tail), nil
}

// splitOutside splits at the commas that are not within parentheses.
func splitOutside(text string) (parts []string) {
	depth, start := 0, 0
	for i, c := range text {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// parameters says what the parameters of each form are: d for a duration, x for a
// number.
func parameters(name string) string {
	switch name {
	case "constant", "exponential":
		return "d"
	case "uniform", "normal":
		return "dd"
	case "lognormal", "pareto":
		return "dx"
	}
	return ""
}

// parseSimple reads a distribution that is no mixture.
func parseSimple(text string) (Distribution, error) {
	if constant, err := time.ParseDuration(text); err == nil {
		return Constant(constant), nil
	}
	name, rest, found := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	if !found || !strings.HasSuffix(text, ")") {
		return Distribution{}, fmt.Errorf("%q is not a distribution such as constant(1ms) or uniform(1ms,3ms)", text)
	}
	parts, want := strings.Split(rest, ","), parameters(name)
	if len(parts) != len(want) {
		return Distribution{}, fmt.Errorf("%q is none of constant(d), uniform(d,d), normal(d,d), lognormal(d,x), exponential(d), pareto(d,x), "+
			"with durations d and numbers x, and no mixture(m,x,m) of two of them", text)
	}
	var durations [2]time.Duration
	var number float64
	for i, part := range parts {
		var err error
		part = strings.TrimSpace(part)
		if want[i] == 'd' {
			durations[i], err = time.ParseDuration(part)
		} else {
			number, err = strconv.ParseFloat(part, 64)
		}
		if err != nil {
			return Distribution{}, fmt.Errorf("%q in %q: %w", part, text, err)
		}
	}
	switch name {
	case "constant":
		return Constant(durations[0]), nil
	case "uniform":
		return Uniform(durations[0], durations[1]), nil
	case "normal":
		return Normal(durations[0], durations[1]), nil
	case "lognormal":
		return LogNormal(durations[0], number), nil
	case "exponential":
		return Exponential(durations[0]), nil
	default:
		return Pareto(durations[0], number), nil
	}
}
