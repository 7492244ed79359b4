package experiment

import (
	"errors"
	"strings"
	"time"

	"quorumlab/mq"
)

// parseVisibility reads a timeout, and perhaps another to which it is changed.
func parseVisibility(name string) (r rule, err error) {
	names := []string{"visibility-timeout"}
	if strings.Contains(name, ",") {
		names = append(names, "change", "at")
	}
	fields, err := parseFields(name, names...)
	if err != nil {
		return r, err
	}
	timeout, err := parseSeconds(names[0], fields[names[0]], mq.MaxLease)
	switch {
	case err != nil:
		return r, err
	case timeout == 0:
		return visibilityTimeout(mq.DefaultLease, 0, 0), nil // a timeout of zero is one that is changed to zero
	case len(names) == 1:
		return visibilityTimeout(timeout, -1, 0), nil
	}
	at, err := parseSeconds("at", fields["at"], timeout-time.Second)
	if err != nil {
		return r, err
	}
	change, err := parseSeconds("change", fields["change"], mq.MaxLease-at)
	return visibilityTimeout(timeout, change, at), err
}

// visibilityTimeout receives a message with a timeout, zero for the queue's default, and
// changes it a while later unless the change is negative.
func visibilityTimeout(timeout, change, at time.Duration) rule {
	expected, metric := timeout, "visible again after (s)"
	if timeout == 0 {
		expected = 30 * time.Second
	}
	if change >= 0 {
		expected, metric = change, "visible again after the change (s)"
	}
	return rule{
		[]fact{{metric, expected.Seconds()}},
		func(values []float64) error {
			b := newBench(mq.QueueOptions{}, 1)
			deliveries := b.receive(1, timeout)
			if len(deliveries) == 0 {
				return errors.New("nothing is delivered")
			}
			if change >= 0 {
				b.now += at
				c := mq.Extend{Queue: "work", Consumer: 1, Leases: []mq.Lease{deliveries[0].Lease}, Timeout: change}
				if _, err := c.Result(b.apply(c)); err != nil {
					return err
				}
			}
			values[0] = b.visible()
			return nil
		},
	}
}

// visibilityBounds looks which timeouts are taken.
var visibilityBounds = rule{
	[]fact{
		{"largest timeout of a queue (s)", 43200}, {"largest timeout that a receive asks for (s)", 43200}, {"largest change right after the receive (s)", 43200},
		{"largest change an hour later (s)", 39600}, {"smallest change (s)", 0},
	},
	func(values []float64) error {
		seconds := func(n int) time.Duration { return time.Duration(n) * time.Second }
		// largest finds by halving the largest number of seconds that is taken.
		largest := func(taken func(timeout time.Duration) bool) float64 {
			low, high := -1, 1_000_000
			for high-low > 1 {
				if middle := (low + high) / 2; taken(seconds(middle)) {
					low = middle
				} else {
					high = middle
				}
			}
			return float64(low)
		}
		change := func(after time.Duration) func(time.Duration) bool {
			return func(timeout time.Duration) bool {
				b := newBench(mq.QueueOptions{Lease: mq.MaxLease}, 1)
				c := mq.Extend{Queue: "work", Consumer: 1, Timeout: timeout}
				for _, d := range b.receive(1, 0) {
					c.Leases = append(c.Leases, d.Lease)
				}
				b.now += after
				_, err := c.Result(b.apply(c))
				return err == nil
			}
		}
		values[0] = largest(func(timeout time.Duration) bool {
			c := mq.DeclareQueue{Queue: "other", Options: mq.QueueOptions{Lease: timeout}}
			_, err := c.Result(newBench(mq.QueueOptions{}, 0).apply(c))
			return err == nil
		})
		values[1] = largest(func(timeout time.Duration) bool {
			c := mq.Receive{Queue: "work", Consumer: 1, Max: 1, Lease: timeout}
			_, err := c.Result(newBench(mq.QueueOptions{}, 0).apply(c))
			return err == nil
		})
		values[2], values[3] = largest(change(0)), largest(change(time.Hour))
		for !change(0)(seconds(int(values[4]))) {
			values[4]++
		}
		return nil
	},
}
