package unpack

import (
	"io"

	"github.com/klauspost/compress/gzip"
)

var gzipFormat = Format{
	Name: "gzip",
	Doc:  "Compressed streams of any number of parts (RFC 1952), names and comments in their headers, and bytes behind them.",
	head: gzipHead,
	walk: walkGzip,
}

func gzipHead(h []byte) bool {
	return len(h) >= 10 && h[0] == 0x1f && h[1] == 0x8b && h[2] == 8 && h[3] < 32
}

func walkGzip(w *walker, b *box) error {
	g := &gunzip{in: b.stream}
	z, err := gzip.NewReader(b.stream)
	if err != nil {
		return err
	}
	defer z.Close()
	z.Multistream(false)
	g.z = z
	l := w.layer(g, &b.taken)
	if err := w.visit(entry{beside: g.header(), r: l, size: -1}); err != nil {
		return err
	}
	if err := l.drain(); err != nil {
		return err
	}
	return w.rest(b.stream, g.notes)
}

// rest yields what stands behind the end of a container, unless that is only
// zeros.
func (w *walker) rest(s *stream, beside []byte) error {
	for {
		c, err := s.ReadByte()
		if err != nil {
			break
		}
		if c != 0 {
			_ = s.UnreadByte()
			return w.visit(entry{beside: beside, r: s, size: -1, plain: true})
		}
	}
	if len(beside) > 0 {
		return w.visit(entry{beside: beside})
	}
	return nil
}

// gunzip reads the parts of a stream one after the other. A part with a bad
// checksum does not end it.
type gunzip struct {
	in    *stream
	z     *gzip.Reader
	notes []byte // headers of all parts but the first
	bad   error
}

const mostNotes = 64 << 10

func (g *gunzip) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if err == gzip.ErrChecksum {
			g.bad, err = err, io.EOF
		}
		if n > 0 && err == io.EOF {
			return n, nil
		}
		if err != io.EOF {
			return n, err
		}
		if head, _ := g.in.Peek(10); !gzipHead(head) {
			if g.bad != nil {
				return 0, g.bad
			}
			return 0, io.EOF
		}
		if err := g.z.Reset(g.in); err != nil {
			return 0, err
		}
		g.z.Multistream(false)
		if h := g.header(); len(g.notes)+len(h) < mostNotes {
			g.notes = append(g.notes, h...)
		}
	}
}

func (g *gunzip) header() []byte {
	var out []byte
	for _, s := range []string{g.z.Name, g.z.Comment, string(g.z.Extra)} {
		if s != "" {
			out = append(append(out, s...), '\n')
		}
	}
	return out
}
