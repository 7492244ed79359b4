package comparison

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A difference counts only if it is larger than this fraction of the larger number,
// and than so many standard errors.
const (
	leastDifference = 0.02
	leastErrors     = 3
)

// contrast is a number of two protocols.
type contrast struct {
	metric    Metric
	protocols [2]string
	values    [2]float64
	chance    float64 // standard error of the difference
}

func (t *Table) contrast(which, metric string) contrast {
	return contrast{
		metric:    t.Aspect.metric(metric),
		protocols: [2]string(t.Protocols),
		values:    [2]float64{t.Mean(which, metric, 0), t.Mean(which, metric, 1)},
		chance:    math.Sqrt(t.variance(which, metric, 0) + t.variance(which, metric, 1)),
	}
}

// sign says which is larger: -1 the first, 1 the second, 0 neither, as far as can be
// told.
func (c contrast) sign() int {
	a, b := c.values[0], c.values[1]
	difference := math.Abs(b - a)
	switch {
	case math.IsNaN(a) || math.IsNaN(b) || difference <= leastDifference*max(math.Abs(a), math.Abs(b)) || difference <= leastErrors*c.chance:
		return 0
	case b > a:
		return 1
	}
	return -1
}

// lowHigh returns the places of the smaller and of the larger number.
func (c contrast) lowHigh() (low, high int) {
	if c.values[1] < c.values[0] {
		return 1, 0
	}
	return 0, 1
}

// pair writes both numbers, the larger one first, with their unit.
func (c contrast) pair(joint string) string {
	low, high := c.lowHigh()
	return withUnit(fmt.Sprintf("%s %s %s", digits(c.values[high]), joint, digits(c.values[low])), c.metric.Unit)
}

// both writes two numbers that are alike.
func (c contrast) both() string {
	a, b := digits(c.values[0]), digits(c.values[1])
	if a == b {
		return withUnit(a, c.metric.Unit)
	}
	return withUnit(a+" and "+b, c.metric.Unit)
}

func withUnit(text, unit string) string {
	if unit == "" {
		return text
	}
	return text + " " + unit
}

// ratio says how much larger the larger number is.
func (c contrast) ratio() string {
	low, high := c.lowHigh()
	switch r := c.values[high] / c.values[low]; {
	case math.IsInf(r, 0) || r >= 10:
		return "much higher"
	case r >= 2:
		return fmt.Sprintf("%.1f times as high", r)
	default:
		return fmt.Sprintf("%.0f %% higher", 100*(r-1))
	}
}

// words are what one says of the smaller and of the larger number.
func (c contrast) words() (less, more string) {
	if c.metric.Unit == "ms" {
		return "a shorter", "a longer"
	}
	return "fewer", "more"
}

// effect is a number that people ask for.
type effect struct {
	metric string
	what   string // in the middle of a sentence: "the median latency"
}

// cause is something that was counted and would make the effect larger the more there
// is of it, or, if it is inverse, smaller.
type cause struct {
	metric  string
	what    string  // "messages that the busiest server handles per command"
	inverse bool    // the more, the smaller the effect
	weight  float64 // by how much one more enlarges the effect; zero is not known
}

// why says whether an effect differs between the protocols in a case, by how much, and
// what of that the counts explain. Where begins the sentence: "With 5 servers, ".
func (t *Table) why(where, which string, e effect, causes ...cause) string {
	c := t.contrast(which, e.metric)
	if math.IsNaN(c.values[0]) && math.IsNaN(c.values[1]) {
		return sentence(where + e.what + " did not come about with either")
	}
	for i, v := range c.values {
		if math.IsNaN(v) {
			return sentence(fmt.Sprintf("%s%s is %s with %s, and did not come about with %s", where, e.what,
				withUnit(digits(c.values[1-i]), c.metric.Unit), c.protocols[1-i], c.protocols[i]))
		}
	}
	if c.sign() == 0 {
		return t.alike(where, which, e, c, causes)
	}
	low, high := c.lowHigh()
	text := fmt.Sprintf("%s%s is %s with %s than with %s (%s)", where, e.what, c.ratio(), c.protocols[high], c.protocols[low], c.pair("against"))
	text = strings.Replace(text, "times as high with "+c.protocols[high]+" than with", "times as high with "+c.protocols[high]+" as with", 1)
	var because, inSpite, equal []string
	for _, cause := range causes {
		count := t.contrast(which, cause.metric)
		sign := count.sign()
		if cause.inverse {
			sign = -sign
		}
		switch sign {
		case 0:
			equal = append(equal, cause.what)
		case c.sign():
			because = append(because, cause.told(count, c, high))
		default:
			inSpite = append(inSpite, cause.told(count, c, high))
		}
	}
	switch {
	case len(because) > 0:
		text += ", because it has " + join(because)
	case len(causes) > 0:
		text += ", and nothing that was counted explains it"
	}
	if len(inSpite) > 0 {
		text += ", in spite of " + join(inSpite)
	}
	if len(equal) > 0 {
		text += "; alike are " + join(equal)
	}
	return sentence(text)
}

// alike says that an effect does not differ, and what is behind that.
func (t *Table) alike(where, which string, e effect, c contrast, causes []cause) string {
	text := fmt.Sprintf("%sno difference in %s: %s", where, e.what, c.both())
	switch difference := math.Abs(c.values[1] - c.values[0]); {
	case digits(c.values[0]) == digits(c.values[1]):
		text += " with both"
	case difference > leastDifference*max(math.Abs(c.values[0]), math.Abs(c.values[1])):
		text += fmt.Sprintf(" (%s and %s), which may be chance", c.protocols[0], c.protocols[1])
	}
	var equal, unequal []string
	for _, cause := range causes {
		count := t.contrast(which, cause.metric)
		if count.sign() == 0 {
			equal = append(equal, fmt.Sprintf("%s (%s)", cause.what, count.both()))
			continue
		}
		_, high := count.lowHigh()
		_, more := count.words()
		unequal = append(unequal, fmt.Sprintf("%s %s with %s (%s)", more, cause.what, count.protocols[high], count.pair("against")))
	}
	if len(equal) > 0 {
		text += "; alike are also " + join(equal)
	}
	if len(unequal) > 0 {
		text += "; what does not show in it: " + join(unequal)
	}
	return sentence(text)
}

// told says that the protocol whose effect is the larger has more of a cause, or less,
// and how much of the effect that is.
func (k cause) told(count, effect contrast, high int) string {
	less, more := count.words()
	if count.values[high] < count.values[1-high] {
		more = less
	}
	text := fmt.Sprintf("%s %s (%s)", more, k.what, withUnit(digits(count.values[high])+" against "+digits(count.values[1-high]), count.metric.Unit))
	share := k.weight * (count.values[high] - count.values[1-high]) / (effect.values[high] - effect.values[1-high])
	if share <= 0 {
		return text
	}
	return text + fmt.Sprintf(", which makes %.0f %% of it", 100*share)
}

// join lists things as one does in a sentence.
func join(things []string) string {
	switch n := len(things); n {
	case 0:
		return ""
	case 1:
		return things[0]
	default:
		return strings.Join(things[:n-1], ", ") + " and " + things[n-1]
	}
}

// sentence gives a text a capital letter and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// digits writes a number with three digits that count, and no exponent.
func digits(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case math.IsInf(v, 0):
		return "without end"
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v != 0 && math.Abs(v) < 0.001:
		return "0.00"
	}
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.Contains(text, "e") {
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return text
}
