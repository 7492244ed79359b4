package scenarios

import (
	"cmp"
	"slices"
	"strings"

	"quorumlab/mq"
)

// topology is what was declared, as the judges know it: which queue gets what is
// worked out anew here, not asked from the service.
type topology struct {
	queues    map[string]mq.QueueOptions
	logs      map[string]mq.LogOptions
	exchanges map[string]mq.ExchangeType
	bindings  []mq.Bind
}

func newTopology(declarations []mq.Command) topology {
	t := topology{
		queues: make(map[string]mq.QueueOptions), logs: make(map[string]mq.LogOptions),
		exchanges: make(map[string]mq.ExchangeType),
	}
	for _, d := range declarations {
		switch d := d.(type) {
		case mq.DeclareQueue:
			t.queues[d.Queue] = d.Options
		case mq.DeclareLog:
			t.logs[d.Log] = d.Options
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
func (t topology) targets(exchange, key string) (names []string) {
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

// questions returns what an auditor asks.
func (t topology) questions(roles []Role) (all []mq.Command) {
	// First those that others get dead letters from: when they are empty, none come.
	names := sortedKeys(t.queues)
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(t.queues[b].DeadLetters, t.queues[a].DeadLetters)
	})
	for _, name := range names {
		all = append(all, mq.Statistics{Queue: name})
	}
	asked := make(map[groupName]bool)
	for _, name := range sortedKeys(t.logs) {
		for _, role := range roles {
			f, follows := role.(Follower)
			g := groupName{f.Log, f.Group}
			if follows && f.Group != "" && f.Log == name && !asked[g] {
				asked[g] = true
				all = append(all, mq.DescribeGroup{Log: f.Log, Group: f.Group})
			}
		}
		all = append(all, mq.DescribeLog{Log: name})
	}
	return all
}
