package unpack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// walker is one walk through a container and all that is in it.
type walker struct {
	ctx   context.Context
	lim   Limits
	yield func(Member, error) bool

	formats []Format // All; passed here because the formats themselves come back to the walker
	path    string   // of the container being walked
	depth   int
	left    int64 // bytes that may still be unpacked
	members int
	held    int64 // bytes held in memory
	window  int64 // bytes of dictionaries in use

	*buffers
}

// buffers is the memory of a walk, used again by the next.
type buffers struct {
	streams []*stream   // not in use
	flate   []io.Reader // decoders not in use
	spare   []byte      // held before
	whole   []byte      // the member being yielded
	beside  []byte
	waste   []byte
	edges   [HeadSize + TailSize]byte // of the bytes being looked at
}

var used sync.Pool // of *buffers

func newWalker(ctx context.Context, size int64, lim Limits, yield func(Member, error) bool) *walker {
	left := lim.Bytes
	if size < left/lim.Ratio {
		left = min(left, nestSlack+size*lim.Ratio)
	}
	b, _ := used.Get().(*buffers)
	if b == nil {
		b = &buffers{}
	}
	return &walker{ctx: ctx, lim: lim, yield: yield, left: left, buffers: b}
}

// mostSpare bounds what a walk leaves for the next, in bytes.
const mostSpare = 4 << 20

func (w *walker) finish() {
	if cap(w.spare) > mostSpare {
		w.spare = nil
	}
	used.Put(w.buffers)
	w.buffers = nil
}

// box is the bytes of a container.
type box struct {
	at   io.ReaderAt // nil where they can only be read forwards
	size int64       // -1 where only reading tells
	*stream
}

// entry is what a container holds at one place. The bytes come from at, if
// there is one, or else from r; neither means that there are none.
type entry struct {
	name   []byte
	beside []byte
	at     io.ReaderAt
	r      io.Reader
	size   int64       // -1 where only reading tells
	plain  bool        // not to be taken for a container
	wish   wish        // what Pick said of it
	still  io.ReaderAt // the same bytes as r, back and forth; nil where that cannot be
}

func (w *walker) root(r io.ReaderAt, size int64) {
	at := &origin{ctx: w.ctx, r: r}
	f := w.detect(at, size)
	if f == nil {
		return
	}
	err := w.enter(f, entry{at: at, size: size}, nil)
	if err == nil || errors.Is(err, errStop) {
		return
	}
	var c *Cut
	if errors.As(err, &c) {
		err = c
	}
	w.yield(Member{}, err)
}

// origin tells errors of the outermost bytes from damage.
type origin struct {
	ctx   context.Context
	r     io.ReaderAt
	fault atomic.Pointer[Cut] // the first; it is told once
}

func (o *origin) ReadAt(p []byte, off int64) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := o.r.ReadAt(p, off)
	if err == nil || err == io.EOF {
		return n, err
	}
	o.fault.CompareAndSwap(nil, &Cut{Reason: Unreadable, Detail: printable([]byte(err.Error()))})
	return n, o.fault.Load()
}

// detect tells the format of bytes that can be read anywhere.
func (w *walker) detect(at io.ReaderAt, size int64) *Format {
	head := w.edges[:min(HeadSize, max(size, 0))]
	n, _ := at.ReadAt(head, 0)
	head = head[:n]
	if size <= HeadSize {
		return sniff(w.formats, head, head)
	}
	tail := w.edges[HeadSize:][:min(TailSize, size)]
	n, _ = at.ReadAt(tail, size-int64(len(tail)))
	return sniff(w.formats, head, tail[:n])
}

