package wal

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

// promise is a message that says: so many records of this log are durable, and
// so many versions of its file.
type promise struct{ records, file int }

// machine runs a log, with a file in two copies beside it, and remembers what it
// may not lose.
type machine struct {
	t        require.TestingT
	env      *fakeEnv
	log      *Log
	records  []string // all that were appended and may be there
	dropped  []int    // how many of them were given up, each time
	file     int      // version of the file
	promised promise  // what was reported durable
}

func newMachine(t require.TestingT) *machine {
	m := &machine{t: t, env: newFakeEnv()}
	m.log, _ = open(t, m.env)
	return m
}

// step does what one letter of a script says.
func (m *machine) step(letter byte, record string) {
	switch letter {
	case 'a': // append, and promise it
		appendAll(m.t, m.log, record)
		m.records = append(m.records, record)
		m.log.Send(1, promise{len(m.records), m.file})
	case 'w': // write the file, and promise it
		m.file++
		require.NoError(m.t, m.log.ReplaceCopies("file", []byte(strconv.Itoa(m.file))))
		m.log.Send(1, promise{len(m.records), m.file})
	case 'c':
		m.log.Cut()
	case 'd': // all records but the newest are given up
		m.dropped = append(m.dropped, max(0, len(m.records)-1))
		m.log.Drop(uint64(len(m.records)))
	case 'f': // flush
		m.log.Flush()
	case 's': // a sync ends well
		if len(m.env.disk.syncs) > 0 {
			require.NoError(m.t, m.log.Synced(m.env.disk.endSync(nil), nil))
		}
	case 'e': // a sync fails; the process dies of it and starts again
		if len(m.env.disk.syncs) > 0 {
			require.Error(m.t, m.log.Synced(m.env.disk.endSync(node.ErrIO), node.ErrIO))
			m.reboot()
		}
	case 'r': // the process dies and starts again
		m.reboot()
	}
	m.observe()
}

// observe takes down what was promised.
func (m *machine) observe() {
	for _, s := range m.env.sent {
		var p promise
		_, err := fmt.Sscanf(s, "1 {%d %d}", &p.records, &p.file)
		require.NoError(m.t, err)
		m.promised.records = max(m.promised.records, p.records)
		m.promised.file = max(m.promised.file, p.file)
	}
	m.env.sent = nil
	m.promised.records = max(m.promised.records, int(m.log.Durable()))
	if int(m.log.Appended()) != len(m.records) || m.promised.records > len(m.records) {
		require.Fail(m.t, "miscounted", "%d records, of which %d promised; the log says %d appended, %d durable",
			len(m.records), m.promised.records, m.log.Appended(), m.log.Durable())
	}
}

// reboot starts the process again over what the disk shows and compares that
// with what must be there.
func (m *machine) reboot() {
	m.env.disk.syncs = nil
	var found []string
	m.log, found = open(m.t, m.env)
	last := int(m.log.Appended())
	if last < m.promised.records {
		require.Fail(m.t, "a promised record is lost", "%d were promised, found %d: %q", m.promised.records, last, found)
	}
	if last > len(m.records) || !slices.Equal(found, m.records[last-len(found):last]) {
		require.Fail(m.t, "a record was invented", "appended %q, found %q", m.records, found)
	}
	if first := last - len(found); first > 0 && !slices.Contains(m.dropped, first) {
		require.Fail(m.t, "a record is gone that was not dropped, or one is there without those before it", "%d dropped, %d gone", m.dropped, first)
	}
	m.records = m.records[:last]

	content, err := m.log.OpenCopies("file")
	if err != nil {
		require.ErrorIs(m.t, err, fs.ErrNotExist)
		content = []byte("0")
	}
	version, err := strconv.Atoi(string(content))
	require.NoError(m.t, err)
	if version < m.promised.file || version > m.file {
		require.Fail(m.t, "the wrong version", "of the file: %d; written %d, promised %d", version, m.file, m.promised.file)
	}
	m.file = version
}

// crash loses what pick chooses of that which is not durable, and reboots.
func (m *machine) crash(pick func(n int) int) {
	m.env.disk.crash(pick)
	m.reboot()
}

// run makes a machine that has done a script. Its records are all different and
// of the given length.
func run(t require.TestingT, script string, length int) *machine {
	m := newMachine(t)
	m.continueWith(script, length, 'A')
	return m
}

func (m *machine) continueWith(script string, length int, first byte) {
	for i := range len(script) {
		record := make([]byte, length)
		for j := range record {
			record[j] = first + byte(i)
		}
		m.step(script[i], string(record))
	}
}

// scripts returns all scripts of a length.
func scripts(letters string, length int) []string {
	all := []string{""}
	for range length {
		var longer []string
		for _, s := range all {
			for _, letter := range letters {
				longer = append(longer, s+string(letter))
			}
		}
		all = longer
	}
	return all
}

// TestEveryCrash runs every short script, including failed syncs and restarts
// of the process alone, and lets the machine crash in every way.
func TestEveryCrash(t *testing.T) {
	crashes, losses, steps := 0, 0, 5
	if testing.Short() {
		steps = 4
	}
	for _, script := range scripts("afser", steps) {
		everyChoice(func(pick func(n int) int) {
			m := run(t, script, 3)
			before := len(m.records)
			m.crash(pick)
			crashes++
			if len(m.records) < before {
				losses++
			}
		})
	}
	require.Greater(t, crashes, 1_000)
	require.Greater(t, losses, 100, "the crashes did not bite")
}

// TestEveryCrashAmongSegments is for the rest of what a log can do.
func TestEveryCrashAmongSegments(t *testing.T) {
	removals := 0
	for _, script := range scripts("acdws", 3) {
		everyChoice(func(pick func(n int) int) {
			m := run(t, "afscafsa"+script+"fsafs", 3)
			if _, ok := m.env.disk.contents()["log.000001"]; !ok {
				removals++
			}
			m.crash(pick)
			m.continueWith("arf", 3, 'a')
			m.crash(func(int) int { return 0 })
		})
	}
	require.Positive(t, removals, "no segment was ever removed")
}

// TestEveryCrashAfterACrash goes on after a first crash, with records that differ
// from those that it tore, and crashes again.
func TestEveryCrashAfterACrash(t *testing.T) {
	for _, first := range []string{"afsaa", "aa"} {
		everyChoice(func(pick func(n int) int) {
			crashed := run(t, first, 3)
			crashed.crash(pick)
			for _, second := range []string{"", "a", "fsa", "af", "afs", "afas"} {
				everyChoice(func(pick func(n int) int) {
					m := *crashed
					m.env = &fakeEnv{disk: crashed.env.disk.clone()}
					m.records = slices.Clone(crashed.records)
					m.reboot()
					m.continueWith(second, 3, 'a')
					m.crash(pick)
				})
			}
		})
	}
}

// TestLongRunsWithCrashes is for what short scripts do not reach: many records
// of many lengths, and crash upon crash.
func TestLongRunsWithCrashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		for range rapid.IntRange(0, 150).Draw(t, "steps") {
			if letter := "aaaaafffssssrecdwX"[pick(18)]; letter == 'X' {
				m.crash(pick)
			} else {
				m.step(letter, rapid.StringN(0, 40, 60).Draw(t, "record"))
			}
		}
		m.crash(pick)
	})
}
