package disk

import (
	"encoding/binary"
	"io"
)

// layout finds where the size bytes of an inode lie, through r.
func (fs *ext) layout(r io.ReaderAt, b []byte, size int64) (runList, error) {
	m := &extMap{fs: fs, r: r, size: size}
	var err error
	if binary.LittleEndian.Uint32(b[32:])&extInodeExtents != 0 {
		err = m.extents(b[40:100], 6)
	} else {
		err = m.indirect(b[40:100])
	}
	if err != nil {
		return nil, err
	}
	return m.runs, m.runs.sorted()
}

// extMap gathers the pieces of one file.
type extMap struct {
	fs    *ext
	r     io.ReaderAt
	size  int64
	runs  runList
	reads int
}

// add keeps n blocks of the file from a place on.
func (m *extMap) add(from, n, at int64) error {
	switch {
	case from*m.fs.block >= m.size:
		return nil
	case at == 0:
		return nil
	case at > m.fs.blocks || n > m.fs.blocks-at:
		return corrupt("a file beyond the end of the volume")
	case len(m.runs) >= m.fs.w.lim.Runs:
		return limited("pieces of a file")
	}
	m.runs = m.runs.add(run{from: from * m.fs.block, n: n * m.fs.block, at: at * m.fs.block})
	return nil
}

// read reads a block of the map. The number of them is bounded, so that one
// that points at itself comes to an end.
func (m *extMap) read(at int64) ([]byte, error) {
	if m.reads++; m.reads > m.fs.w.lim.Runs {
		return nil, limited("pieces of a file")
	}
	if at >= m.fs.blocks {
		return nil, corrupt("a file beyond the end of the volume")
	}
	b := make([]byte, m.fs.block)
	_, err := readFull(m.r, b, at*m.fs.block)
	return b, err
}

// extents reads one node of the tree of extents, of which levels may be left.
func (m *extMap) extents(b []byte, levels int) error {
	le := binary.LittleEndian
	count, depth := int(le.Uint16(b[2:])), int(le.Uint16(b[6:]))
	if le.Uint16(b) != 0xf30a || 12+12*count > len(b) || depth >= levels {
		return corrupt("a tree of extents")
	}
	for e := b[12 : 12+12*count]; len(e) >= 12; e = e[12:] {
		from := int64(le.Uint32(e))
		if depth > 0 {
			below, err := m.read(int64(le.Uint32(e[4:])) | int64(le.Uint16(e[8:]))<<32)
			if err != nil {
				return err
			}
			if err := m.extents(below, depth); err != nil {
				return err
			}
			continue
		}
		n := int64(le.Uint16(e[4:]))
		if n > 1<<15 {
			continue // set aside, never written: zeros
		}
		if err := m.add(from, n, int64(le.Uint32(e[8:]))|int64(le.Uint16(e[6:]))<<32); err != nil {
			return err
		}
	}
	return nil
}

// indirect reads the map of ext2: twelve blocks, and three trees of one, two
// and three levels.
func (m *extMap) indirect(b []byte) error {
	le := binary.LittleEndian
	for i := range int64(12) {
		if err := m.add(i, 1, int64(le.Uint32(b[4*i:]))); err != nil {
			return err
		}
	}
	from, per := int64(12), m.fs.block/4
	whole := per
	for level := 1; level <= 3; level++ {
		if err := m.table(int64(le.Uint32(b[44+4*level:])), from, level); err != nil {
			return err
		}
		from += whole
		whole *= per
	}
	return nil
}

// table reads a block of pointers whose first one is for the block from.
func (m *extMap) table(at, from int64, level int) error {
	if at == 0 || from*m.fs.block >= m.size {
		return nil
	}
	b, err := m.read(at)
	if err != nil {
		return err
	}
	step := int64(1)
	for range level - 1 {
		step *= m.fs.block / 4
	}
	for ; len(b) >= 4; b = b[4:] {
		next := int64(binary.LittleEndian.Uint32(b))
		if level == 1 {
			err = m.add(from, 1, next)
		} else {
			err = m.table(next, from, level-1)
		}
		if err != nil {
			return err
		}
		from += step
	}
	return nil
}
