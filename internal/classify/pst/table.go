package pst

import (
	"encoding/binary"
	"iter"
)

// table is a table of messages: rows of a fixed size with columns, of which
// those of varying length are items of a heap.
type table struct {
	*heap
	columns map[uint16]column // by property
	rowSize int
	exists  int // where in a row stands which of its columns are there
	rows    uint32
}

type column struct {
	kind   uint16
	offset int
	size   int
	bit    int
}

// Kinds of properties.
const (
	text8  = 0x1e
	text16 = 0x1f
)

const tableHeap = 0x7c

func (s *Store) table(content, sub uint64) (*table, error) {
	h, err := s.heap(content, sub)
	if err != nil {
		return nil, err
	}
	if h.kind != tableHeap {
		return nil, ErrDamaged
	}
	info, err := h.item(h.root)
	if err != nil {
		return nil, err
	}
	if len(info) < 22 || info[0] != tableHeap {
		return nil, ErrDamaged
	}
	t := &table{
		heap: h, columns: map[uint16]column{},
		exists:  int(binary.LittleEndian.Uint16(info[6:])),
		rowSize: int(binary.LittleEndian.Uint16(info[8:])),
		rows:    binary.LittleEndian.Uint32(info[14:]),
	}
	if t.rowSize == 0 || t.exists > t.rowSize {
		return nil, ErrDamaged
	}
	count := int(info[1])
	for b := info[22:]; count > 0 && len(b) >= 8; b = b[8:] {
		count--
		c := column{kind: binary.LittleEndian.Uint16(b), offset: int(binary.LittleEndian.Uint16(b[4:])), size: int(b[6]), bit: int(b[7])}
		if c.offset+c.size <= t.rowSize {
			t.columns[binary.LittleEndian.Uint16(b[2:])] = c
		}
	}
	return t, nil
}

// each yields the rows.
func (t *table) each() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if t.rows == 0 {
			return
		}
		if t.rows&0x1f == 0 {
			b, err := t.item(t.rows)
			if err != nil {
				yield(nil, err)
				return
			}
			t.cut(b, yield)
			return
		}
		block, ok := t.sub[t.rows]
		if !ok {
			yield(nil, ErrDamaged)
			return
		}
		d, err := t.store.open(block)
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range d.blocks { // no row stands in two blocks
			b, err := d.block(i)
			if err != nil {
				yield(nil, err)
				return
			}
			if !t.cut(b, yield) {
				return
			}
		}
	}
}

func (t *table) cut(b []byte, yield func([]byte, error) bool) bool {
	for ; len(b) >= t.rowSize; b = b[t.rowSize:] {
		if !yield(b[:t.rowSize], nil) {
			return false
		}
	}
	return true
}

// text returns a text of a row, in UTF-16 if wide; empty if it has none.
func (t *table) text(row []byte, property uint16) (b []byte, wide bool, err error) {
	c, ok := t.columns[property]
	if !ok || c.kind != text8 && c.kind != text16 || c.size != 4 {
		return nil, false, nil
	}
	at := t.exists + c.bit/8
	if at >= len(row) || row[at]&(0x80>>(c.bit%8)) == 0 {
		return nil, false, nil
	}
	b, err = t.value(binary.LittleEndian.Uint32(row[c.offset:]))
	return b, c.kind == text16, err
}
