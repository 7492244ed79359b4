package sim

import "slices"

// content is a sequence of bytes that only ever grows at its end: what is there never
// changes, so that copies share its memory. Of the copies only the newest may be
// appended to. It lies in blocks, since a file that becomes long would otherwise have
// to be copied each time its room is used up.
type content struct {
	blocks [][]byte // the last may be longer than it counts for: see size
	size   int
}

// maxBlock is how much room a block has at most, but for what has to be longer.
const maxBlock = 64 << 10

// contentOf makes a content of bytes that never change.
func contentOf(b []byte) content {
	if len(b) == 0 {
		return content{}
	}
	return content{[][]byte{slices.Clip(b)}, len(b)}
}

// append returns the content with data behind it, and the place of the data in it,
// which is in one block.
func (c content) append(data []byte) (_ content, placed []byte) {
	if len(data) == 0 {
		return c, nil // so that no block is empty
	}
	last := len(c.blocks) - 1
	if last < 0 || len(data) > cap(c.blocks[last])-len(c.blocks[last]) {
		// As much room as there was so far: most files stay short.
		c.blocks = append(c.blocks, make([]byte, 0, max(len(data), min(c.size, maxBlock), 512)))
		last++
	}
	begin := len(c.blocks[last])
	c.blocks[last] = append(c.blocks[last], data...)
	c.size += len(data)
	return c, c.blocks[last][begin:]
}

// cut returns so many of the first bytes of the content, or all that there are.
func (c content) cut(size int) content {
	size = min(size, c.size)
	short := content{}
	for _, b := range c.blocks {
		b = b[:min(len(b), size-short.size)]
		if len(b) == 0 {
			break
		}
		short.blocks = append(short.blocks, slices.Clip(b))
		short.size += len(b)
	}
	return short
}

// bytes returns all bytes, which must not be changed. It shares the memory of the block
// if there is only one.
func (c content) bytes() []byte {
	switch blocks := c.cut(c.size).blocks; len(blocks) {
	case 0:
		return []byte{}
	case 1:
		return blocks[0]
	default:
		return slices.Concat(blocks...)
	}
}
