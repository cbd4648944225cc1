package cloud

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// ErrBudget says that an object was not read on because what may be read of it
// was.
var ErrBudget = errors.New("read budget of the object is spent")

// Fetch reads n bytes at off, all of them lying in the object. It may be called
// by several goroutines at once.
type Fetch func(ctx context.Context, off, n int64) ([]byte, error)

// BlockOptions says how an object is read. The zero value is good for most.
type BlockOptions struct {
	Block  int64 // bytes of a block; 0 means 64 KiB, and all of an object of up to 1 MiB
	Ahead  int64 // bytes that are fetched at once where reads follow each other; 0 means 4 MiB
	Memory int64 // bytes that are kept; 0 means 16 MiB
	Budget int64 // bytes that may be fetched; 0 means no bound
}

const (
	defaultBlock  = 64 << 10
	wholeObject   = 1 << 20
	defaultAhead  = 4 << 20
	defaultMemory = 16 << 20
)

// Blocks is the content of an object that lies behind a network, read by the
// block. Blocks that were read are kept, up to a bound; where reads follow each
// other, ever more is fetched at once; a block that several ask for is fetched
// once. It is an overgrant.Content and safe for concurrent use.
type Blocks struct {
	ctx   context.Context // of all reads: io.ReaderAt has none
	size  int64
	fetch Fetch
	opt   BlockOptions

	fetched atomic.Int64

	mu   sync.Mutex
	runs map[int64]*run // by each block of them
	used *list.List     // of *run, the last used first
	kept int64          // bytes of them
	next int64          // the block behind the last one that was read
	span int64          // blocks that the next fetch may bring
}

// run is some blocks in a row that were fetched at once.
type run struct {
	first, n int64 // blocks
	data     []byte
	err      error
	done     chan struct{}
	place    *list.Element
}

// NewBlocks returns the content of an object of size bytes. ctx ends all reads.
func NewBlocks(ctx context.Context, size int64, fetch Fetch, opt BlockOptions) *Blocks {
	if opt.Block <= 0 {
		opt.Block = defaultBlock
		if size <= wholeObject {
			opt.Block = max(size, 1)
		}
	}
	if opt.Ahead <= 0 {
		opt.Ahead = defaultAhead
	}
	if opt.Memory <= 0 {
		opt.Memory = defaultMemory
	}
	return &Blocks{ctx: ctx, size: size, fetch: fetch, opt: opt, runs: map[int64]*run{}, used: list.New(), next: -1, span: 1}
}

// Size returns the size of the object, in bytes.
func (b *Blocks) Size() int64 { return b.size }

// Fetched returns how many bytes were fetched so far.
func (b *Blocks) Fetched() int64 { return b.fetched.Load() }

// Close lets go of what is kept. Reads under way end as they would have.
func (b *Blocks) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs, b.kept = map[int64]*run{}, 0
	b.used.Init()
	return nil
}

// ReadAt reads as io.ReaderAt says. It fails with ErrBudget where the budget
// would be passed, and otherwise as Fetch does.
func (b *Blocks) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("read at %d: negative", off)
	}
	if off >= b.size {
		return 0, io.EOF
	}
	end := min(b.size, off+int64(len(p)))
	for off < end {
		first := off / b.opt.Block
		r, err := b.run(first, (end-1)/b.opt.Block-first+1)
		if err != nil {
			return n, err
		}
		start := off - r.first*b.opt.Block
		if start >= int64(len(r.data)) {
			return n, io.ErrUnexpectedEOF
		}
		c := copy(p[n:], r.data[start:min(int64(len(r.data)), end-r.first*b.opt.Block)])
		n += c
		off += int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// run returns the run that holds block at, of which want blocks are read.
func (b *Blocks) run(at, want int64) (*run, error) {
	b.mu.Lock()
	r := b.runs[at]
	if r == nil {
		var err error
		if r, err = b.begin(at, want); err != nil {
			b.mu.Unlock()
			return nil, err
		}
		b.mu.Unlock()
		b.fill(r)
	} else {
		if r.place != nil {
			b.used.MoveToFront(r.place)
		}
		b.next = max(min(at+want, r.first+r.n), at+1)
		b.mu.Unlock()
	}
	select {
	case <-r.done:
		return r, r.err
	case <-b.ctx.Done():
		return nil, b.ctx.Err()
	}
}

// begin makes a run from block at on: the blocks that are wanted, more where
// reads follow each other, none that are there already.
func (b *Blocks) begin(at, want int64) (*run, error) {
	most := max(b.opt.Ahead/b.opt.Block, 1)
	if at == b.next {
		b.span = min(b.span*2, most)
	} else {
		b.span = 1
	}
	n := min(max(want, b.span), most, (b.size-1)/b.opt.Block-at+1)
	for i := int64(1); i < n; i++ {
		if b.runs[at+i] != nil {
			n = i
		}
	}
	if budget := b.opt.Budget; budget > 0 {
		for n > min(want, most) && b.fetched.Load()+b.length(at, n) > budget {
			n--
		}
		for n > 1 && b.fetched.Load()+b.length(at, n) > budget {
			n--
		}
		if b.fetched.Load()+b.length(at, n) > budget {
			return nil, ErrBudget
		}
	}
	b.fetched.Add(b.length(at, n))
	r := &run{first: at, n: n, done: make(chan struct{})}
	for i := range n {
		b.runs[at+i] = r
	}
	b.next = at + n
	return r, nil
}

// length returns how many bytes n blocks have. The last of an object is shorter.
func (b *Blocks) length(at, n int64) int64 {
	return min((at+n)*b.opt.Block, b.size) - at*b.opt.Block
}

// fill fetches a run. One that failed is forgotten, so that it can be tried
// again.
func (b *Blocks) fill(r *run) {
	want := b.length(r.first, r.n)
	r.data, r.err = b.fetch(b.ctx, r.first*b.opt.Block, want)
	if r.err == nil && int64(len(r.data)) != want {
		r.err = io.ErrUnexpectedEOF
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	defer close(r.done)
	if r.err != nil {
		b.fetched.Add(int64(len(r.data)) - want)
		b.forget(r)
		return
	}
	if b.runs[r.first] != r {
		return // closed meanwhile
	}
	r.place = b.used.PushFront(r)
	b.kept += want
	for b.kept > b.opt.Memory && b.used.Len() > 1 {
		old := b.used.Back().Value.(*run)
		b.used.Remove(old.place)
		b.kept -= int64(len(old.data))
		b.forget(old)
	}
}

func (b *Blocks) forget(r *run) {
	for i := range r.n {
		if b.runs[r.first+i] == r {
			delete(b.runs, r.first+i)
		}
	}
}
