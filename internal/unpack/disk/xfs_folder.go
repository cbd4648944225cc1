package disk

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// xfsEntry is a name in a folder.
type xfsEntry struct {
	name  string
	inode uint64
}

// folder calls each for the entries of a folder, in the order of their inodes,
// which lie together.
func (fs *xfs) folder(dir node, each func(string, node, error) error) error {
	b, err := fs.inode(dir.id)
	if err != nil {
		return err
	}
	entries, err := fs.entries(b)
	if err != nil {
		if gone := each("", node{}, err); len(entries) == 0 || gone != nil {
			return gone
		}
	}
	slices.SortStableFunc(entries, func(a, b xfsEntry) int { return cmp.Compare(a.inode, b.inode) })
	for _, e := range entries {
		n, err := fs.node(e.inode)
		if err != nil && ends(err) {
			return err
		}
		if err := each(e.name, n, err); err != nil {
			return err
		}
	}
	return nil
}

// entries reads a folder whole, as far as it can be.
func (fs *xfs) entries(b []byte) ([]xfsEntry, error) {
	if b[5] == xfsLocal {
		return fs.short(fs.fork(b))
	}
	l, err := fs.layout(fs.w.meta, b)
	if err != nil {
		return nil, err
	}
	var all []xfsEntry
	block := make([]byte, fs.dirBlock)
	contents := l.reader(fs.w.meta, maxDisk)
	next := int64(0) // where a block begins that was not read
	for _, r := range l {
		for off := max(next, r.from/fs.dirBlock*fs.dirBlock); off < min(r.from+r.n, xfsDirBlocks); off += fs.dirBlock {
			if _, err := readFull(contents, block, off); err != nil {
				return all, err
			}
			if all, err = fs.parse(all, block); err != nil {
				return all, err
			}
			if int64(len(all)) > fs.w.lim.entries() {
				return all, limited("entries of a folder")
			}
			next = off + fs.dirBlock
		}
	}
	return all, nil
}

// short reads a folder that is kept in its inode.
func (fs *xfs) short(f []byte) ([]xfsEntry, error) {
	be := binary.BigEndian
	count, size := int(f[0]), 4
	if f[1] > 0 {
		size, count = 8, int(f[1])
	}
	if 2+size > len(f) {
		return nil, corrupt("folder")
	}
	b := f[2+size:]
	var all []xfsEntry
	for range count {
		if len(b) < 3 {
			return all, corrupt("folder")
		}
		name := int(b[0])
		at := 3 + name
		if fs.fileType {
			at++
		}
		if at+size > len(b) {
			return all, corrupt("folder")
		}
		e := xfsEntry{name: string(b[3 : 3+name])}
		if size == 8 {
			e.inode = be.Uint64(b[at:])
		} else {
			e.inode = uint64(be.Uint32(b[at:]))
		}
		all = append(all, e)
		b = b[at+size:]
	}
	return all, nil
}

// parse adds the entries of one block of a folder. A folder of one block has
// its index at the end of it.
func (fs *xfs) parse(all []xfsEntry, b []byte) ([]xfsEntry, error) {
	be := binary.BigEndian
	header := 16
	if fs.crc {
		header = 64
	}
	end := len(b)
	switch string(b[:4]) {
	case "XD2D", "XDD3":
	case "XD2B", "XDB3":
		leaves := int(be.Uint32(b[end-8:]))
		if leaves > (end-8-header)/8 {
			return all, corrupt("folder")
		}
		end -= 8 + 8*leaves
	default:
		return all, corrupt("folder")
	}
	for at := header; at+16 <= end; {
		if be.Uint16(b[at:]) == 0xffff {
			n := int(be.Uint16(b[at+2:]))
			if n < 8 || n%8 != 0 {
				return all, corrupt("folder")
			}
			at += n
			continue
		}
		name := int(b[at+8])
		n := 8 + 1 + name + 2
		if fs.fileType {
			n++
		}
		n = (n + 7) &^ 7
		if name == 0 || at+n > end {
			return all, corrupt("folder")
		}
		if text := string(b[at+9 : at+9+name]); text != "." && text != ".." {
			all = append(all, xfsEntry{text, be.Uint64(b[at:])})
		}
		at += n
	}
	return all, nil
}
