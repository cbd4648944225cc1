package hdf5

import "fmt"

// fractal is a fractal heap. Source: III.G.
type fractal struct {
	f         *reader
	idLen     int
	flags     uint64
	width     uint64 // blocks in a row
	first     uint64 // bytes of a block in the first two rows
	maxDirect uint64
	bits      uint64 // of an offset
	root      int64
	rows      uint64 // of the root; 0 means that it is a direct block
	header    int64
	lenBytes  int
	tree      int64            // of objects too large for the heap
	huge      map[uint64]place // those objects by their numbers; nil until read
}

// place is where an object lies.
type place struct {
	at int64
	n  uint64
}

func (f *reader) fractal(at int64) (*fractal, error) {
	b, err := f.bytes(at, 22+12*f.l+3*f.o)
	if err != nil {
		return nil, err
	}
	if string(b[:4]) != "FRHP" {
		return nil, fmt.Errorf("%w: fractal heap at %d", ErrBroken, at)
	}
	c := &cursor{b: b, f: f, at: 5}
	h := &fractal{f: f, header: at}
	h.idLen = int(c.num(2))
	if filters := c.num(2); filters != 0 {
		return nil, fmt.Errorf("%w: a filtered heap", ErrUnknown)
	}
	h.flags = c.num(1)
	maxObject := c.num(4)
	c.skip(f.l)
	h.tree = c.addr()
	c.skip(f.l + f.o + 8*f.l)
	h.width, h.first, h.maxDirect = c.num(2), c.num(f.l), c.num(f.l)
	h.bits = c.num(2)
	c.skip(2)
	h.root, h.rows = c.addr(), c.num(2)
	if c.bad || h.width == 0 || h.width > 1024 || h.first == 0 || h.first > 1<<32 || h.maxDirect > 1<<32 || h.bits == 0 || h.bits > 64 || h.rows > 64 {
		return nil, fmt.Errorf("%w: fractal heap at %d", ErrBroken, at)
	}
	n := min(h.maxDirect, maxObject)
	for h.lenBytes = 1; n>>(8*h.lenBytes) > 0; h.lenBytes++ {
	}
	return h, nil
}

// dense calls visit for every object of a heap that a tree names.
func (f *reader) dense(heapAt, tree int64, visit func(body []byte, at int64) error) error {
	h, err := f.fractal(heapAt)
	if err != nil {
		return err
	}
	return f.records(tree, func(kind int, record []byte) error {
		skip := map[int]int{5: 4, 6: 8, 8: 0, 9: 0}
		n, ok := skip[kind]
		if !ok || len(record) < n {
			return fmt.Errorf("%w: a tree of kind %d", ErrUnknown, kind)
		}
		if (kind == 8 || kind == 9) && len(record) > h.idLen && record[h.idLen]&2 != 0 {
			body, err := f.sharedObject(record)
			if err != nil {
				return err
			}
			return visit(body, 0)
		}
		body, at, err := h.object(record[n:])
		if err != nil {
			return err
		}
		return visit(body, at)
	})
}

// object reads the object with an identifier.
func (h *fractal) object(id []byte) ([]byte, int64, error) {
	if len(id) < h.idLen || h.idLen < 2 {
		return nil, 0, ErrBroken
	}
	c := &cursor{b: id[:h.idLen], f: h.f}
	switch kind := c.num(1) >> 4 & 3; kind {
	case 2: // the object lies in its identifier
		return id[1:min(h.idLen, 2+int(id[0]&15))], 0, nil
	case 0:
		off, n := c.num(int((h.bits+7)/8)), c.num(min(h.lenBytes, 8))
		if c.bad || n > maxMessage {
			return nil, 0, ErrBroken
		}
		at, err := h.place(off)
		if err != nil {
			return nil, 0, err
		}
		b, err := h.f.bytes(at, int(n))
		return b, at, err
	case 1:
		return h.hugeObject(c.num(min(h.idLen-1, h.f.l, 8)))
	default:
		return nil, 0, fmt.Errorf("%w: an object of kind %d", ErrUnknown, kind)
	}
}

