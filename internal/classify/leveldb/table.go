package leveldb

import (
	"encoding/binary"
	"errors"
	"io"
	"iter"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

const (
	footerSize = 48
	tableMagic = 0xdb4775248b80fb57
	trailer    = 5 // behind each block: how it is packed, and a checksum
)

// IsTable reports whether tail, the last bytes of a file, end a table.
func IsTable(tail []byte) bool {
	return len(tail) >= footerSize && binary.LittleEndian.Uint64(tail[len(tail)-8:]) == tableMagic
}

// handle is where a block stands.
type handle struct{ offset, size uint64 }

func parseHandle(b []byte) (h handle, rest []byte, ok bool) {
	var n, m int
	h.offset, n = binary.Uvarint(b)
	if n <= 0 {
		return h, nil, false
	}
	h.size, m = binary.Uvarint(b[n:])
	if m <= 0 {
		return h, nil, false
	}
	return h, b[n+m:], true
}

// table is a table while it is read.
type table struct {
	window
	decoded int64
	plain   []byte // buffer for unpacked blocks
	zstd    *zstd.Decoder
}

// Table yields the entries of a table of size bytes. A damaged block is yielded
// as an error that wraps [ErrDamaged], and the next one follows; any other error
// ends the walk.
func Table(at io.ReaderAt, size int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		t := &table{window: window{at: at, size: size}}
		defer t.close()
		index, err := t.index()
		if err != nil {
			yield(Entry{}, err)
			return
		}
		var end uint64 // blocks stand in order: one named twice is a trap
		whole := false
		for key, value := range blockEntries(index) {
			if key == nil {
				whole = true
				break
			}
			h, _, ok := parseHandle(value)
			if !ok || h.offset < end {
				if !yield(Entry{}, damaged("index")) {
					return
				}
				continue
			}
			end = h.offset + h.size
			if end < h.offset {
				yield(Entry{}, damaged("index"))
				return
			}
			if !t.block(h, yield) {
				return
			}
		}
		if !whole {
			yield(Entry{}, damaged("index"))
		}
	}
}

// block yields the entries of a data block.
func (t *table) block(h handle, yield func(Entry, error) bool) bool {
	data, err := t.read(h)
	if err != nil {
		return yield(Entry{}, err) && errors.Is(err, ErrDamaged)
	}
	whole := false
	for key, value := range blockEntries(data) {
		if key == nil {
			whole = true
			break
		}
		if len(key) < 8 {
			break
		}
		tag := binary.LittleEndian.Uint64(key[len(key)-8:])
		e := Entry{Key: key[:len(key)-8], Value: value, Sequence: tag >> 8, Deleted: tag&0xff == 0}
		if !yield(e, nil) {
			return false
		}
	}
	return whole || yield(Entry{}, damaged("block"))
}

// index returns the block that says where the data blocks are.
func (t *table) index() ([]byte, error) {
	if t.size < footerSize {
		return nil, damaged("table")
	}
	foot, err := t.bytes(t.size-footerSize, footerSize)
	if err != nil {
		return nil, err
	}
	if !IsTable(foot) {
		return nil, damaged("footer")
	}
	_, rest, ok := parseHandle(foot) // filters, statistics
	if !ok {
		return nil, damaged("footer")
	}
	h, _, ok := parseHandle(rest)
	if !ok {
		return nil, damaged("footer")
	}
	block, err := t.read(h)
	if err != nil {
		return nil, err
	}
	return append([]byte(nil), block...), nil // data blocks come into the same buffer
}

// read returns a block, unpacked. It is good until the next call.
func (t *table) read(h handle) ([]byte, error) {
	end := uint64(t.size)
	if h.size > maxBlock || h.offset > end || h.size+trailer > end-h.offset {
		return nil, damaged("block")
	}
	raw, err := t.bytes(int64(h.offset), int(h.size)+trailer)
	if err != nil {
		return nil, err
	}
	data, err := t.unpack(raw[:h.size], raw[h.size])
	if err != nil {
		return nil, err
	}
	t.decoded += int64(len(data))
	if t.decoded > maxDecoded {
		return nil, errors.New("read a LevelDB table: it unpacks to too much")
	}
	return data, nil
}

func (t *table) unpack(raw []byte, how byte) ([]byte, error) {
	switch how {
	case 0:
		return raw, nil
	case 1:
		n, err := snappy.DecodedLen(raw)
		if err != nil || n > maxBlock || n > 64*len(raw)+64 { // the format gains less
			return nil, damaged("block")
		}
		if t.plain, err = snappy.Decode(t.plain[:cap(t.plain)], raw); err != nil {
			return nil, damaged("block")
		}
		return t.plain, nil
	case 2:
		if t.zstd == nil {
			var err error
			t.zstd, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBlock), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
			if err != nil {
				return nil, err
			}
		}
		var err error
		if t.plain, err = t.zstd.DecodeAll(raw, t.plain[:0]); err != nil {
			return nil, damaged("block")
		}
		return t.plain, nil
	}
	return nil, damaged("block")
}

func (t *table) close() {
	if t.zstd != nil {
		t.zstd.Close()
	}
}

// blockEntries yields the keys and values of a block. At its proper end it
// yields two nils; without them the block is damaged. The key is good until the
// next one.
func blockEntries(b []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		if len(b) < 4 {
			return
		}
		restarts := uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))
		if restarts*4+4 > uint64(len(b)) {
			return
		}
		b = b[:uint64(len(b))-4-restarts*4]
		key := make([]byte, 0, 64)
		for len(b) > 0 {
			var header [3]uint64 // bytes shared with the key before, further bytes, bytes of the value
			for i := range header {
				v, n := binary.Uvarint(b)
				if n <= 0 {
					return
				}
				header[i], b = v, b[n:]
			}
			left := uint64(len(b))
			if header[0] > uint64(len(key)) || header[1] > left || header[2] > left-header[1] {
				return
			}
			key = append(key[:header[0]], b[:header[1]]...)
			if !yield(key, b[header[1]:][:header[2]]) {
				return
			}
			b = b[header[1]+header[2]:]
		}
		yield(nil, nil)
	}
}
