package usage

import "io"

// ahead reads while what was read before is parsed: unpacking costs as much time
// as parsing. Close ends and awaits its goroutine.
type ahead struct {
	full  chan block  // read, in order; closed after the last
	empty chan []byte // to be filled
	stop  chan struct{}
	block block
}

type block struct {
	whole, rest []byte // the buffer, and what of it is still to be given
	err         error  // after rest
}

// Blocks that are read ahead, and their size in bytes.
const (
	blocksAhead = 3
	blockSize   = 512 << 10
)

func newAhead(from io.Reader) *ahead {
	a := &ahead{full: make(chan block, blocksAhead), empty: make(chan []byte, blocksAhead), stop: make(chan struct{})}
	for range blocksAhead {
		a.empty <- make([]byte, blockSize)
	}
	go a.run(from)
	return a
}

func (a *ahead) run(from io.Reader) {
	defer close(a.full)
	for {
		select {
		case <-a.stop:
			return
		case b := <-a.empty:
			n, err := fill(from, b)
			a.full <- block{b, b[:n], err} // there is room for all
			if err != nil {
				return
			}
		}
	}
}

// fill reads until b is full or the reader ends, in whatever way.
func fill(from io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = from.Read(b[n:])
		n += m
	}
	return n, err
}

// Read is for one goroutine.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.block.rest) == 0 {
		if a.block.err != nil {
			return 0, a.block.err
		}
		if a.block.whole != nil {
			a.empty <- a.block.whole
		}
		next, ok := <-a.full
		if !ok {
			return 0, io.EOF
		}
		a.block = next
	}
	n := copy(p, a.block.rest)
	a.block.rest = a.block.rest[n:]
	return n, nil
}

// Close ends reading ahead and waits until it has ended.
func (a *ahead) Close() {
	close(a.stop)
	for range a.full { // until it is closed
	}
}
