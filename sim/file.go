package sim

import "slices"

// file is one file of a disk: as the process sees it, and as the device has it.
type file struct {
	name    string
	content []byte
	exists  bool
	durable []byte
	shared  bool // durable is the beginning of what the process wrote, and lies where that does: see own
	onDisk  bool // its name is durable
	// nameless says that what the process takes for this file is not what its name
	// means on the device: its creation, replacement or removal was lost.
	nameless bool
	settling settling
}

// persist makes a write durable.
func (f *file) persist(p write) {
	if p.kind == appended {
		switch {
		case f.nameless:
		case f.shared && p.offset == len(f.durable): // the usual case
			f.durable = p.content
		default:
			f.overwrite(p.offset, p.data)
		}
		return
	}
	switch p.kind {
	case created:
		f.onDisk, f.durable, f.shared, f.nameless = true, nil, true, false
	case replaced:
		f.onDisk, f.durable, f.shared, f.nameless = true, p.data, true, false
	case truncated:
		if !f.nameless {
			f.durable = f.durable[:min(p.offset, len(f.durable))]
		}
	case removed:
		f.onDisk, f.durable, f.nameless = false, nil, false
	}
	f.settling = settling{first: len(f.durable), end: len(f.durable)} // nothing was appended behind
}

// own gives the durable content a place of its own, where it can be changed. Most
// files never need one: what is appended is never changed, so that the process and
// the device can hold the same bytes.
func (f *file) own() {
	if f.shared {
		f.durable, f.shared = slices.Clone(f.durable), false
	}
}

// forget loses a write.
func (f *file) forget(p write) {
	f.own()
	switch p.kind {
	case created, replaced, removed:
		f.nameless = true
	}
}

// overwrite puts bytes into the durable content, after zeros if need be.
func (f *file) overwrite(offset int, data []byte) {
	f.own()
	if offset == len(f.durable) {
		f.durable = appendLong(f.durable, data)
		return
	}
	f.extend(offset + len(data))
	copy(f.durable[offset:], data)
}

// extend makes the durable content at least so long, with zeros.
func (f *file) extend(size int) {
	f.own()
	if missing := size - len(f.durable); missing > 0 {
		f.durable = append(f.durable, make([]byte, missing)...)
	}
}

// appendLong is append for what will become long: it doubles the room, where append
// comes to add a quarter of it at a time, and copies everything each time.
func appendLong(content, data []byte) []byte {
	if len(content)+len(data) > cap(content) {
		content = slices.Grow(content, max(len(data), cap(content)))
	}
	return append(content, data...)
}
