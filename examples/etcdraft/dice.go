package etcdraft

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"

	"quorumlab/node"
)

// etcd's raft draws its election timeouts from crypto/rand.Reader and offers no
// way to have them drawn from elsewhere. So for as long as a server is called, that
// variable holds the machine's own stream. Other runs have to wait meanwhile, and
// nobody in this process may make keys: it is for tests and nothing else.

// diceLock is held by whoever has changed rand.Reader.
var diceLock sync.Mutex

// dice is a machine's stream of random numbers, as bytes.
type dice struct{ env node.Env }

// Read implements io.Reader.
func (d *dice) Read(p []byte) (int, error) {
	var word [8]byte
	for rest := p; len(rest) > 0; {
		binary.LittleEndian.PutUint64(word[:], d.env.Rand().Uint64())
		rest = rest[copy(rest, word[:]):]
	}
	return len(p), nil
}

// rolling is what was in rand.Reader before.
type rolling struct{ before io.Reader }

// roll has everything drawn from the machine's stream until done is called.
func (d *dice) roll() rolling {
	diceLock.Lock()
	before := rand.Reader
	rand.Reader = d
	return rolling{before}
}

func (r rolling) done() {
	rand.Reader = r.before
	diceLock.Unlock()
}
