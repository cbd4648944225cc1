package unpack

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

var arFormat = Format{
	Name: "ar",
	Doc:  "Archives of static libraries and Debian packages, with long names of the GNU and the BSD kind.",
	head: func(h []byte) bool { return bytes.HasPrefix(h, []byte(arMagic)) },
	walk: walkAr,
}

const (
	arMagic      = "!<arch>\n"
	arHeaderSize = 60
)

func walkAr(w *walker, b *box) error {
	if _, err := b.Discard(len(arMagic)); err != nil {
		return short(err)
	}
	var names []byte // the table of long names
	for {
		var h [arHeaderSize]byte
		n, err := io.ReadFull(b.stream, h[:])
		if errors.Is(err, io.EOF) || n == 1 && h[0] == '\n' {
			return nil
		}
		size, ok := arNumber(h[48:58])
		if err == nil && (string(h[58:]) != "`\n" || !ok) {
			err = damaged(Corrupt, "header")
		}
		if err != nil {
			return w.remains(h[:n], b.stream, err)
		}
		p := &part{r: b.stream, n: size}
		name := bytes.TrimRight(h[:16], " ")
		if string(name) == "//" && size <= longestPax {
			if names, err = io.ReadAll(p); err != nil {
				return w.remains(names, b.stream, err)
			}
			err = w.visit(entry{beside: names})
		} else {
			if name, err = arName(name, names, p); err != nil {
				return err
			}
			err = w.visit(entry{name: name, r: p, size: p.n})
		}
		if err != nil {
			return err
		}
		if err := p.skip(w); err != nil {
			return err
		}
		if size&1 != 0 {
			_, _ = b.Discard(1)
		}
	}
}

// remains yields bytes that are not understood, and all behind them.
func (w *walker) remains(head []byte, s *stream, cause error) error {
	r := io.MultiReader(bytes.NewReader(bytes.Clone(head)), s)
	if err := w.visit(entry{r: r, size: -1, plain: true}); err != nil {
		return err
	}
	return cause
}

// arName finds the whole name of a member: in the table, or before its bytes.
func arName(name, names []byte, p *part) ([]byte, error) {
	if long, ok := bytes.CutPrefix(name, []byte("#1/")); ok {
		if n, ok := arNumber(long); ok && n <= p.n && n <= longestPax {
			name = make([]byte, n)
			_, err := io.ReadFull(p, name)
			return bytes.TrimRight(name, "\x00"), short(err)
		}
	}
	if len(name) > 1 && name[0] == '/' {
		if at, ok := arNumber(name[1:]); ok && at < int64(len(names)) {
			name = names[at:]
			if end := bytes.IndexByte(name, '\n'); end >= 0 {
				name = name[:end]
			}
		}
	}
	if len(name) > 1 {
		name = bytes.TrimSuffix(name, []byte("/"))
	}
	return bytes.Clone(name), nil
}

func arNumber(field []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(bytes.TrimRight(field, " ")), 10, 63)
	return n, err == nil && n >= 0
}
