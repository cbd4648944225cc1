package sqlite

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Integer
	Real
	Text
	Blob
)

// Value is one value of a row. Bytes are good until the next row.
type Value struct {
	Kind    Kind
	Integer int64
	Real    float64
	Bytes   []byte // of Text and Blob; text as the database stores it
	Cut     bool   // Bytes are not all, since all would be long
}

// Row is a row of a table: the values of the columns asked for.
type Row []Value

// maxValue is how many bytes of a value are read.
const maxValue = 64 << 10

// text returns text in UTF-8.
func (db *DB) text(b []byte) string {
	if db.encoding == 1 {
		return string(b)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		if db.encoding == 2 {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		} else {
			units[i] = binary.BigEndian.Uint16(b[2*i:])
		}
	}
	return string(utf16.Decode(units))
}

// String returns the text of a value in UTF-8; empty if it is none.
func (db *DB) String(v Value) string {
	if v.Kind != Text {
		return ""
	}
	return db.text(v.Bytes)
}

// varint reads a number of one to nine bytes, big endian.
func varint(b []byte) (v uint64, n int) {
	for i, c := range b {
		if i == 8 {
			return v<<8 | uint64(c), 9
		}
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// payload is the content of a cell: a part in the page, the rest in a chain of
// pages of its own.
type payload struct {
	size  uint64
	local []byte
	next  uint32
}

// record reads the wanted columns of a record into row.
func (db *DB) record(p payload, wanted []int, row Row) error {
	clear(row)
	headerSize, n := varint(p.local)
	if n == 0 || headerSize < uint64(n) || headerSize > uint64(len(p.local)) {
		return ErrDamaged // a header that is not in its page has thousands of columns
	}
	header := p.local[n:headerSize]
	at := headerSize
	for column := 0; len(header) > 0 && column < maxColumns; column++ {
		kind, n := varint(header)
		if n == 0 {
			return ErrDamaged
		}
		header = header[n:]
		size := serialSize(kind)
		for i, w := range wanted {
			if w == column {
				v, err := db.value(p, kind, at)
				if err != nil {
					return err
				}
				row[i] = v
			}
		}
		if at += size; at < size {
			return ErrDamaged
		}
	}
	return nil
}

// serialSize returns how many bytes a value of a serial type has.
func serialSize(kind uint64) uint64 {
	switch {
	case kind <= 4:
		return kind
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	case kind < 12:
		return 0
	}
	return (kind - 12) / 2
}

// value reads the value of a serial type that stands at an offset of a payload.
func (db *DB) value(p payload, kind, at uint64) (Value, error) {
	switch kind {
	case 0, 10, 11:
		return Value{}, nil
	case 8, 9:
		return Value{Kind: Integer, Integer: int64(kind - 8)}, nil
	}
	size := serialSize(kind)
	if size > p.size || at > p.size-size {
		return Value{}, ErrDamaged
	}
	b, err := db.slice(p, at, min(size, maxValue))
	if err != nil {
		return Value{}, err
	}
	switch {
	case kind == 7:
		return Value{Kind: Real, Real: math.Float64frombits(binary.BigEndian.Uint64(b))}, nil
	case kind < 7:
		n := int64(int8(b[0]))
		for _, c := range b[1:] {
			n = n<<8 | int64(c)
		}
		return Value{Kind: Integer, Integer: n}, nil
	}
	v := Value{Kind: Blob, Bytes: b, Cut: size > uint64(len(b))}
	if kind%2 == 1 {
		v.Kind = Text
	}
	return v, nil
}

// slice returns size bytes at an offset of a payload. Those in other pages are
// read from there, and the bytes are then a copy.
func (db *DB) slice(p payload, at, size uint64) ([]byte, error) {
	local := uint64(len(p.local))
	if at+size <= local {
		return p.local[at : at+size], nil
	}
	out := make([]byte, 0, size)
	if at < local {
		out = append(out, p.local[at:]...)
	}
	skip := max(at, local) - local
	each := uint64(db.usable - 4)
	if skip/each > 1<<10 {
		return nil, ErrLarge // behind a megabyte of something else
	}
	if db.chained += int64(skip/each) + 1; db.chained > 8*int64(db.pages)+4096 {
		return nil, ErrDamaged // chains that share their pages
	}
	one := make([]byte, db.pageSize)
	for next := p.next; uint64(len(out)) < size; {
		if next == 0 || next > db.pages {
			return nil, ErrDamaged
		}
		if err := db.apart(next, one); err != nil {
			return nil, err
		}
		next = binary.BigEndian.Uint32(one)
		if skip >= each {
			skip -= each
			continue
		}
		part := one[4+skip : 4+each]
		skip = 0
		out = append(out, part[:min(uint64(len(part)), size-uint64(len(out)))]...)
	}
	return out, nil
}
