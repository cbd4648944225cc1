package unpack

import (
	"bufio"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// meter counts the bytes that were taken from r.
type meter struct {
	r    io.Reader
	n    int64
	most int // bytes of the next read; 0 where there is no bound
}

func (m *meter) Read(p []byte) (int, error) {
	if m.most > 0 && m.most < len(p) {
		p = p[:m.most]
		m.most *= 2
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	return n, err
}

// stream reads a container forwards. It is a flate.Reader, so decoders take
// from it no more than they need.
type stream struct {
	*bufio.Reader
	taken meter // reading ahead included
}

const streamBuffer = 32 << 10

// open returns a stream that reads r; close gives its buffer back.
func (w *walker) open(r io.Reader) *stream {
	var s *stream
	if n := len(w.streams); n > 0 {
		s, w.streams = w.streams[n-1], w.streams[:n-1]
	} else {
		s = &stream{Reader: bufio.NewReaderSize(nil, streamBuffer)}
	}
	s.seek(r)
	return s
}

func (s *stream) seek(r io.Reader) {
	s.taken.r, s.taken.most = r, 0
	s.Reset(&s.taken)
}

// firstGulp is how much is read behind bytes that were passed over: a header,
// which may be followed by more to pass over.
const firstGulp = 4 << 10

// jump goes past n bytes, as far as that does not take reading them, and
// returns how many that were.
func (s *stream) jump(n int64) int64 {
	passed, _ := s.Discard(int(min(n, int64(s.Buffered()))))
	done := int64(passed)
	at, ok := s.taken.r.(*io.SectionReader)
	if !ok || done == n {
		return done
	}
	from, _ := at.Seek(0, io.SeekCurrent)
	to, _ := at.Seek(max(from, min(from+n-done, at.Size())), io.SeekStart)
	s.taken.most = firstGulp
	return done + to - from
}

func (w *walker) close(s *stream) {
	s.taken = meter{}
	s.Reset(nil)
	w.streams = append(w.streams, s)
}

// layer bounds what one decoder gives. Its error is a *Cut or that of the
// context, and stays once it came.
type layer struct {
	w      *walker
	decode io.Reader
	packed *meter
	out    int64
	idle   int // reads in a row that gave nothing
	err    error
}

func (w *walker) layer(decode io.Reader, packed *meter) *layer {
	return &layer{w: w, decode: decode, packed: packed}
}

// Read reads from the decoder and charges the budget.
func (l *layer) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if err := l.w.ctx.Err(); err != nil {
		l.err = err
		return 0, err
	}
	n, err := readSafely(l.decode, p)
	l.out += int64(n)
	if l.idle++; n > 0 {
		l.idle = 0
	}
	l.err = l.bound(int64(n))
	switch {
	case l.err != nil:
	case err == nil && l.idle > 100:
		l.err = cutOf(io.ErrNoProgress)
	case err == io.EOF || err == nil || ends(err):
		l.err = err
	default:
		l.err = cutOf(err)
	}
	return n, l.err
}

// bound charges n bytes, and compares what came out with what went in.
func (l *layer) bound(n int64) error {
	if err := l.w.charge(n); err != nil {
		return err
	}
	if l.out > streamSlack && (l.out-streamSlack)/l.w.lim.Ratio > l.packed.n {
		return damaged(Bomb, fmt.Sprintf("%d bytes unpacked of %d", l.out, l.packed.n))
	}
	return nil
}

// drain reads what nobody asked for, so that what stands behind it is found.
func (l *layer) drain() error {
	if l.err != nil {
		return l.failure()
	}
	_, _ = io.CopyBuffer(onlyWriter{io.Discard}, l, l.w.scrap())
	return l.failure()
}

func (l *layer) failure() error {
	if l.err == io.EOF {
		return nil
	}
	return l.err
}

// onlyWriter hides io.Discard's ReadFrom, which allocates.
type onlyWriter struct{ io.Writer }

// readSafely turns a panic of a decoder on hostile bytes into an error.
func readSafely(r io.Reader, p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, damaged(Corrupt, "the decoder gave up")
		}
	}()
	return r.Read(p)
}

// openSafely does the same for what makes a decoder.
func openSafely(open func() (io.Reader, error)) (r io.Reader, err error) {
	defer func() {
		if recover() != nil {
			r, err = nil, damaged(Corrupt, "the decoder gave up")
		}
	}()
	return open()
}

// part reads the next n bytes of r; fewer are an error.
type part struct {
	r   io.Reader
	n   int64 // still to come
	err error
}

func (p *part) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.n <= 0 {
		return 0, io.EOF
	}
	if int64(len(b)) > p.n {
		b = b[:p.n]
	}
	n, err := p.r.Read(b)
	p.n -= int64(n)
	if err == io.EOF && p.n > 0 {
		err = &Cut{Reason: Truncated, Bytes: p.n}
	}
	if err != io.EOF {
		p.err = err
	}
	return n, err
}

// skip reads what is left of the part, or goes past it where members are picked.
func (p *part) skip(w *walker) error {
	if s, ok := p.r.(*stream); ok && w.lim.Pick != nil && p.err == nil {
		p.n -= s.jump(p.n)
	}
	_, err := io.CopyBuffer(onlyWriter{io.Discard}, p, w.scrap())
	return err
}

// proof compares what is read with a checksum and a size. A want below zero is
// not compared.
type proof struct {
	r    io.Reader
	sum  hash.Hash32
	want int64
	size int64 // bytes still missing
	any  bool  // size is not known
}

func checked(r io.Reader, crc, size int64) *proof {
	return &proof{r: r, sum: crc32.NewIEEE(), want: crc, size: size, any: size < 0}
}

func (c *proof) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum.Write(p[:n])
	c.size -= int64(n)
	if err == io.EOF && c.want >= 0 && (uint32(c.want) != c.sum.Sum32() || !c.any && c.size != 0) {
		err = errChecksum
	}
	return n, err
}
