package mq

// partition is a part of a log: records at consecutive offsets.
type partition struct {
	start, end uint64 // offsets from start on, and below end
	first      uint64 // number of list[0]
	list       []*recordSegment
}

// recordSegment is a run of segmentSize offsets.
type recordSegment struct {
	piece
	records [segmentSize]Record
}

func (p *partition) at(offset uint64) *Record {
	return &p.list[offset/segmentSize-p.first].records[offset%segmentSize]
}

func (p *partition) append(r Record) {
	number := p.end / segmentSize
	if len(p.list) == 0 {
		p.first = number
	}
	if number-p.first == uint64(len(p.list)) {
		p.list = append(p.list, &recordSegment{})
	}
	seg := p.list[number-p.first]
	seg.records[p.end%segmentSize] = r
	seg.encoded = nil
	p.end++
}

// trim gives up the records before an offset.
func (p *partition) trim(start uint64) {
	for ; p.start < start; p.start++ {
		*p.at(p.start) = Record{}
		if p.start%segmentSize == segmentSize-1 {
			p.list = p.list[1:]
			p.first++
		}
	}
	if p.start == p.end {
		p.list = nil
	} else {
		p.list[0].encoded = nil
	}
}

// Partition returns the partition for a key, out of a number of partitions: where
// Kafka's producers put it. Equal keys go to the same one, so they keep their order.
func Partition(key string, partitions uint32) uint32 {
	return murmur2(key) & 0x7fffffff % max(partitions, 1)
}

// murmur2 is Austin Appleby's hash function as Kafka has it.
func murmur2(key string) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		k := uint32(key[0]) | uint32(key[1])<<8 | uint32(key[2])<<16 | uint32(key[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h = h*m ^ k
	}
	for i := len(key) - 1; i >= 0; i-- {
		h ^= uint32(key[i]) << (8 * i)
	}
	if len(key) > 0 {
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
