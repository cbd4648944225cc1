package disk

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// folder calls each for the entries of a folder, in the order of their inodes,
// which lie together.
func (fs *ext) folder(dir node, each func(string, node, error) error) error {
	b, err := fs.inode(fs.meta, dir.id)
	if err != nil {
		return err
	}
	entries, err := fs.entries(b)
	if err != nil {
		if gone := each("", node{}, err); len(entries) == 0 || gone != nil {
			return gone
		}
	}
	slices.SortStableFunc(entries, func(a, b extEntry) int { return cmp.Compare(a.inode, b.inode) })
	for _, e := range entries {
		n, err := fs.node(uint64(e.inode))
		if err != nil && ends(err) {
			return err
		}
		if err := each(e.name, n, err); err != nil {
			return err
		}
	}
	return nil
}

// extEntry is a name in a folder.
type extEntry struct {
	name  string
	inode uint32
}

// entries reads a folder whole, as far as it can be.
func (fs *ext) entries(b []byte) ([]extEntry, error) {
	le := binary.LittleEndian
	size := int64(le.Uint32(b[4:]))
	crypt := le.Uint32(b[32:])&extInodeEncrypted != 0
	if le.Uint32(b[32:])&extInodeInline != 0 {
		data := fs.inline(b)
		all := fs.parse(nil, data[4:60], crypt)
		return fs.parse(all, data[60:], crypt), nil
	}
	if size > fs.w.lim.Held/4 {
		return nil, limited(fmt.Sprintf("a folder of %d bytes", size))
	}
	l, err := fs.layout(fs.meta, b, size)
	if err != nil {
		return nil, err
	}
	var all []extEntry
	block := make([]byte, fs.block)
	for k := range l {
		if l[k].at < 0 {
			continue
		}
		for off := int64(0); off < l[k].n && l[k].from+off < size; off += fs.block {
			if _, err := readFull(fs.meta, block, l[k].at+off); err != nil {
				return all, err
			}
			if all = fs.parse(all, block, crypt); int64(len(all)) > fs.w.lim.entries() {
				return all, limited("entries of a folder")
			}
		}
	}
	return all, nil
}

// parse adds the entries of one block. Those of the tree of hashes are made to
// look like entries that are not in use.
func (fs *ext) parse(all []extEntry, b []byte, crypt bool) []extEntry {
	le := binary.LittleEndian
	for len(b) >= 8 {
		inode, n, name := le.Uint32(b), int(le.Uint16(b[4:])), int(b[6])
		if fs.incompat&extFileType == 0 {
			name = int(le.Uint16(b[6:]))
		}
		if n < 8 || n > len(b) || 8+name > n {
			return all
		}
		if inode != 0 && name > 0 {
			if text := string(b[8 : 8+name]); text != "." && text != ".." {
				if crypt {
					text = fmt.Sprintf("encrypted-%x", text)
				}
				all = append(all, extEntry{text, inode})
			}
		}
		b = b[n:]
	}
	return all
}