// hugeObject finds an object that lies outside the heap by its number.
func (h *fractal) hugeObject(id uint64) ([]byte, int64, error) {
	if h.huge == nil {
		h.huge = map[uint64]place{}
		err := h.f.records(h.tree, func(kind int, record []byte) error {
			if kind != 1 || len(h.huge) > maxMessages {
				return fmt.Errorf("%w: a tree of kind %d", ErrUnknown, kind)
			}
			c := &cursor{b: record, f: h.f}
			p := place{c.addr(), c.num(h.f.l)}
			h.huge[c.num(h.f.l)] = p
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	p, ok := h.huge[id]
	if !ok || p.n > maxText {
		return nil, 0, ErrBroken
	}
	b, err := h.f.bytes(p.at, int(p.n))
	return b, p.at, err
}

// row tells the size of the blocks of a row.
func (h *fractal) row(n uint64) uint64 {
	if n < 2 {
		return h.first
	}
	return h.first << min(n-1, 40)
}

// place finds the address of an offset by walking the doubling table.
func (h *fractal) place(off uint64) (int64, error) {
	block, rows, base := h.root, h.rows, uint64(0)
	for range 64 {
		if rows == 0 {
			if block < 0 {
				return 0, ErrBroken
			}
			return block + int64(off-base), nil
		}
		row, start := uint64(0), base
		for ; row < rows; row++ {
			if size := h.width * h.row(row); off-start < size {
				break
			} else {
				start += size
			}
		}
		if row == rows {
			return 0, ErrBroken
		}
		col := (off - start) / h.row(row)
		base = start + col*h.row(row)
		at := block + int64(5+h.f.o+int((h.bits+7)/8)) + int64((row*h.width+col)*uint64(h.f.o))
		b, err := h.f.bytes(at, h.f.o)
		if err != nil {
			return 0, err
		}
		size := h.row(row)
		block = (&cursor{b: b, f: h.f}).addr()
		rows = 0
		if size > h.maxDirect {
			for s := h.first * h.width; s < size; s <<= 1 {
				rows++
			}
			rows++
		}
	}
	return 0, ErrBroken
}

// records calls visit for every record of a tree of version 2. Source: III.A.2.
func (f *reader) records(at int64, visit func(kind int, record []byte) error) error {
	b, err := f.bytes(at, 18+f.o+f.l)
	if err != nil {
		return err
	}
	if string(b[:4]) != "BTHD" {
		return fmt.Errorf("%w: tree at %d", ErrBroken, at)
	}
	c := &cursor{b: b, f: f, at: 5}
	t := &tree2{f: f, visit: visit, kind: int(c.num(1)), node: int(c.num(4)), record: int(c.num(2))}
	depth := int(c.num(2))
	c.skip(2)
	root, n := c.addr(), int(c.num(2))
	if root < 0 {
		return nil
	}
	if t.record == 0 || t.node <= 10 || t.node > maxText || depth > 16 {
		return ErrBroken
	}
	return t.walk(root, depth, n)
}

type tree2 struct {
	f            *reader
	visit        func(kind int, record []byte) error
	kind         int
	node, record int // bytes
}

// fits returns the most records that a subtree of a depth can hold, and of a
// node of that depth alone.
func (t *tree2) fits(depth int) (total, own uint64) {
	own = uint64((t.node - 10) / t.record)
	total = own
	for d := 1; d <= depth; d++ {
		pointer := t.f.o + width(uint64((t.node-10)/t.record))
		if d > 1 {
			pointer += width(total)
		}
		if t.node-10-pointer < 0 {
			return total, 0
		}
		own = uint64((t.node - 10 - pointer) / (t.record + pointer))
		total = min((own+1)*total+own, 1<<62)
	}
	return total, own
}

// width is how many bytes a number takes.
func width(n uint64) int {
	w := 1
	for n >>= 8; n > 0; n >>= 8 {
		w++
	}
	return w
}

func (t *tree2) walk(at int64, depth, n int) error {
	if !t.f.enter(at) {
		return nil
	}
	b, err := t.f.bytes(at, t.node)
	if err != nil {
		return err
	}
	want := "BTLF"
	if depth > 0 {
		want = "BTIN"
	}
	if string(b[:4]) != want {
		return fmt.Errorf("%w: node at %d", ErrBroken, at)
	}
	c := &cursor{b: b, f: t.f, at: 6}
	for range n {
		record := c.take(t.record)
		if c.bad {
			return ErrBroken
		}
		if err := t.visit(t.kind, record); err != nil {
			return err
		}
	}
	if depth == 0 {
		return nil
	}
	_, leaf := t.fits(0)
	below, _ := t.fits(depth - 1)
	for range n + 1 {
		child, count := c.addr(), int(c.num(width(leaf)))
		if depth > 1 {
			c.skip(width(below))
		}
		if c.bad || child < 0 {
			return ErrBroken
		}
		if err := t.walk(child, depth-1, count); err != nil {
			return err
		}
	}
	return nil
}
