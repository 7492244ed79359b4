package paxos

import "math/bits"

// majority returns how many of n servers are more than half. Any two majorities
// have a server in common, and all of Paxos rests on that: whoever hears a
// majority's promises hears of every value that a majority has accepted. In a
// cluster of four, two and two have nothing in common: it takes three.
func majority(n int) int { return n/2 + 1 }

// serverSet is a set of servers, each by its position in Config.Servers. Adding a
// server that is in it changes nothing, so a duplicated message counts once.
type serverSet uint64

const maximumServers = 64

func (s serverSet) with(position int) serverSet { return s | 1<<position }

func (s serverSet) size() int { return bits.OnesCount64(uint64(s)) }

func (s serverSet) has(position int) bool { return s&(1<<position) != 0 }
