package leveldb

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"iter"
)

const (
	logBlock  = 32 << 10
	logHeader = 7
	castMask  = 0xa282ead8 // added to checksums, so that one of a checksum differs
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// IsLog reports whether head, the first bytes of a file, begin a log: the first
// record fits its block and begins a batch of a plausible size. If all of the
// record is there its checksum must be right.
func IsLog(head []byte) bool {
	if len(head) < logHeader+12 {
		return false
	}
	length := int(binary.LittleEndian.Uint16(head[4:]))
	kind := head[6]
	count := binary.LittleEndian.Uint32(head[logHeader+8:])
	if kind != 1 && kind != 2 || length < 12 || length > logBlock-logHeader || count == 0 || count > 1<<24 {
		return false
	}
	if len(head) < logHeader+length {
		return head[logHeader+7] == 0 // sequence numbers have 56 bits
	}
	return checked(head, head[6:logHeader+length])
}

// checked compares the checksum in front of a record with that of what follows.
func checked(header, rest []byte) bool {
	sum := crc32.Checksum(rest, castagnoli)
	return binary.LittleEndian.Uint32(header) == (sum>>15|sum<<17)+castMask
}

// Log yields the entries of a log of size bytes, oldest first. A damaged record
// is yielded as an error that wraps [ErrDamaged], and the next one follows; any
// other error ends the walk.
func Log(at io.ReaderAt, size int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for record, err := range logRecords(at, size) {
			if err != nil {
				if !yield(Entry{}, err) {
					return
				}
			}
			if record != nil && !batch(record, yield) {
				return
			}
		}
	}
}

// logRecords yields the records of a log, put together from their fragments.
func logRecords(at io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		l := &logReader{window: window{at: at, size: size}}
		for off := int64(0); off < size; off += logBlock {
			if !l.block(off, yield) {
				return
			}
		}
		if l.open {
			yield(nil, damaged("log"))
		}
	}
}

type logReader struct {
	window
	record []byte // the fragments so far
	open   bool   // more fragments follow
}

// block reads the records of the block at off.
func (l *logReader) block(off int64, yield func([]byte, error) bool) bool {
	b, err := l.bytes(off, int(min(logBlock, l.size-off)))
	if err != nil {
		yield(nil, err)
		return false
	}
	for len(b) >= logHeader {
		length := int(binary.LittleEndian.Uint16(b[4:]))
		kind := b[6]
		if kind == 0 && length == 0 {
			return true // the file was made longer beforehand
		}
		if length > len(b)-logHeader || !checked(b, b[6:logHeader+length]) {
			l.open = false
			return yield(nil, damaged("log"))
		}
		record, err := l.fragment(kind, b[logHeader:][:length])
		if (record != nil || err != nil) && !yield(record, err) {
			return false
		}
		b = b[logHeader+length:]
	}
	return true
}

// fragment adds a fragment and returns the record that it completes, if it does.
func (l *logReader) fragment(kind byte, part []byte) ([]byte, error) {
	const full, first, middle, last = 1, 2, 3, 4
	wasOpen := l.open
	switch {
	case kind == full:
		l.open = false
		return part, broken(wasOpen)
	case kind == first:
		l.open = true
		l.record = append(l.record[:0], part...)
		return nil, broken(wasOpen)
	case (kind == middle || kind == last) && wasOpen:
		if len(l.record)+len(part) > maxBlock {
			l.open = false
			return nil, errors.New("read a LevelDB log: a record is too long")
		}
		l.record = append(l.record, part...)
		if l.open = kind == middle; l.open {
			return nil, nil
		}
		return l.record, nil
	}
	l.open = false
	return nil, damaged("log")
}

// broken tells of a record that another one cut short.
func broken(wasOpen bool) error {
	if wasOpen {
		return damaged("log")
	}
	return nil
}

// batch yields the changes that one record makes.
func batch(b []byte, yield func(Entry, error) bool) bool {
	if len(b) < 12 {
		return yield(Entry{}, damaged("batch"))
	}
	sequence, count := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])
	b = b[12:]
	for range count {
		if len(b) == 0 || b[0] > 1 {
			return yield(Entry{}, damaged("batch"))
		}
		e := Entry{Sequence: sequence, Deleted: b[0] == 0}
		sequence++
		var ok bool
		if e.Key, b, ok = prefixed(b[1:]); ok && !e.Deleted {
			e.Value, b, ok = prefixed(b)
		}
		if !ok {
			return yield(Entry{}, damaged("batch"))
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}
