package disk

import (
	"encoding/binary"
	"io"
)

// layout finds where the bytes of an inode lie, through r.
func (fs *xfs) layout(r io.ReaderAt, b []byte) (runList, error) {
	m := &xfsMap{fs: fs, r: r}
	f := fs.fork(b)
	switch b[5] {
	case xfsExtents:
		n := xfsCount(b)
		if n > int64(len(f)/16) {
			return nil, corrupt("extents of a file")
		}
		if err := m.records(f[:16*n]); err != nil {
			return nil, err
		}
	case xfsTree:
		if err := m.root(f); err != nil {
			return nil, err
		}
	default:
		return nil, corrupt("format of an inode")
	}
	return m.runs, m.runs.sorted()
}

// xfsMap gathers the pieces of one file.
type xfsMap struct {
	fs    *xfs
	r     io.ReaderAt
	runs  runList
	reads int
}

// records adds packed extents: a flag for those never written, then 54 bits of
// offset, 52 of the first block and 21 of their count.
func (m *xfsMap) records(b []byte) error {
	be := binary.BigEndian
	for ; len(b) >= 16; b = b[16:] {
		hi, lo := be.Uint64(b), be.Uint64(b[8:])
		from, n := int64(hi>>9&(1<<54-1)), int64(lo&(1<<21-1))
		if hi>>63 != 0 {
			continue
		}
		at := m.fs.at(hi&(1<<9-1)<<43 | lo>>21)
		if at < 0 || n*m.fs.block > m.fs.blocks*m.fs.block-at || from > maxDisk/m.fs.block {
			return corrupt("a file beyond the end of the volume")
		}
		if len(m.runs) >= m.fs.w.lim.Runs {
			return limited("pieces of a file")
		}
		m.runs = m.runs.add(run{from: from * m.fs.block, n: n * m.fs.block, at: at})
	}
	return nil
}

// root reads the root of a tree of extents, which lies in the inode.
func (m *xfsMap) root(f []byte) error {
	be := binary.BigEndian
	level, count, most := int(be.Uint16(f)), int(be.Uint16(f[2:])), (len(f)-4)/16
	if level == 0 || level > 16 || count > most {
		return corrupt("tree of extents")
	}
	return m.children(f[4+8*most:], count, level)
}

// children reads the blocks that count pointers lead to.
func (m *xfsMap) children(pointers []byte, count, level int) error {
	be := binary.BigEndian
	header := 24
	if m.fs.crc {
		header = 72
	}
	for i := range count {
		at := m.fs.at(be.Uint64(pointers[8*i:]))
		if m.reads++; m.reads > m.fs.w.lim.Runs {
			return limited("pieces of a file")
		}
		if at < 0 {
			return corrupt("tree of extents")
		}
		b := make([]byte, m.fs.block)
		if _, err := readFull(m.r, b, at); err != nil {
			return err
		}
		n, most := int(be.Uint16(b[6:])), (len(b)-header)/16
		if magic := string(b[:4]); magic != "BMAP" && magic != "BMA3" || int(be.Uint16(b[4:])) != level-1 || n > most {
			return corrupt("tree of extents")
		}
		var err error
		if level == 1 {
			err = m.records(b[header : header+16*n])
		} else {
			err = m.children(b[header+8*most:], n, level-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
