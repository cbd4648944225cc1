package pst

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
)

// Kinds of pages of the two trees.
const (
	blockPage = 0x80
	nodePage  = 0x81
)

// treePage is a page of one of the trees.
type treePage struct {
	level   int
	size    int // of an entry
	entries []byte
}

// page reads a page of a tree; run as in bytes.
func (s *Store) page(off int64, kind byte, run int) (p treePage, err error) {
	b, err := s.bytes(off, s.l.page, run)
	if err != nil {
		return p, err
	}
	tail := b[s.l.entries:]
	count := int(tail[0])
	p.size, p.level = int(tail[2]), int(tail[3])
	if s.l.countedInTwo {
		count, p.size, p.level = int(binary.LittleEndian.Uint16(tail)), int(tail[4]), int(tail[5])
	}
	trailer := b[s.l.page-s.l.trailer:]
	least := s.l.innerEntry
	if p.level == 0 {
		least = s.l.nodeEntry
		if kind == blockPage {
			least = s.l.blockEntry
		}
	}
	if trailer[0] != kind || p.size < least || count*p.size > s.l.entries || p.level > maxDepth {
		return p, ErrDamaged
	}
	p.entries = b[:count*p.size]
	return p, nil
}

// node is an entry of the tree of nodes.
type node struct {
	id, parent uint32
	data, sub  uint64 // ids of blocks
}

// kind returns what sort of node it is.
func (n node) kind() uint32 { return n.id & 0x1f }

// Sorts of nodes that matter here.
const (
	folderNode   = 0x02
	messageNode  = 0x04
	contentsNode = 0x0e // the table of the messages of a folder
)

// eachNode visits all nodes, level by level and within a level in the order of
// the file. It goes on past damage, which it returns at the end.
func (s *Store) eachNode(ctx context.Context, visit func(node)) error {
	seen := map[int64]bool{}
	level := []int64{s.nodes}
	var damage error
	for depth := 0; len(level) > 0 && depth <= maxDepth; depth++ {
		var below []int64
		for i, off := range level {
			if err := ctx.Err(); err != nil {
				return err
			}
			if seen[off] {
				damage = ErrDamaged
				continue
			}
			seen[off] = true
			p, err := s.page(off, nodePage, s.runOf(level[i:]))
			if errors.Is(err, ErrDamaged) {
				damage = err
				continue
			}
			if err != nil {
				return err
			}
			for e := p.entries; len(e) >= p.size; e = e[p.size:] {
				if p.level > 0 {
					below = append(below, int64(s.number(e[2*s.l.word:])))
					continue
				}
				w := s.l.word
				visit(node{
					id: binary.LittleEndian.Uint32(e), data: s.number(e[w:]), sub: s.number(e[2*w:]),
					parent: binary.LittleEndian.Uint32(e[3*w:]),
				})
			}
			if int64(len(below)) > s.size/int64(s.l.page) {
				return ErrDamaged // pages have one parent each
			}
		}
		slices.Sort(below)
		level = slices.Compact(below)
	}
	return damage
}

// runOf returns how many bytes hold the first of the pages and those that follow
// it closely.
func (s *Store) runOf(pages []int64) int {
	const gap, most = 16 << 10, 1 << 20
	end := pages[0]
	for _, off := range pages[1:] {
		if off-end > gap || off-pages[0] > most {
			break
		}
		end = off
	}
	return int(end-pages[0]) + s.l.page
}

// block returns the content of a block, decoded. It is the caller's.
func (s *Store) block(id uint64) ([]byte, error) {
	off, size, err := s.findBlock(id &^ 1)
	if err != nil {
		return nil, err
	}
	const run = 16 << 10
	b, err := s.bytes(off, size, run)
	if err != nil {
		return nil, err
	}
	if s.work += int64(size); s.work > 4*s.size+16<<20 {
		return nil, ErrDamaged // nodes that share their blocks
	}
	b = slices.Clone(b)
	if s.Layout == Unicode4K {
		if b, err = s.inflate(b, off); err != nil {
			return nil, err
		}
	}
	if id&2 == 0 { // content, not a list of blocks
		s.decode(b, id)
	}
	return b, nil
}

// findBlock returns where a block is and how many bytes it has.
func (s *Store) findBlock(id uint64) (off int64, size int, err error) {
	off = s.blocks
	for range maxDepth {
		p, err := s.blockPage(off)
		if err != nil {
			return 0, 0, err
		}
		var hit []byte
		for e := p.entries; len(e) >= p.size; e = e[p.size:] {
			if key := s.number(e) &^ 1; key > id || p.level == 0 && key != id {
				if key > id {
					break
				}
				continue
			}
			hit = e
		}
		w := s.l.word
		if hit == nil {
			return 0, 0, ErrDamaged
		}
		if p.level == 0 {
			return int64(s.number(hit[w:])), int(binary.LittleEndian.Uint16(hit[2*w:])), nil
		}
		off = int64(s.number(hit[2*w:]))
	}
	return 0, 0, ErrDamaged
}

// blockPage returns a page of the tree of blocks. The last ones are kept.
func (s *Store) blockPage(off int64) (treePage, error) {
	const most = 4096
	p, ok := s.kept[off]
	if ok {
		return p, nil
	}
	p, err := s.page(off, blockPage, 8*s.l.page)
	if err != nil {
		return p, err
	}
	if len(s.kept) >= most {
		clear(s.kept)
	}
	p.entries = slices.Clone(p.entries)
	s.kept[off] = p
	return p, nil
}