// visit yields an entry, or what is in it. An error unwinds the walk.
func (w *walker) visit(e entry) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.members++; w.members > w.lim.Members {
		return w.last(fmt.Sprintf("more than %d members", w.lim.Members))
	}
	if e.wish == unasked && (e.at != nil || e.r != nil) {
		e.wish = w.ask(e.name, e.size)
	}
	outer := w.path
	defer func() { w.path = outer }()
	if len(e.name) > 0 {
		w.path += "!" + printable(e.name)
	}
	if e.wish == unwanted {
		return w.give(entry{name: e.name, beside: e.beside}, Member{Size: e.size, Reader: nothing{}, Passed: true})
	}
	if e.at == nil && e.r == nil {
		return w.give(e, Member{Whole: []byte{}, Reader: bytes.NewReader(nil)})
	}
	if w.closed(outer, e.name) {
		if at := e.back(); at != nil {
			return w.give(e, Member{Size: e.size, Reader: io.NewSectionReader(at, 0, e.size)})
		}
		e.plain = true
	}
	if e.at != nil {
		f := (*Format)(nil)
		if !e.plain {
			f = w.detect(e.at, e.size)
		}
		if f != nil {
			return w.inner(f, e, nil)
		}
		e.r = io.NewSectionReader(e.at, 0, e.size)
		return w.leaf(e)
	}
	if e.plain {
		return w.leaf(e)
	}
	s := w.open(e.r)
	defer w.close(s)
	e.r = s
	head, _ := s.Peek(HeadSize)
	if f := sniff(w.formats, head, nil); f != nil {
		return w.inner(f, e, s)
	}
	return w.leaf(e)
}

// inner enters a container that is an entry of another.
func (w *walker) inner(f *Format, e entry, s *stream) error {
	if w.depth >= w.lim.Depth {
		if err := w.tell(damaged(Deep, f.Name)); err != nil {
			return err
		}
		if e.at != nil {
			e.r = io.NewSectionReader(e.at, 0, e.size)
		}
		return w.leaf(e)
	}
	if len(e.name)+len(e.beside) > 0 {
		if err := w.give(e, Member{Whole: []byte{}, Reader: bytes.NewReader(nil)}); err != nil {
			return err
		}
		e.name, e.beside = nil, nil
	}
	return w.enter(f, e, s)
}

// enter walks through a container. s reads it, if that has begun.
func (w *walker) enter(f *Format, e entry, s *stream) error {
	if e.at == nil && f.random {
		held, err := w.hold(e.r, e.size)
		defer func() { w.letGo(held) }()
		if err == errLarge {
			return w.unheld(f, e, held)
		}
		if tellErr := w.tell(err); tellErr != nil {
			return tellErr
		}
		e.at, e.size, s = bytes.NewReader(held), int64(len(held)), nil
	}
	if s == nil {
		s = w.open(io.NewSectionReader(e.at, 0, e.size))
		defer w.close(s)
	}
	before := w.members
	w.depth++
	err := f.walk(w, &box{at: e.at, size: e.size, stream: s})
	w.depth--
	if err = w.tell(err); err != nil {
		return err
	}
	if w.members == before && e.at != nil {
		return w.leaf(entry{r: io.NewSectionReader(e.at, 0, e.size), size: e.size, plain: true})
	}
	return nil
}

// unheld yields a container that is too large to hold.
func (w *walker) unheld(f *Format, e entry, held []byte) error {
	s := w.open(io.MultiReader(bytes.NewReader(held), e.r))
	defer w.close(s)
	if f.scan != nil {
		w.depth++
		err := f.scan(w, s)
		w.depth--
		return w.tell(err)
	}
	if err := w.tell(damaged(Large, f.Name)); err != nil {
		return err
	}
	return w.leaf(entry{r: s, size: e.size, plain: true})
}

var errLarge = errors.New("too large to hold")

// hold reads r into memory, as far as the limit goes. What it returns counts
// as held until the caller lets go of it, whatever the error.
func (w *walker) hold(r io.Reader, size int64) ([]byte, error) {
	room := w.lim.Held - w.held
	if size > room {
		return nil, errLarge
	}
	held := w.spare[:0:min(int64(cap(w.spare)), max(room, 0))]
	w.spare = nil
	if want := min(max(size, 4<<10)+1, max(room, 0)); int64(cap(held)) < want {
		held = make([]byte, 0, want)
	}
	for {
		if len(held) == cap(held) {
			if int64(cap(held)) >= room {
				w.held += int64(cap(held))
				return held, errLarge
			}
			held = append(make([]byte, 0, min(int64(cap(held))*2, room)), held...)
		}
		n, err := r.Read(held[len(held):cap(held)])
		held = held[:len(held)+n]
		if err != nil {
			w.held += int64(cap(held))
			if err == io.EOF {
				err = nil
			}
			return held, err
		}
	}
}

