package classify

import (
	"context"
	"errors"
	"io"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify/leveldb"
	"github.com/overgrant/overgrant/internal/classify/pst"
	"github.com/overgrant/overgrant/internal/classify/sqlite"
)

var (
	errLimited = errors.New("the limit of the piece is reached")
	errDamaged = errors.New("damaged")
)

// meter reads a piece, counts the bytes and stops at the limit of the piece.
type meter struct {
	stop  func() error // says whether to go on, and why not
	p     Piece
	left  int64
	read  int64
	short bool // something was passed over

	failed error // of the last read that failed, but for ends

	run     []byte // bytes of the last window
	runFrom int64
}

// reread is how often the bytes of a piece that is read without a limit may be
// read, on average: the nodes of a tree are, more than once.
const reread = 4

func newMeter(ctx context.Context, p Piece) *meter {
	m := &meter{stop: ctx.Err, p: p, left: p.Limit}
	if p.Limit >= p.Size || p.Limit <= 0 {
		m.left = reread*p.Size + 1<<20
	}
	return m
}

// ReadAt implements io.ReaderAt.
func (m *meter) ReadAt(b []byte, off int64) (int, error) {
	if err := m.stop(); err != nil {
		return 0, err
	}
	if int64(len(b)) > m.left {
		return 0, errLimited
	}
	n, err := m.p.At.ReadAt(b, off)
	m.read += int64(n)
	m.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		m.failed = err
	}
	return n, err
}

// stream returns a reader of the whole piece, in long runs. At the limit it
// fails with errLimited, after all that may be read.
func (m *meter) stream() io.Reader { return &stream{m: m} }

// runLength is how many bytes a stream reads at once.
const runLength = 1 << 20

type stream struct {
	m   *meter
	off int64
	buf []byte
	at  int
}

func (s *stream) Read(b []byte) (int, error) {
	if s.at == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(b, s.buf[s.at:])
	s.at += n
	return n, nil
}

func (s *stream) fill() error {
	length := min(runLength, s.m.p.Size-s.off)
	if length <= 0 {
		return io.EOF
	}
	if length > s.m.left {
		if length = s.m.left; length <= 0 {
			return errLimited
		}
	}
	if s.buf == nil {
		s.buf = make([]byte, length)
	}
	s.buf = s.buf[:length]
	n, err := s.m.ReadAt(s.buf, s.off)
	s.buf, s.at = s.buf[:n], 0
	s.off += int64(n)
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// result makes the result of a Reader that ended with err. Finds that count
// nothing and hint at nothing are left out.
func (m *meter) result(err error, finds ...overgrant.Find) (Result, error) {
	r := Result{Read: min(m.read, m.p.Size)}
	switch {
	case err == nil && !m.short:
		r.Complete = true
	case errors.Is(err, errLimited):
		r.Reason, err = Limited, nil
	case m.short || isDamage(err):
		r.Reason = Damaged
		if isDamage(err) {
			err = nil
		}
	}
	for _, f := range finds {
		if f.Count == 0 && f.Hint == "" {
			continue
		}
		f.AtLeast = f.AtLeast || !r.Complete
		r.Finds = append(r.Finds, f)
	}
	return r, err
}

// isDamage tells bad input from input that could not be had.
func isDamage(err error) bool {
	for _, bad := range []error{errDamaged, io.ErrUnexpectedEOF, io.EOF, leveldb.ErrDamaged, sqlite.ErrDamaged, sqlite.ErrLarge, pst.ErrDamaged} {
		if errors.Is(err, bad) {
			return true
		}
	}
	return false
}
