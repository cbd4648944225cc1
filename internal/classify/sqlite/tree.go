package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// Types of pages in a tree.
const (
	indexInner = 2
	tableInner = 5
	indexLeaf  = 10
	tableLeaf  = 13
)

// node is a page of a tree.
type node struct {
	number uint32
	page   []byte
	kind   byte
	cells  int
	start  int // of the numbers that say where the cells are
}

func (db *DB) node(n uint32, ahead int) (node, error) {
	page, err := db.page(n, ahead)
	if err != nil {
		return node{}, err
	}
	h := 0
	if n == 1 {
		h = 100 // the header of the file
	}
	x := node{number: n, page: page[:db.usable], kind: page[h], cells: int(binary.BigEndian.Uint16(page[h+3:])), start: h + 8}
	switch x.kind {
	case indexInner, tableInner:
		x.start += 4
	case indexLeaf, tableLeaf:
	default:
		return node{}, ErrDamaged
	}
	if x.start+2*x.cells > len(x.page) {
		return node{}, ErrDamaged
	}
	return x, nil
}

func (x node) leaf() bool { return x.kind == indexLeaf || x.kind == tableLeaf }

// cell returns the page from the beginning of a cell on.
func (x node) cell(i int) ([]byte, error) {
	at := int(binary.BigEndian.Uint16(x.page[x.start+2*i:]))
	if at < x.start || at+4 > len(x.page) {
		return nil, ErrDamaged
	}
	return x.page[at:], nil
}

// children appends the pages below an inner page.
func (x node) children(to []uint32) ([]uint32, error) {
	for i := range x.cells {
		c, err := x.cell(i)
		if err != nil {
			return to, err
		}
		to = append(to, binary.BigEndian.Uint32(c))
	}
	return append(to, binary.BigEndian.Uint32(x.page[x.start-4:])), nil
}

// payload returns what the cell c of a leaf, or of an inner page of an index
// tree, holds, and the id of its row.
func (db *DB) payload(kind byte, c []byte) (p payload, rowid int64, err error) {
	if kind == indexInner {
		c = c[4:]
	}
	size, n := varint(c)
	if n == 0 {
		return p, 0, ErrDamaged
	}
	c = c[n:]
	u := uint64(db.usable)
	most := (u-12)*64/255 - 23
	if kind == tableLeaf {
		id, n := varint(c)
		if n == 0 {
			return p, 0, ErrDamaged
		}
		c, rowid, most = c[n:], int64(id), u-35
	}
	local := size
	if size > most {
		least := (u-12)*32/255 - 23
		if local = least + (size-least)%(u-4); local > most {
			local = least
		}
		if uint64(len(c)) < local+4 {
			return p, 0, ErrDamaged
		}
		p.next = binary.BigEndian.Uint32(c[local:])
	}
	if uint64(len(c)) < local {
		return p, 0, ErrDamaged
	}
	p.size, p.local = size, c[:local]
	return p, rowid, nil
}

// walk visits the pages of a tree, one level after the other. Within a level
// they come in the order in which they lie in the file, in long runs. It goes
// on past damage, which it returns at the end.
func (db *DB) walk(ctx context.Context, root uint32, visit func(node) error) error {
	seen := bits{}
	level := []uint32{root}
	var damage error
	for range maxDepth {
		var below []uint32
		for i, n := range level {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !seen.add(n) {
				damage = ErrDamaged
				continue
			}
			x, err := db.node(n, runOf(level[i:]))
			if err == nil && !x.leaf() {
				old := len(below)
				below, err = x.children(below)
				there := slices.DeleteFunc(below[old:], func(n uint32) bool { return n > db.pages })
				below = below[:old+len(there)]
				if err == nil && len(there) <= x.cells {
					damage = ErrDamaged // the file was cut
				}
			}
			if err == nil {
				err = visit(x)
			}
			if len(below) > int(db.pages) {
				return ErrDamaged // pages have one parent each
			}
			if errors.Is(err, ErrDamaged) {
				damage = err
			} else if err != nil {
				return err
			}
		}
		if len(below) == 0 {
			return damage
		}
		slices.Sort(below)
		level = slices.Compact(below)
	}
	return ErrDamaged
}

// runOf returns how many of the first pages follow each other in the file, or
// nearly so, after the first.
func runOf(pages []uint32) int {
	end := pages[0]
	for _, n := range pages[1:min(len(pages), 1024)] {
		if n-end > 4 { // a few pages more cost less than a request more
			break
		}
		end = n
	}
	return int(end - pages[0])
}

