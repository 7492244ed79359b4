package sim

import "slices"

// file is one file of a disk: as the process sees it, and as the device has it.
type file struct {
	name    string
	content content
	exists  bool
	device  content // what is durable, if it is the beginning of what the process wrote
	durable []byte  // what is durable, if it is not: see own
	owned   bool    // it is not
	onDisk  bool    // its name is durable
	// nameless says that what the process takes for this file is not what its name
	// means on the device: its creation, replacement or removal was lost.
	nameless bool
	settling settling
}

// persist makes a write durable.
func (f *file) persist(p *write) {
	if p.kind == appended {
		switch {
		case f.nameless:
		case !f.owned && p.offset == f.device.size: // the usual case
			f.device = p.content
		default:
			f.overwrite(p.offset, p.data)
		}
		return
	}
	switch p.kind {
	case created, replaced:
		f.onDisk, f.nameless = true, false
		f.hold(p.content)
	case truncated:
		if !f.nameless {
			f.truncate(p.offset)
		}
	case removed:
		f.onDisk, f.nameless = false, false
		f.hold(content{})
	}
	f.settling = settling{first: f.length(), end: f.length()} // nothing was appended behind
}

// hold makes durable what the process wrote.
func (f *file) hold(c content) { f.device, f.durable, f.owned = c, nil, false }

// own gives the durable content a place of its own, where it can be changed. Most
// files never need one: what is appended is never changed, so that the process and
// the device can hold the same bytes.
func (f *file) own() {
	if !f.owned {
		f.durable = slices.Clone(f.device.bytes())
		f.device, f.owned = content{}, true
	}
}

// length is that of the durable content.
func (f *file) length() int {
	if f.owned {
		return len(f.durable)
	}
	return f.device.size
}

// bytes returns the durable content, which must not be changed.
func (f *file) bytes() []byte {
	if f.owned {
		return f.durable
	}
	return f.device.bytes()
}

// truncate cuts the durable content off.
func (f *file) truncate(size int) {
	if f.owned {
		f.durable = f.durable[:min(size, len(f.durable))]
		return
	}
	f.device = f.device.cut(size)
}

// forget loses a write.
func (f *file) forget(p *write) {
	f.own()
	switch p.kind {
	case created, replaced, removed:
		f.nameless = true
	}
}

// overwrite puts bytes into the durable content, after zeros if need be.
func (f *file) overwrite(offset int, data []byte) {
	f.own()
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
