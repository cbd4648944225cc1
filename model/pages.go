package model

import "io"

// Pages of a file that are kept where a format jumps to and fro.
const (
	pageSize  = 16 << 10
	pagesKept = 64
)

// pages reads a piece page by page and keeps the last ones read. Only one
// goroutine may use it.
type pages struct {
	at    io.ReaderAt
	kept  map[int64][]byte
	order []int64
}

func newPages(p piece) *pages {
	return &pages{at: p.at, kept: map[int64][]byte{}}
}

// ReadAt reads what is asked; large reads go past the pages.
func (g *pages) ReadAt(b []byte, off int64) (int, error) {
	if len(b) > 2*pageSize || off < 0 {
		return g.at.ReadAt(b, off)
	}
	n := 0
	for n < len(b) {
		page, err := g.page((off + int64(n)) / pageSize)
		in := int((off + int64(n)) % pageSize)
		if in >= len(page) {
			if err == nil {
				err = io.EOF
			}
			return n, err
		}
		n += copy(b[n:], page[in:])
	}
	return n, nil
}

func (g *pages) page(i int64) ([]byte, error) {
	if b, ok := g.kept[i]; ok {
		return b, nil
	}
	b := make([]byte, pageSize)
	n, err := g.at.ReadAt(b, i*pageSize)
	b = b[:max(n, 0)]
	if len(g.order) == pagesKept {
		delete(g.kept, g.order[0])
		g.order = g.order[1:]
	}
	g.kept[i] = b
	g.order = append(g.order, i)
	return b, err
}
