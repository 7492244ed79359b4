package reference

import (
	"slices"
	"strings"

	"quorumlab/mq"
)

func (r *Machine) publish(c mq.Publish) any {
	if len(c.Messages) == 0 || len(c.Messages) > mq.MaxBatch {
		return mq.ErrTooMany
	}
	for _, body := range c.Messages {
		if len(body) > mq.MaxMessageBytes {
			return mq.ErrTooLarge
		}
	}
	return r.once(c.Number, c, mq.Published{}, func() any {
		names, refusal := r.route(c)
		if refusal != nil {
			return refusal
		}
		for _, name := range names {
			q := r.queue(name)
			switch {
			case q == nil:
			case q.options.Contract == mq.EffectivelyOnce && c.Number.Producer == 0:
				return mq.ErrProducerRequired
			case q.options.MaxLength > 0 && q.options.Overflow == mq.RejectPublish &&
				q.ready()+uint64(len(c.Messages)) > q.options.MaxLength:
				return mq.ErrQueueFull
			}
		}
		for _, name := range names {
			for _, body := range c.Messages {
				if q := r.queue(name); q != nil {
					r.store(q, c.Key, string(body), nil)
					q.counters.Published++
				} else {
					l := r.log(name)
					r.append(l, mq.Partition(c.Key, uint32(len(l.partitions))), c.Key, string(body))
				}
			}
		}
		for _, name := range names {
			if q := r.queue(name); q != nil {
				r.limit(q)
			}
		}
		return mq.Published{Copies: uint64(len(names))}
	})
}

// route returns the names of queues and logs to which a publish goes, in order.
func (r *Machine) route(c mq.Publish) (names []string, refusal any) {
	if c.Exchange == "" {
		switch {
		case r.queue(c.Key) != nil:
			return []string{c.Key}, nil
		case r.log(c.Key) != nil:
			return nil, mq.ErrWrongType
		}
		return nil, mq.ErrUnknownQueue
	}
	x := r.exchange(c.Exchange)
	if x == nil {
		return nil, mq.ErrUnknownExchange
	}
	if x.kind == mq.MQTT && (c.Key == "" || strings.ContainsAny(c.Key, "+#")) {
		return nil, mq.ErrBadPattern
	}
	for _, b := range x.bindings {
		if matches(x.kind, b[0], c.Key) && !slices.Contains(names, b[1]) {
			names = append(names, b[1])
		}
	}
	slices.Sort(names)
	if len(names) == 0 && c.Mandatory {
		return nil, mq.ErrUnroutable
	}
	return names, nil
}
