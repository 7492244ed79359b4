package sim

import (
	"bytes"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// maxSectors is more than the files of any test here have.
const maxSectors = 32

// diskModel is a disk by the book: the four rules that the comment on type disk
// gives, with no thought for speed. A creation is a change of its own.
type diskModel struct {
	sectorSize int
	durable    map[string][]byte // nil: there is no such file
	pending    []modelWrite
	syncs      []int // how many of the pending changes each sync covers
}

type modelWrite struct {
	diskOp
	offset int
}

func (m *diskModel) write(op diskOp) {
	content := m.visible(op.name)
	if op.kind == appended && content == nil {
		m.pending = append(m.pending, modelWrite{diskOp{kind: created, name: op.name}, 0})
	}
	if op.kind == truncated && op.size >= len(content) {
		return
	}
	m.pending = append(m.pending, modelWrite{op, len(content)})
}

// visible returns what the process sees: everything that was written.
func (m *diskModel) visible(name string) []byte {
	return m.survivor(name, len(m.pending), nil)
}

func (m *diskModel) endSync() {
	if len(m.syncs) == 0 {
		return
	}
	covers := m.syncs[0]
	whole := diskModel{sectorSize: m.sectorSize, durable: m.durable, pending: m.pending[:covers]}
	m.durable = map[string][]byte{"f": whole.visible("f"), "g": whole.visible("g")}
	m.pending = slices.Clone(m.pending[covers:])
	m.syncs = m.syncs[1:]
	for i := range m.syncs {
		m.syncs[i] -= covers
	}
}

// survivor returns what is left of a file if the first changes of the journal
// survive, so many, and of each sector the first appends, so many; nil stands for
// all of them.
func (m *diskModel) survivor(name string, journal int, sectors []int) []byte {
	content := slices.Clone(m.durable[name])
	named := true
	var appends [maxSectors]int
	for _, p := range m.pending {
		survives := journal > 0
		if p.kind != appended {
			journal--
		}
		switch {
		case p.name != name:
		case p.kind == appended && named:
			for i, b := range p.data() {
				at := p.offset + i
				s := at / m.sectorSize
				if i == 0 || at%m.sectorSize == 0 {
					appends[s]++
				}
				if sectors != nil && appends[s] > sectors[s] {
					continue
				}
				if at >= len(content) {
					content = append(content, make([]byte, at+1-len(content))...)
				}
				content[at] = b
			}
		case p.kind == appended:
		case !survives:
			named = named && p.kind == truncated
		case p.kind == truncated:
			content = content[:min(p.size, len(content))]
		case p.kind == removed:
			content = nil
		default:
			content = append([]byte{}, p.data()...)
		}
	}
	return content
}

// crash requires that what is on the disk can be explained, and goes on from
// there.
func (m *diskModel) crash(t *rapid.T, d *disk) {
	left := map[string][]byte{}
	for _, name := range []string{"f", "g"} {
		if content, err := d.Read(name); err == nil {
			left[name] = append([]byte{}, content...)
		}
	}
	if !m.explains(left) {
		require.Fail(t, "not explained", "durable %q\npending %v\nleft %s", m.durable, m.pending, shown(t, d))
	}
	m.durable, m.pending, m.syncs = left, nil, nil
}

// explains tries all numbers of changes of the journal; given that, the files are
// independent of each other.
func (m *diskModel) explains(left map[string][]byte) bool {
	for journal := range len(m.pending) + 1 {
		if m.explainsFile("f", left["f"], journal) && m.explainsFile("g", left["g"], journal) {
			return true
		}
	}
	return false
}

// explainsFile tries all numbers of appends in each of the sectors.
func (m *diskModel) explainsFile(name string, left []byte, journal int) bool {
	var most [3]int // appends in each sector
	for _, p := range m.pending {
		if p.kind == appended && p.name == name && p.size > 0 {
			for s := p.offset / m.sectorSize; s <= (p.offset+p.size-1)/m.sectorSize; s++ {
				most[s]++
			}
		}
	}
	for a := range most[0] + 1 {
		for b := range most[1] + 1 {
			for c := range most[2] + 1 {
				found := m.survivor(name, journal, []int{a, b, c})
				if (found == nil) == (left == nil) && bytes.Equal(found, left) {
					return true
				}
			}
		}
	}
	return false
}
