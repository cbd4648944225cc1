package gitpack

import (
	"bytes"
	"encoding/binary"
	"math"
)

// index is an .idx file of version 1 or 2: the IDs of a pack, sorted, with the
// offset of each. Source: git's Documentation/gitformat-pack.txt.
type index struct {
	hash    int // bytes of an ID
	count   int
	fan     []byte // 256 counts of 4 bytes
	ids     []byte // version 2: IDs; version 1: offset and ID
	stride  int    // bytes from one ID to the next
	crcs    []byte // version 2 only: CRC-32 of each entry as packed
	offsets []byte // version 2 only
	large   []byte // version 2 only: offsets of 2 GiB and more
}

// openIndex checks the sizes and the fan-out of an .idx file.
func openIndex(data []byte, format HashFormat) (*index, error) {
	x := &index{hash: format.Size()}
	v2 := len(data) >= 8 && string(data[:4]) == "\xfftOc"
	if v2 {
		if v := binary.BigEndian.Uint32(data[4:]); v != 2 {
			return nil, formatError("index version", v)
		}
		data = data[8:]
	}
	if len(data) < 1024+2*x.hash {
		return nil, corrupt("index of %d bytes is cut short", len(data))
	}
	x.fan, data = data[:1024], data[1024:len(data)-2*x.hash]
	for i := 1; i < 256; i++ {
		if x.fanAt(i) < x.fanAt(i-1) {
			return nil, corrupt("index fan-out decreases at %d", i)
		}
	}
	x.count = x.fanAt(255)
	if !v2 {
		x.stride = 4 + x.hash
		if len(data) < x.count*x.stride {
			return nil, corrupt("index of %d objects is cut short", x.count)
		}
		x.ids = data
		return x, nil
	}
	x.stride = x.hash
	if len(data) < x.count*(x.hash+8) {
		return nil, corrupt("index of %d objects is cut short", x.count)
	}
	x.ids, data = data[:x.count*x.hash], data[x.count*x.hash:]
	x.crcs, data = data[:x.count*4], data[x.count*4:]
	x.offsets, x.large = data[:x.count*4], data[x.count*4:]
	return x, nil
}

func (x *index) fanAt(i int) int { return int(binary.BigEndian.Uint32(x.fan[4*i:])) }

// raw returns the bytes of the ID at a position.
func (x *index) raw(i int) []byte {
	if x.crcs == nil {
		return x.ids[i*x.stride+4 : (i+1)*x.stride]
	}
	return x.ids[i*x.hash : (i+1)*x.hash]
}

func (x *index) id(i int) ID { return newID(x.raw(i)) }

// offset returns where in the pack the object at a position starts, and a
// negative number if the index does not say.
func (x *index) offset(i int) int64 {
	if x.crcs == nil {
		return int64(binary.BigEndian.Uint32(x.ids[i*x.stride:]))
	}
	small := binary.BigEndian.Uint32(x.offsets[4*i:])
	if small&0x80000000 == 0 {
		return int64(small)
	}
	at := int(small&0x7fffffff) * 8
	if at+8 > len(x.large) {
		return -1
	}
	large := binary.BigEndian.Uint64(x.large[at:])
	if large > math.MaxInt64 {
		return -1
	}
	return int64(large)
}

// crc returns the CRC-32 of the object at a position as it is packed.
func (x *index) crc(i int) (uint32, bool) {
	if x.crcs == nil {
		return 0, false
	}
	return binary.BigEndian.Uint32(x.crcs[4*i:]), true
}

// find returns the position of an ID.
func (x *index) find(id []byte) (int, bool) {
	if len(id) != x.hash {
		return 0, false
	}
	low, high := 0, x.fanAt(int(id[0]))
	if id[0] > 0 {
		low = x.fanAt(int(id[0]) - 1)
	}
	for low < high {
		mid := int(uint(low+high) / 2)
		switch c := bytes.Compare(x.raw(mid), id); {
		case c == 0:
			return mid, true
		case c < 0:
			low = mid + 1
		default:
			high = mid
		}
	}
	return 0, false
}
