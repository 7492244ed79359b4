package mqjudge

import (
	"slices"
	"strings"

	"quorumlab/mq"
)

// Topology is what was declared, as the judges know it: which queue gets what is
// worked out anew here, not asked from the service.
type Topology struct {
	Queues    map[string]mq.QueueOptions
	Logs      map[string]mq.LogOptions
	exchanges map[string]mq.ExchangeType
	bindings  []mq.Bind
}

func NewTopology(declarations []mq.Command) Topology {
	t := Topology{
		Queues: make(map[string]mq.QueueOptions), Logs: make(map[string]mq.LogOptions),
		exchanges: make(map[string]mq.ExchangeType),
	}
	for _, d := range declarations {
		switch d := d.(type) {
		case mq.DeclareQueue:
			t.Queues[d.Queue] = d.Options
		case mq.DeclareLog:
			t.Logs[d.Log] = d.Options
		case mq.DeclareExchange:
			t.exchanges[d.Exchange] = d.Type
		case mq.Bind:
			t.bindings = append(t.bindings, d)
		}
	}
	return t
}

// targets returns the queues and logs that get what is published to an exchange, each
// once.
func (t Topology) targets(exchange, key string) (names []string) {
	if exchange == "" {
		return []string{key}
	}
	for _, b := range t.bindings {
		if b.Exchange == exchange && matches(t.exchanges[exchange], b.Pattern, key) && !slices.Contains(names, b.Queue) {
			names = append(names, b.Queue)
		}
	}
	return names
}

// matches reports whether a key matches a pattern.
func matches(kind mq.ExchangeType, pattern, key string) bool {
	switch kind {
	case mq.Fanout:
		return true
	case mq.Topic:
		return matchWords(strings.Split(pattern, "."), strings.Split(key, "."), "*")
	case mq.MQTT:
		return matchWords(strings.Split(pattern, "/"), strings.Split(key, "/"), "+")
	}
	return pattern == key
}

// matchWords matches word by word: # is any number of words, one is any single word.
func matchWords(pattern, words []string, one string) bool {
	if len(pattern) == 0 {
		return len(words) == 0
	}
	if pattern[0] == "#" {
		return matchWords(pattern[1:], words, one) || len(words) > 0 && matchWords(pattern, words[1:], one)
	}
	return len(words) > 0 && (pattern[0] == one || pattern[0] == words[0]) && matchWords(pattern[1:], words[1:], one)
}
