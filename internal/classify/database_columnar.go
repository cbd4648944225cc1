package classify

import (
	"bytes"
	"encoding/binary"

	"github.com/overgrant/overgrant"
)

// readParquet reads the number of rows and the names of columns from the footer.
// Source: apache/parquet-format, parquet.thrift, and the compact protocol of
// Thrift.
func readParquet(m *meter, _ []byte, f *overgrant.Find) error {
	const longest = 64 << 20
	if m.p.Size < 12 {
		return errDamaged
	}
	tail, err := m.window(m.p.Size-8, 8)
	if err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != "PAR1" || size > m.p.Size-12 || size > longest {
		return errDamaged
	}
	foot, err := m.window(m.p.Size-8-size, int(size))
	if err != nil {
		return err
	}
	t := &thrift{b: foot}
	var kinds columnKinds
	t.structure(func(id int16, kind byte) bool {
		switch {
		case id == 2 && kind == thriftList: // the schema
			t.list(func(kind byte) {
				if kind != thriftStruct {
					t.bad = true
					return
				}
				t.structure(func(id int16, kind byte) bool {
					if id != 4 || kind != thriftBinary {
						return false
					}
					kinds |= columnKind(t.binary())
					return true
				}, thriftDepth)
			})
			return true
		case id == 3 && kind == thriftI64:
			f.Count = max(t.zigzag(), 0)
			return true
		}
		return f.Count > 0 // the rest says where things are
	}, thriftDepth)
	f.Hint += kinds.String()
	if t.bad && f.Count == 0 {
		return errDamaged
	}
	return nil
}

// Kinds of fields of the compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
	thriftDepth  = 32
)

// thrift reads the compact protocol as far as it is needed.
type thrift struct {
	b   []byte
	bad bool
}

func (t *thrift) byte() byte {
	if len(t.b) == 0 {
		t.bad = true
		return 0
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c
}

func (t *thrift) varint() uint64 {
	v, n := binary.Uvarint(t.b)
	if n <= 0 {
		t.bad = true
		return 0
	}
	t.b = t.b[n:]
	return v
}

func (t *thrift) zigzag() int64 {
	v := t.varint()
	return int64(v>>1) ^ -int64(v&1)
}

func (t *thrift) binary() []byte {
	n := t.varint()
	if n > uint64(len(t.b)) {
		t.bad = true
		return nil
	}
	b := t.b[:n]
	t.b = t.b[n:]
	return b
}

// structure calls field for each field; those that it does not read are skipped.
func (t *thrift) structure(field func(id int16, kind byte) bool, depth int) {
	var id int16
	for !t.bad {
		head := t.byte()
		kind := head & 15
		if kind == 0 {
			return
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			id = int16(t.zigzag())
		}
		if !field(id, kind) {
			t.skip(kind, depth-1)
		}
	}
}

// list calls item for each item of a list, which must read it.
func (t *thrift) list(item func(kind byte)) {
	head := t.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = t.varint()
	}
	for ; n > 0 && !t.bad; n-- {
		if len(t.b) == 0 {
			t.bad = true
			return
		}
		item(head & 15)
	}
}

func (t *thrift) skip(kind byte, depth int) {
	if depth <= 0 {
		t.bad = true
	}
	if t.bad {
		return
	}
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		t.byte()
	case 4, 5, thriftI64:
		t.varint()
	case thriftDouble:
		for range 8 {
			t.byte()
		}
	case thriftBinary:
		t.binary()
	case thriftList, thriftSet:
		t.list(func(kind byte) {
			if kind == thriftTrue || kind == thriftFalse {
				t.byte() // in lists a truth has a byte of its own
				return
			}
			t.skip(kind, depth-1)
		})
	case thriftMap:
		n := t.varint()
		if n == 0 {
			return
		}
		kinds := t.byte()
		for ; n > 0 && !t.bad && len(t.b) > 0; n-- {
			t.skip(kinds>>4, depth-1)
			t.skip(kinds&15, depth-1)
		}
	case thriftStruct:
		t.structure(func(int16, byte) bool { return false }, depth)
	default:
		t.bad = true
	}
}

// readAvro counts the objects of each block, and looks at the names in the
// schema. Source: Apache Avro specification, "Object Container Files".
func readAvro(m *meter, head []byte, f *overgrant.Find) error {
	b := head
	if m.p.Size > int64(len(head)) {
		var err error
		if b, err = m.window(0, int(min(m.p.Size, 1<<20))); err != nil {
			return err
		}
	}
	start := len(b)
	kinds, rest, ok := avroHeader(b[4:])
	if !ok || len(rest) < 16 {
		return errDamaged
	}
	f.Hint += kinds.String()
	sync := bytes.Clone(rest[:16])
	for off := int64(start - len(rest) + 16); off < m.p.Size; {
		b, err := m.window(off, int(min(20, m.p.Size-off)))
		if err != nil {
			return err
		}
		count, n := binary.Varint(b)
		if n <= 0 || count < 0 || count > 1<<40 {
			return errDamaged
		}
		size, k := binary.Varint(b[n:])
		end := off + int64(n+k) + size
		if k <= 0 || size < 0 || end > m.p.Size-16 || end < off {
			return errDamaged
		}
		mark, err := m.window(end, 16)
		if err != nil {
			return err
		}
		if !bytes.Equal(mark, sync) {
			return errDamaged
		}
		f.Count += count
		off = end + 16
	}
	return nil
}

// avroHeader reads the map at the beginning.
func avroHeader(b []byte) (kinds columnKinds, rest []byte, ok bool) {
	text := func() []byte {
		n, k := binary.Varint(b)
		if k <= 0 || n < 0 || n > int64(len(b)-k) {
			b, ok = nil, false
			return nil
		}
		s := b[k:][:n]
		b = b[k+int(n):]
		return s
	}
	for ok = true; ok; {
		count, k := binary.Varint(b)
		if k <= 0 {
			return kinds, nil, false
		}
		if b = b[k:]; count == 0 {
			return kinds, b, true
		}
		if count < 0 { // then the size in bytes follows
			count = -count
			if _, k = binary.Varint(b); k <= 0 {
				return kinds, nil, false
			}
			b = b[k:]
		}
		for ; count > 0 && ok; count-- {
			name, value := text(), text()
			if string(name) == "avro.schema" {
				for _, part := range bytes.Split(value, []byte(`"name"`)) {
					if words := bytes.SplitN(part, []byte(`"`), 3); len(words) > 2 {
						kinds |= columnKind(words[1])
					}
				}
			}
		}
	}
	return kinds, nil, false
}
