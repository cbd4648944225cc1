package disk

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"
)

// XFS, versions 4 and 5, after "XFS Algorithms & Data Structures".

// xfs is a volume whose superblock was read.
type xfs struct {
	w         *walk
	block     int64 // bytes
	blocks    int64 // in the volume
	agBlocks  int64 // in an allocation group
	groups    int64
	root      uint64
	inodeSize int64
	dirBlock  int64 // bytes in a block of a folder

	inodeBits int // of an inode number: which inode in its block
	blockBits int // and which block in its group; the group is above
	crc       bool
	fileType  bool // entries of folders tell the type
}

// Formats of the fork of an inode, and features.
const (
	xfsLocal   = 1
	xfsExtents = 2
	xfsTree    = 3

	xfsDirBlocks = 32 << 30 // from here on a folder holds its index

	xfsFeatureType = 0x1
	xfsKnown       = 0x1ff  // of the features that change how it is read
	xfsBigTime     = 1 << 3 // flags of an inode
	xfsBigCount    = 1 << 4
)

func listXFS(w *walk) error {
	fs, err := openXFS(w)
	if err != nil {
		return err
	}
	root, err := fs.node(fs.root)
	if err != nil {
		return err
	}
	return (&tree{w: w, read: fs.folder}).list(root)
}

func openXFS(w *walk) (*xfs, error) {
	s := make([]byte, 512)
	if _, err := w.meta.ReadAt(s, 0); err != nil {
		return nil, err
	}
	be := binary.BigEndian
	fs := &xfs{
		w: w, block: int64(be.Uint32(s[4:])), blocks: int64(be.Uint64(s[8:])), root: be.Uint64(s[56:]),
		agBlocks: int64(be.Uint32(s[84:])), groups: int64(be.Uint32(s[88:])), inodeSize: int64(be.Uint16(s[104:])),
		inodeBits: int(s[123]), blockBits: int(s[124]),
	}
	version := be.Uint16(s[100:])
	fs.crc = version&15 == 5
	fs.dirBlock = fs.block << min(s[192], 16)
	if fs.crc {
		features := be.Uint32(s[216:])
		fs.fileType = features&xfsFeatureType != 0
		if features&^xfsKnown != 0 {
			return nil, unsupported("features of XFS")
		}
	} else {
		fs.fileType = be.Uint32(s[200:])&0x200 != 0
	}
	switch {
	case fs.block < 512 || fs.block > 64<<10 || fs.block&(fs.block-1) != 0 || fs.dirBlock > 64<<10,
		fs.inodeSize < 256 || fs.inodeSize > 2048 || fs.inodeSize > fs.block || fs.block>>fs.inodeBits != fs.inodeSize,
		fs.agBlocks == 0 || fs.blockBits > 32 || fs.agBlocks > 1<<fs.blockBits || fs.blocks <= 0 || fs.blocks > maxDisk/fs.block:
		return nil, corrupt("superblock of XFS")
	}
	return fs, nil
}

// at gives where a block of the volume is by its number, which has its group
// in the upper bits; -1 if it is nowhere.
func (fs *xfs) at(number uint64) int64 {
	group, block := int64(number>>fs.blockBits), int64(number&(1<<fs.blockBits-1))
	if group >= fs.groups || block >= fs.agBlocks {
		return -1
	}
	n := group*fs.agBlocks + block
	if n >= fs.blocks {
		return -1
	}
	return n * fs.block
}

// inode reads an inode.
func (fs *xfs) inode(number uint64) ([]byte, error) {
	at := fs.at(number >> fs.inodeBits)
	if at < 0 {
		return nil, corrupt("number of an inode")
	}
	b := make([]byte, fs.inodeSize)
	if _, err := readFull(fs.w.meta, b, at+int64(number&(1<<fs.inodeBits-1))*fs.inodeSize); err != nil {
		return nil, err
	}
	if b[0] != 'I' || b[1] != 'N' || fs.forkAt(b) >= len(b) {
		return nil, corrupt("inode")
	}
	return b, nil
}

// forkAt says where in an inode its data fork begins.
func (*xfs) forkAt(b []byte) int {
	if b[4] >= 3 {
		return 176
	}
	return 100
}

// fork gives the data fork: up to that of the attributes, where there is one.
func (fs *xfs) fork(b []byte) []byte {
	f := b[fs.forkAt(b):]
	if end := int(b[82]) * 8; end > 0 && end < len(f) {
		f = f[:end]
	}
	return f
}

// xfsCount says how many extents the data fork has.
func xfsCount(b []byte) int64 {
	be := binary.BigEndian
	if b[4] >= 3 && be.Uint64(b[120:])&xfsBigCount != 0 {
		return int64(min(be.Uint64(b[24:]), 1<<48))
	}
	return int64(be.Uint32(b[76:]))
}

// node reads what an inode tells of a file.
func (fs *xfs) node(number uint64) (node, error) {
	b, err := fs.inode(number)
	if err != nil {
		return node{}, err
	}
	be := binary.BigEndian
	n := node{id: number, links: int(min(be.Uint32(b[16:]), 1<<20)), modified: fs.time(b)}
	size := int64(be.Uint64(b[56:]))
	switch be.Uint16(b[2:]) & 0xf000 {
	case 0x4000:
		n.dir = true
	case 0x8000:
		n.size = size
		if size < 0 || size > maxDisk {
			return n, corrupt("size of a file")
		}
		if be.Uint16(b[90:])&1 != 0 {
			n.open = func() (io.ReaderAt, error) {
				return nil, &Gap{Reason: Unsupported, Detail: "the realtime device of XFS", Bytes: size}
			}
			break
		}
		n.open = func() (io.ReaderAt, error) { return fs.open(b, size) }
	case 0xa000:
		n.link = fs.target(b, size)
	case 0:
		return n, corrupt("an entry of a folder for an inode that is not in use")
	}
	return n, nil
}

// time gives when the file was written to: seconds and nanoseconds since 1970,
// or with the big time feature nanoseconds since 1901.
func (*xfs) time(b []byte) time.Time {
	be := binary.BigEndian
	if b[4] >= 3 && be.Uint64(b[120:])&xfsBigTime != 0 {
		v := be.Uint64(b[40:])
		return time.Unix(int64(v/1e9)-1<<31, int64(v%1e9)).UTC()
	}
	return time.Unix(int64(int32(be.Uint32(b[40:]))), int64(be.Uint32(b[44:]))).UTC()
}

func (fs *xfs) target(b []byte, size int64) string {
	if size <= 0 || size > 1024 {
		return ""
	}
	if f := fs.fork(b); b[5] == xfsLocal {
		return printable(string(f[:min(size, int64(len(f)))]))
	}
	l, err := fs.layout(fs.w.meta, b)
	if err != nil || len(l) == 0 || l[0].at < 0 {
		return ""
	}
	// Of version 5 there is a header before the text, except where mkfs made it.
	const header = 56
	text, err := readUpTo(fs.w.meta, l[0].at, size+header, fs.w.vol.Size)
	if err != nil || int64(len(text)) < size {
		return ""
	}
	if bytes.HasPrefix(text, []byte("XSLM")) && int64(len(text)) == size+header {
		text = text[header:]
	}
	return printable(string(text[:size]))
}

func (fs *xfs) open(b []byte, size int64) (io.ReaderAt, error) {
	l, err := fs.layout(fs.w.r, b)
	if err != nil {
		return nil, err
	}
	return l.reader(fs.w.r, size), nil
}
