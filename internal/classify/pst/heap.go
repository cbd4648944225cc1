package pst

import (
	"encoding/binary"
)

// data is the content of a node: a list of blocks, one after the other.
type data struct {
	store  *Store
	blocks []uint64
	kept   map[int][]byte
}

// open reads which blocks a node has.
func (s *Store) open(id uint64) (*data, error) {
	d := &data{store: s, kept: map[int][]byte{}}
	return d, d.list(id, 3)
}

// list appends the blocks that a block stands for: itself, or a list of blocks,
// or a list of such lists.
func (d *data) list(id uint64, depth int) error {
	if depth == 0 || len(d.blocks) >= maxBlocks {
		return ErrDamaged
	}
	if id&2 == 0 {
		d.blocks = append(d.blocks, id)
		return nil
	}
	b, err := d.store.block(id)
	if err != nil {
		return err
	}
	if len(b) < 8 || b[0] != 1 {
		return ErrDamaged
	}
	count, w := int(binary.LittleEndian.Uint16(b[2:])), d.store.l.word
	for b = b[8:]; count > 0 && len(b) >= w; b = b[w:] {
		if err := d.list(d.store.number(b), depth-1); err != nil {
			return err
		}
		count--
	}
	return nil
}

// block returns one of the blocks.
func (d *data) block(i int) ([]byte, error) {
	const most = 256
	if i < 0 || i >= len(d.blocks) {
		return nil, ErrDamaged
	}
	if b, ok := d.kept[i]; ok {
		return b, nil
	}
	b, err := d.store.block(d.blocks[i])
	if err != nil {
		return nil, err
	}
	if len(d.kept) >= most {
		clear(d.kept)
	}
	d.kept[i] = b
	return b, nil
}

// heap is a node whose blocks hold items, and the nodes below it, which hold
// those that are too large.
type heap struct {
	*data
	kind byte
	root uint32
	sub  map[uint32]uint64 // blocks of the nodes below, by id
}

func (s *Store) heap(content, sub uint64) (*heap, error) {
	d, err := s.open(content)
	if err != nil {
		return nil, err
	}
	first, err := d.block(0)
	if err != nil {
		return nil, err
	}
	if len(first) < 12 || first[2] != 0xec {
		return nil, ErrDamaged
	}
	h := &heap{data: d, kind: first[3], root: binary.LittleEndian.Uint32(first[4:]), sub: map[uint32]uint64{}}
	if sub != 0 {
		err = h.below(sub, 2)
	}
	return h, err
}

// below reads the list of nodes below, or a list of such lists.
func (h *heap) below(id uint64, depth int) error {
	b, err := h.store.block(id | 2)
	if err != nil {
		return err
	}
	w := h.store.l.word
	header := 8
	if w == 4 {
		header = 4
	}
	if len(b) < header || b[0] != 2 || depth == 0 {
		return ErrDamaged
	}
	level, count := b[1], int(binary.LittleEndian.Uint16(b[2:]))
	size := 3 * w
	if level > 0 {
		size = 2 * w
	}
	for b = b[header:]; count > 0 && len(b) >= size; b = b[size:] {
		count--
		if level > 0 {
			if err := h.below(h.store.number(b[w:]), depth-1); err != nil {
				return err
			}
			continue
		}
		if len(h.sub) >= maxBlocks {
			return ErrDamaged
		}
		h.sub[binary.LittleEndian.Uint32(b)] = h.store.number(b[w:])
	}
	return nil
}

// item returns an item of the heap.
func (h *heap) item(id uint32) ([]byte, error) {
	bits := h.store.l.indexBits
	index := int(id >> 5 & (1<<bits - 1))
	b, err := h.block(int(id >> (5 + bits)))
	if err != nil {
		return nil, err
	}
	if len(b) < 2 || index == 0 {
		return nil, ErrDamaged
	}
	table := int(binary.LittleEndian.Uint16(b))
	if table+4+2*index+2 > len(b) {
		return nil, ErrDamaged
	}
	if index > int(binary.LittleEndian.Uint16(b[table:])) {
		return nil, ErrDamaged
	}
	at := b[table+4+2*(index-1):]
	from, to := int(binary.LittleEndian.Uint16(at)), int(binary.LittleEndian.Uint16(at[2:]))
	if from > to || to > len(b) {
		return nil, ErrDamaged
	}
	return b[from:to], nil
}

// value returns what an id stands for: an item, or the first block of a node
// below.
func (h *heap) value(id uint32) ([]byte, error) {
	if id == 0 {
		return nil, nil
	}
	if id&0x1f == 0 {
		return h.item(id)
	}
	block, ok := h.sub[id]
	if !ok {
		return nil, ErrDamaged
	}
	d, err := h.store.open(block)
	if err != nil {
		return nil, err
	}
	return d.block(0)
}
