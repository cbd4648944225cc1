package unpack

import "io"

// wish is what Limits.Pick said of a member.
type wish uint8

const (
	unasked wish = iota
	wanted
	unwanted
)

// ask tells whether a member is read. Bytes without a name belong to the
// container, which was wanted.
func (w *walker) ask(name []byte, size int64) wish {
	if w.lim.Pick != nil && len(name) > 0 && size != 0 && !w.lim.Pick(w.path+"!"+printable(name), size) {
		return unwanted
	}
	return wanted
}

// closed tells whether a member of the container at path is yielded as it
// stands, though it may be a container itself.
func (w *walker) closed(path string, name []byte) bool {
	return w.lim.Closed != nil && len(name) > 0 && w.lim.Closed(path+"!"+printable(name))
}

// back gives the bytes of an entry back and forth; nil where that cannot be.
func (e *entry) back() io.ReaderAt {
	if e.at != nil {
		return e.at
	}
	return e.still
}

// mostStray is how many bytes between members are read where members are
// picked.
const mostStray = 64 << 10

// stray tells of n bytes that belong to no member, if they are too many to be
// read.
func (w *walker) stray(n int64) (told bool, err error) {
	if w.lim.Pick == nil || n <= mostStray {
		return false, nil
	}
	return true, w.tell(&Cut{Reason: Stray, Bytes: n})
}

// nothing is a reader of no bytes.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// view reads what lies below, and holds one run of its bytes in memory. Reading
// never moves the run, so that many may read at once; keep does.
type view struct {
	at   io.ReaderAt
	size int64
	from int64
	held []byte
}

// keep reads n bytes from off on, unless they are held, in one piece. What
// cannot be read shows when it is asked for.
func (v *view) keep(off, n int64) {
	n = min(n, v.size-off)
	if n <= 0 || off >= v.from && off+n <= v.from+int64(len(v.held)) {
		return
	}
	if int64(cap(v.held)) < n {
		v.held = make([]byte, n)
	}
	got, err := v.at.ReadAt(v.held[:n], off)
	if err != nil && err != io.EOF {
		got = 0
	}
	v.from, v.held = off, v.held[:got]
}

func (v *view) ReadAt(p []byte, off int64) (int, error) {
	i := off - v.from
	if i < 0 || i >= int64(len(v.held)) {
		return v.at.ReadAt(p, off)
	}
	n := copy(p, v.held[i:])
	if n == len(p) {
		return n, nil
	}
	more, err := v.at.ReadAt(p[n:], off+int64(n))
	return n + more, err
}
