// Package pst surveys Outlook's stores (.pst, .ost, .nst) through io.ReaderAt:
// how many messages and folders there are, of which classes, and from whom. It
// reads the tree of nodes and the tables of folders; messages themselves and
// attachments stay unread, so that little of a large store is touched.
//
// All three layouts are read: ANSI, Unicode, and Unicode with 4 KiB pages. So
// are both encodings, which hide text but protect nothing: they have no key.
//
// Source: [MS-PST] Outlook Personal Folders File Format; for 4 KiB pages, which
// it leaves out, the documentation of libpff.
package pst

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged says that a store does not follow its format.
var ErrDamaged = errors.New("read an Outlook store: damaged")

// Magic begins every store.
const Magic = "!BDN"

// Bounds of what one hostile file may cost.
const (
	maxDepth  = 12      // levels of a tree
	maxTables = 200_000 // folders whose messages are listed
	maxBlocks = 1 << 20 // blocks of one node
)

// Layout of a store.
type Layout uint8

// The layouts.
const (
	ANSI Layout = iota
	Unicode
	Unicode4K
)

// Encoding of the content of a store.
type Encoding byte

// The encodings. Of [Protected] nothing but the tree of nodes can be read.
const (
	Plain     Encoding = 0
	Permute   Encoding = 1
	Cyclic    Encoding = 2
	Protected Encoding = 0x10
)

// Store is an open store. It is not safe for several goroutines at once.
type Store struct {
	Layout   Layout
	Encoding Encoding

	at     io.ReaderAt
	size   int64
	l      layout
	nodes  int64 // where the trees begin
	blocks int64
	work   int64  // bytes of blocks that were decoded, bounded
	run    []byte // bytes read last
	from   int64
	kept   map[int64]treePage // pages of the tree of blocks
}

// layout is how large things are.
type layout struct {
	page         int // bytes of a page
	word         int // bytes of an id or of a position
	entries      int // bytes of a page that hold entries
	trailer      int // bytes at the end of a block
	indexBits    uint
	nodeEntry    int
	blockEntry   int
	innerEntry   int
	countedInTwo bool // the number of entries has two bytes
}

var layouts = [...]layout{
	ANSI:      {page: 512, word: 4, entries: 496, trailer: 12, indexBits: 11, nodeEntry: 16, blockEntry: 12, innerEntry: 12},
	Unicode:   {page: 512, word: 8, entries: 488, trailer: 16, indexBits: 11, nodeEntry: 32, blockEntry: 24, innerEntry: 24},
	Unicode4K: {page: 4096, word: 8, entries: 4056, trailer: 24, indexBits: 14, nodeEntry: 32, blockEntry: 24, innerEntry: 24, countedInTwo: true},
}

// Open reads the header of a store of size bytes.
func Open(at io.ReaderAt, size int64) (*Store, error) {
	s := &Store{at: at, size: size, kept: map[int64]treePage{}}
	head, err := s.bytes(0, 564, 564)
	if err != nil {
		return nil, err
	}
	if string(head[:4]) != Magic {
		return nil, ErrDamaged
	}
	switch version := binary.LittleEndian.Uint16(head[10:]); {
	case version < 16:
		s.Layout, s.Encoding = ANSI, Encoding(head[461])
		s.nodes = int64(binary.LittleEndian.Uint32(head[188:]))
		s.blocks = int64(binary.LittleEndian.Uint32(head[196:]))
	default:
		s.Layout, s.Encoding = Unicode, Encoding(head[513])
		if version >= 36 {
			s.Layout = Unicode4K
		}
		s.nodes = int64(binary.LittleEndian.Uint64(head[224:]))
		s.blocks = int64(binary.LittleEndian.Uint64(head[240:]))
	}
	s.l = layouts[s.Layout]
	return s, nil
}

// bytes returns n bytes at off, good until the next call; where they must be
// fetched, up to run of them are.
func (s *Store) bytes(off int64, n, run int) ([]byte, error) {
	if off < 0 || off > s.size-int64(n) {
		return nil, ErrDamaged
	}
	if off >= s.from && off+int64(n) <= s.from+int64(len(s.run)) {
		return s.run[off-s.from:][:n], nil
	}
	length := int(min(int64(max(n, run)), s.size-off))
	if cap(s.run) < length {
		s.run = make([]byte, length)
	}
	s.run, s.from = s.run[:length], off
	got, err := s.at.ReadAt(s.run, off)
	s.run = s.run[:got]
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, ErrDamaged
		}
		return nil, fmt.Errorf("read an Outlook store: %w", err)
	}
	return s.run[:n], nil
}

// number reads an id or a position.
func (s *Store) number(b []byte) uint64 {
	if s.l.word == 4 {
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}
