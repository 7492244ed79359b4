package reference

import (
	"strings"

	"quorumlab/mq"
)

// goodPattern reports whether an exchange of a kind takes a pattern.
func goodPattern(kind mq.ExchangeType, pattern string) bool {
	separator, wild := ".", "*#"
	if kind == mq.MQTT {
		separator, wild = "/", "+#"
	}
	parts := strings.Split(pattern, separator)
	for i, p := range parts {
		if (kind == mq.Topic || kind == mq.MQTT) && len(p) > 1 && strings.ContainsAny(p, wild) {
			return false
		}
		if kind == mq.MQTT && p == "#" && i < len(parts)-1 {
			return false
		}
	}
	return pattern != "" || kind != mq.MQTT
}

// matches says by plain recursion whether a pattern matches a key.
func matches(kind mq.ExchangeType, pattern, key string) bool {
	switch kind {
	case mq.Direct:
		return pattern == key
	case mq.Fanout:
		return true
	case mq.Topic:
		return matchParts(parts(pattern, "."), parts(key, "."), "*")
	}
	if key[0] == '$' && (pattern[0] == '+' || pattern[0] == '#') {
		return false
	}
	return matchParts(strings.Split(pattern, "/"), strings.Split(key, "/"), "+")
}

func parts(s, separator string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, separator)
}

func matchParts(pattern, key []string, one string) bool {
	if len(pattern) == 0 {
		return len(key) == 0
	}
	if pattern[0] == "#" {
		return matchParts(pattern[1:], key, one) || len(key) > 0 && matchParts(pattern, key[1:], one)
	}
	return len(key) > 0 && (pattern[0] == one || pattern[0] == key[0]) && matchParts(pattern[1:], key[1:], one)
}
