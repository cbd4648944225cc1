package disk

import (
	"io"
	"sync"
)

// pages keeps what was read of a reader lately, in pages of one size. It serves
// tables and folders, of which little is read at a time.
type pages struct {
	r    io.ReaderAt
	size int64 // bytes in r
	page int64 // bytes in a page
	most int   // pages kept

	mu   sync.Mutex
	held map[int64][]byte
	ring []int64 // numbers of the pages held, the oldest at next once it is full
	next int
}

// pageSize is what one read of metadata asks for.
const pageSize = 64 << 10

// newPages keeps up to bytes of r, which is size bytes long.
func newPages(r io.ReaderAt, size, bytes int64) *pages {
	return &pages{r: r, size: size, page: pageSize, most: int(max(1, bytes/pageSize)), held: map[int64][]byte{}}
}

// ReadAt reads p whole from off, or fails.
func (c *pages) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > c.size {
		return 0, io.ErrUnexpectedEOF
	}
	if int64(len(p)) > c.page*int64(c.most)/4 {
		return readFull(c.r, p, off)
	}
	for done := 0; done < len(p); {
		at := off + int64(done)
		page, err := c.get(at / c.page)
		if err != nil {
			return done, err
		}
		skip := at % c.page
		if skip >= int64(len(page)) {
			return done, io.ErrUnexpectedEOF
		}
		done += copy(p[done:], page[skip:])
	}
	return len(p), nil
}

// get gives page n, the last one possibly short.
func (c *pages) get(n int64) ([]byte, error) {
	c.mu.Lock()
	page, ok := c.held[n]
	c.mu.Unlock()
	if ok {
		return page, nil
	}
	page, err := readUpTo(c.r, n*c.page, c.page, c.size)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.held[n]; ok {
		return page, nil
	}
	if len(c.ring) < c.most {
		c.ring = append(c.ring, n)
	} else {
		delete(c.held, c.ring[c.next])
		c.ring[c.next] = n
		c.next = (c.next + 1) % c.most
	}
	c.held[n] = page
	return page, nil
}