// letGo takes back what hold returned.
func (w *walker) letGo(held []byte) {
	w.held -= int64(cap(held))
	if cap(held) > cap(w.spare) {
		w.spare = held[:0]
	}
}

// leaf yields an entry that is no container, from e.r.
func (w *walker) leaf(e entry) error {
	q := &quiet{r: e.r}
	n := w.fill(q, e.size)
	whole := w.whole[:n]
	if !q.done {
		return w.yieldAll(e, Member{Size: e.size, Reader: io.MultiReader(bytes.NewReader(whole), q)}, q)
	}
	if !e.plain && e.at == nil && q.err == nil {
		tail := whole[max(0, n-TailSize):]
		if f := sniff(w.formats, whole[:min(n, HeadSize)], tail); f != nil {
			held := bytes.Clone(whole)
			w.held += int64(n)
			defer func() { w.held -= int64(n) }()
			return w.inner(f, entry{name: e.name, beside: e.beside, at: bytes.NewReader(held), size: int64(n)}, nil)
		}
	}
	return w.yieldAll(e, Member{Size: int64(n), Whole: whole, Reader: bytes.NewReader(whole)}, q)
}

func (w *walker) yieldAll(e entry, m Member, q *quiet) error {
	if err := w.give(e, m); err != nil {
		return err
	}
	return w.tell(q.err)
}

// fill reads up to WholeSize bytes into w.whole. It tries for one more, so that
// r is known to be done.
func (w *walker) fill(r io.Reader, size int64) int {
	if want := min(max(size, 4<<10), WholeSize) + 1; int64(len(w.whole)) < want {
		w.whole = make([]byte, want)
	}
	n := 0
	for {
		k, err := r.Read(w.whole[n:])
		n += k
		if err != nil || n > WholeSize {
			return n
		}
		if n == len(w.whole) {
			w.whole = append(w.whole, make([]byte, min(n, WholeSize+1-n))...)
		}
	}
}

// quiet ends where r fails, and keeps the error.
type quiet struct {
	r    io.Reader
	err  error
	done bool
}

func (q *quiet) Read(p []byte) (int, error) {
	if q.done {
		return 0, io.EOF
	}
	n, err := q.r.Read(p)
	if err == nil {
		return n, nil
	}
	q.done = true
	if err != io.EOF {
		q.err = err
	}
	return n, io.EOF
}

// give yields a member with the names of e.
func (w *walker) give(e entry, m Member) error {
	b := w.beside[:0]
	b = append(b, e.name...)
	if len(e.beside) > 0 {
		if len(b) > 0 {
			b = append(b, '\n')
		}
		b = append(b, e.beside...)
	}
	w.beside = b
	m.Path, m.Beside = w.path, b
	m.At = e.back()
	if !w.yield(m, nil) {
		return errStop
	}
	return nil
}

// tell yields a failure, unless it was told or unwinds the walk.
func (w *walker) tell(err error) error {
	if err == nil || ends(err) {
		return err
	}
	c := cutOf(err)
	if c.told {
		return nil
	}
	c.told, c.Path = true, w.path
	if !w.yield(Member{}, c) {
		return errStop
	}
	return nil
}

// last makes the error that ends the walk.
func (w *walker) last(detail string) error {
	return &Cut{Path: w.path, Reason: Bomb, Detail: detail, last: true}
}

// charge takes n bytes from the budget.
func (w *walker) charge(n int64) error {
	if w.left -= n; w.left < 0 {
		return w.last("too many bytes unpacked in all")
	}
	return nil
}

// reserve sets n bytes of dictionary aside; release gives them back. Cleared
// memory costs time, so it is charged a little even where nothing comes of it.
func (w *walker) reserve(n int64) error {
	if n > w.lim.Window-w.window {
		return damaged(Memory, fmt.Sprintf("%d bytes", n))
	}
	if err := w.charge(n / 8); err != nil {
		return err
	}
	w.window += n
	return nil
}

func (w *walker) release(n int64) { w.window -= n }

// scrap is a buffer for bytes that nobody reads.
func (w *walker) scrap() []byte {
	if w.waste == nil {
		w.waste = make([]byte, 32<<10)
	}
	return w.waste
}