// bits is a set of page numbers.
type bits map[uint32]uint64

func (b bits) add(n uint32) (fresh bool) {
	word, bit := n/64, uint64(1)<<(n%64)
	fresh = b[word]&bit == 0
	b[word] |= bit
	return fresh
}

// Count returns the number of rows of a table. It reads the smallest tree that
// has an entry for each. With ErrDamaged comes the number of those that could
// be read.
func (db *DB) Count(ctx context.Context, t *Table) (rows int64, err error) {
	root, err := db.smallest(ctx, t)
	if err != nil {
		return 0, err
	}
	err = db.walk(ctx, root, func(x node) error {
		if x.kind != tableInner {
			rows += int64(x.cells)
		}
		return nil
	})
	return rows, err
}

// smallest returns the root of the tree with the fewest pages that has an entry
// for each row of the table.
func (db *DB) smallest(ctx context.Context, t *Table) (uint32, error) {
	if len(t.indexes) == 0 {
		return t.root, nil
	}
	best, least := t.root, int64(-1)
	for _, root := range append([]uint32{t.root}, t.indexes...) {
		pages, err := db.leaves(ctx, root, least)
		if errors.Is(err, ErrDamaged) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if least < 0 || pages < least {
			best, least = root, pages
		}
	}
	return best, nil
}

// leaves returns how many leaves a tree has, without reading them. Where they
// are more than most it may stop before.
func (db *DB) leaves(ctx context.Context, root uint32, most int64) (int64, error) {
	level := []uint32{root}
	for range maxDepth {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		x, err := db.node(level[0], 0)
		if err != nil {
			return 0, err
		}
		if x.leaf() || most >= 0 && int64(len(level)) > most {
			return int64(len(level)), nil
		}
		var below []uint32
		for i, n := range level {
			if x, err = db.node(n, runOf(level[i:])); err != nil {
				return 0, err
			}
			if x.leaf() {
				return 0, ErrDamaged
			}
			if below, err = x.children(below); err != nil {
				return 0, err
			}
			if len(below) > int(db.pages) {
				return 0, ErrDamaged
			}
		}
		slices.Sort(below)
		level = below
	}
	return 0, ErrDamaged
}

// Rows yields the columns of each row of a table, by number; a column below
// zero is never there. The row is good until the next one. Damage is yielded as
// an error that wraps [ErrDamaged] and passed over; any other error ends the
// walk.
func (db *DB) Rows(ctx context.Context, t *Table, columns ...int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		w := &rows{db: db, table: t, columns: columns, row: make(Row, len(columns))}
		err := db.walk(ctx, t.root, func(x node) error { return w.page(x, yield) })
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

type rows struct {
	db      *DB
	table   *Table
	columns []int
	row     Row
}

// page yields the rows of a page.
func (w *rows) page(x node, yield func(Row, error) bool) error {
	if x.kind == tableInner {
		return nil
	}
	var damage error
	room := len(x.page)
	for i := range x.cells {
		size, err := w.read(x, i)
		if errors.Is(err, ErrDamaged) || errors.Is(err, ErrLarge) {
			damage = ErrDamaged
			continue
		}
		if err != nil {
			return err
		}
		if room -= size; room < 0 {
			return ErrDamaged // cells that lie over each other
		}
		if !yield(w.row, nil) {
			return errStopped
		}
	}
	return damage
}

// read reads the row in a cell and returns how many bytes of the page it has.
func (w *rows) read(x node, i int) (size int, err error) {
	c, err := x.cell(i)
	if err != nil {
		return 0, err
	}
	p, rowid, err := w.db.payload(x.kind, c)
	if err != nil {
		return 0, err
	}
	if err := w.db.record(p, w.columns, w.row); err != nil {
		return 0, err
	}
	for i, c := range w.columns {
		if c >= 0 && c == w.table.rowid {
			w.row[i] = Value{Kind: Integer, Integer: rowid}
		}
	}
	return len(p.local), nil
}

var errStopped = errors.New("stopped")

// apart reads a page into b, apart from those that are held.
func (db *DB) apart(n uint32, b []byte) error {
	if n >= db.from && uint64(n-db.from) < uint64(len(db.run)/db.pageSize) {
		copy(b, db.run[int(n-db.from)*db.pageSize:])
		return nil
	}
	got, err := db.at.ReadAt(b, int64(n-1)*int64(db.pageSize))
	if got < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			return ErrDamaged
		}
		return fmt.Errorf("read an SQLite database: %w", err)
	}
	return nil
}
