package unpack

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"
)

// scanZip visits the members whose headers it meets while it reads forwards,
// without a directory, and yields the bytes between them.
func scanZip(w *walker, s *stream) error {
	for {
		more, err := w.foreign(s)
		if err != nil || !more {
			return err
		}
		l, err := readZipLocal(s)
		if err != nil {
			return err
		}
		if err := w.scanned(s, l); err != nil {
			return err
		}
	}
}

// foreign yields the bytes before the next header of a member, and reports
// whether there is one.
func (w *walker) foreign(s *stream) (bool, error) {
	u := &until{s: s, marks: []string{zipLocal}}
	head := w.foreignHead(u)
	if len(head) >= shortestGap {
		r := io.MultiReader(bytes.NewReader(bytes.Clone(head)), u)
		if err := w.visit(entry{r: r, size: -1, plain: true}); err != nil {
			return false, err
		}
	}
	if _, err := io.CopyBuffer(onlyWriter{io.Discard}, u, w.scrap()); err != nil {
		return false, err
	}
	next, _ := s.Peek(len(zipLocal))
	return string(next) == zipLocal, nil
}

func (w *walker) foreignHead(u *until) []byte {
	buf := w.scrap()[:shortestGap]
	n, _ := io.ReadFull(u, buf)
	return buf[:n]
}

// scanned visits the member whose header was read.
func (w *walker) scanned(s *stream, l zipLocalHeader) error {
	if l.packed >= 0 {
		p := &part{r: s, n: l.packed}
		err := w.scannedPart(p, l)
		if err == nil {
			err = p.skip(w)
		}
		return err
	}
	if l.encrypted {
		if err := w.tellOf(l.name, &Cut{Reason: Encrypted}); err != nil {
			return err
		}
		return w.visit(entry{name: l.name, beside: textExtra(l.extra)})
	}
	if l.method != 8 {
		u := &until{s: s, marks: []string{zipAfter, zipLocal, zipCentral}}
		in := w.open(u)
		defer w.close(in)
		if err := w.unpack(in, l.packing, l.name, textExtra(l.extra)); err != nil || w.lim.Pick == nil {
			return err
		}
		_, err := io.CopyBuffer(onlyWriter{io.Discard}, u, w.scrap())
		return err
	}
	z := w.inflater(s)
	defer w.inflated(z)
	layer := w.layer(z, &s.taken)
	if err := w.visit(entry{name: l.name, beside: textExtra(l.extra), r: layer, size: -1}); err != nil {
		return err
	}
	if err := w.tell(layer.drain()); err != nil {
		return err
	}
	return w.after(s, layer.out)
}

func (w *walker) scannedPart(p *part, l zipLocalHeader) error {
	if l.encrypted {
		if err := w.tellOf(l.name, &Cut{Reason: Encrypted, Bytes: l.unpacked}); err != nil {
			return err
		}
		return w.visit(entry{name: l.name, beside: textExtra(l.extra)})
	}
	in := w.open(p)
	defer w.close(in)
	return w.unpack(in, l.packing, l.name, textExtra(l.extra))
}

// after passes over the sizes that follow a member.
func (w *walker) after(s *stream, unpacked int64) error {
	rec, _ := s.Peek(24)
	if len(rec) < 16 || string(rec[:4]) != zipAfter {
		return nil
	}
	n := 16
	if len(rec) == 24 && binary.LittleEndian.Uint64(rec[16:]) == uint64(unpacked) {
		n = 24
	}
	_, err := s.Discard(n)
	return err
}

// until reads as far as the first of the marks.
type until struct {
	s     *stream
	marks []string
}

func (u *until) Read(p []byte) (int, error) {
	const longest = zipLocalSize
	head, err := u.s.Peek(max(2*longest, min(len(p), streamBuffer)))
	if len(head) == 0 {
		return 0, err
	}
	end := len(head)
	if len(head) > longest-1 && err == nil {
		end -= longest - 1
	}
	for _, m := range u.marks {
		if i := indexMark(head, m, err != nil); i >= 0 {
			end = min(end, i)
		}
	}
	if end == 0 {
		return 0, io.EOF
	}
	n := copy(p, head[:end])
	_, _ = u.s.Discard(n)
	return n, nil
}

// indexMark finds a mark. That of a member counts only if a header follows
// that makes sense; where too few bytes follow to tell, it counts unless it is
// at the very beginning or they are all there are.
func indexMark(head []byte, mark string, all bool) int {
	for from := 0; ; {
		i := bytes.Index(head[from:], []byte(mark))
		if i < 0 {
			return -1
		}
		i += from
		if mark != zipLocal || i > 0 && !all && len(head)-i < zipLocalSize || zipLocalLikely(head[i:]) {
			return i
		}
		from = i + len(mark)
	}
}

// zipDecoder makes the decoder for a member. free gives its memory back.
func (w *walker) zipDecoder(s *stream, p packing) (r io.Reader, free func(), err error) {
	switch p.method {
	case 0:
		return s, func() {}, nil
	case 8:
		z := w.inflater(s)
		return z, func() { w.inflated(z) }, nil
	case 12:
		return bzip2.NewReader(s), func() {}, nil
	case 14:
		return w.zipLzma(s, p)
	case 93:
		return w.zstd(s)
	case 95:
		x := &xzStream{w: w, in: s}
		return x, x.close, nil
	}
	return nil, nil, unsupportedMethod(p.method)
}

// zipLzma puts the header of an LZMA file in place of the shorter one that a
// zip archive has.
func (w *walker) zipLzma(s *stream, p packing) (io.Reader, func(), error) {
	var h [9]byte
	if _, err := io.ReadFull(s, h[:]); err != nil {
		return nil, nil, short(err)
	}
	if binary.LittleEndian.Uint16(h[2:]) != 5 {
		return nil, nil, damaged(Corrupt, "LZMA properties")
	}
	header := binary.LittleEndian.AppendUint64(h[4:9:9], uint64(p.unpacked))
	return w.lzma(bufio.NewReader(io.MultiReader(bytes.NewReader(header), s)), header)
}

// inflater returns a decoder that reads s; inflated takes it back.
func (w *walker) inflater(s *stream) io.Reader {
	if n := len(w.flate); n > 0 {
		z := w.flate[n-1]
		w.flate = w.flate[:n-1]
		_ = z.(flate.Resetter).Reset(s, nil)
		return z
	}
	return flate.NewReader(s)
}

func (w *walker) inflated(z io.Reader) { w.flate = append(w.flate, z) }
