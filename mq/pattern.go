package mq

import (
	"strings"
	"unicode/utf8"
)

// checkPattern says whether an exchange can compare anything with a pattern.
func (t ExchangeType) checkPattern(pattern string) *Error {
	if err := checkKeyText("Pattern", pattern); err != nil {
		return err
	}
	switch t {
	case Topic:
		for word := range strings.SplitSeq(pattern, ".") {
			if len(word) > 1 && strings.ContainsAny(word, "*#") {
				return refuse(ErrBadPattern, "Pattern %q: * and # must be words of their own", pattern)
			}
		}
	case MQTT:
		return checkFilter(pattern)
	}
	return nil
}

// checkFilter follows MQTT 5 §4.7.1 and §4.7.3.
func checkFilter(filter string) *Error {
	if filter == "" {
		return refuse(ErrBadPattern, "Pattern: must not be empty")
	}
	rest, more := filter, true
	for more {
		var level string
		level, rest, more = strings.Cut(rest, "/")
		if len(level) > 1 && strings.ContainsAny(level, "+#") {
			return refuse(ErrBadPattern, "Pattern %q: + and # must be levels of their own", filter)
		}
		if level == "#" && more {
			return refuse(ErrBadPattern, "Pattern %q: # must be the last level", filter)
		}
	}
	return nil
}

// checkKey says whether a message can have a key at an exchange.
func (t ExchangeType) checkKey(key string) *Error {
	if err := checkKeyText("Key", key); err != nil {
		return err
	}
	if t == MQTT && (key == "" || strings.ContainsAny(key, "+#")) {
		return refuse(ErrBadPattern, "Key %q: a topic name must not be empty or have + or #", key)
	}
	return nil
}

func checkKeyText(field, text string) *Error {
	if len(text) > MaxNameBytes || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return refuse(ErrBadPattern, "%s %q: must be UTF-8 of at most %d bytes without U+0000", field, text, MaxNameBytes)
	}
	return nil
}

// matches reports whether a binding's pattern matches a message's key.
func (t ExchangeType) matches(pattern, key string) bool {
	switch t {
	case Direct:
		return pattern == key
	case Topic:
		return matchTopic(pattern, key)
	case MQTT:
		return matchFilter(pattern, key)
	}
	return true // Fanout
}

// matchTopic compares word by word. When a word does not match, the last # that was
// passed takes one word more: no earlier one needs to, because what lies between
// them has matched as early as it can.
func matchTopic(pattern, key string) bool {
	p, k := wordsOf(pattern), wordsOf(key)
	var retryP, retryK words
	retry := false
	for !k.over {
		head := p.head()
		switch {
		case !p.over && head == "#":
			p.next()
			retryP, retryK, retry = p, k, true
		case !p.over && (head == "*" || head == k.head()):
			p.next()
			k.next()
		case retry:
			retryK.next()
			p, k = retryP, retryK
		default:
			return false
		}
	}
	for !p.over && p.head() == "#" {
		p.next()
	}
	return p.over
}

// words goes through what stands between dots. The empty text has no words.
type words struct {
	rest string
	over bool
}

func wordsOf(text string) words { return words{rest: text, over: text == ""} }

func (w *words) head() string {
	word, _, _ := strings.Cut(w.rest, ".")
	return word
}

func (w *words) next() {
	_, rest, more := strings.Cut(w.rest, ".")
	w.rest, w.over = rest, !more
}

// matchFilter compares level by level. Wildcards at the beginning do not match
// topics that begin with $ (MQTT 5 §4.7.2), and "a/#" matches "a" too (§4.7.1.2).
func matchFilter(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (filter[0] == '+' || filter[0] == '#') {
		return false
	}
	moreFilter, moreTopic := true, true
	for moreFilter && moreTopic {
		var f, t string
		f, filter, moreFilter = strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, topic, moreTopic = strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
	}
	return !moreTopic && (!moreFilter || filter == "#")
}
