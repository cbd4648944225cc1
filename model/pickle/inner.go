package pickle

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
)

// sub is the n bytes of r from off on; a view that costs nothing.
type sub struct {
	r      io.ReaderAt
	off, n int64
}

func (s sub) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= s.n {
		return 0, io.EOF
	}
	if rest := s.n - off; int64(len(b)) > rest {
		n, err := s.r.ReadAt(b[:rest], s.off+off)
		if err == nil {
			err = io.EOF
		}
		return n, err
	}
	return s.r.ReadAt(b, s.off+off)
}

// Size returns the number of bytes, or more than any file has.
func (s sub) Size() int64 { return s.n }

// unpackedMax bounds what is decoded in memory of one constant.
const unpackedMax = 1 << 20

// decodeArgs hands the bytes among the arguments of a call to Inner where the
// call is one that may load them.
func (m *machine) decodeArgs(args slot, level Level) {
	items, _, ok := m.items(args)
	if !ok || m.opt.Inner == nil || level == Info {
		return
	}
	for _, v := range items {
		k := v.kind()
		if k == kBytes || k == kText || k == kQuoted || k == kDerived {
			m.hand(v)
		}
	}
}

// hand gives the bytes that v holds to Inner. It reports whether there were any
// that could be followed.
func (m *machine) hand(v slot) bool {
	key, ok := m.rooted(v, 4)
	if _, again := m.handed[key]; ok && again {
		return true
	}
	if len(m.handed) >= handedMax {
		return false
	}
	if ok {
		m.handed[key] = struct{}{}
	}
	if v.kind() == kBytes {
		off, n := v.place()
		size := n
		if n == lenMax {
			n, size = m.extent(off)
		}
		m.opt.Inner(Inner{R: sub{m.r, off, n}, Size: size, Offset: m.opAt})
		return true
	}
	b := m.unpack(v, 4)
	if len(b) < 4 {
		return false
	}
	m.opt.Inner(Inner{R: bytes.NewReader(b), Size: int64(len(b)), Offset: m.opAt})
	return true
}

// handedMax bounds the constants of one pickle that loaders get; each is read
// but once.
const handedMax = 1 << 14

// handedKey is a constant and how it was decoded.
type handedKey struct {
	off     int64
	codings string
}

// rooted returns where the constant stands that a value is decoded from, and
// how.
func (m *machine) rooted(v slot, depth int) (key handedKey, ok bool) {
	if v.kind() == kDerived && depth > 0 {
		d := &m.derived[v.payload()]
		key, ok = m.rooted(d.fn, depth-1)
		key.codings += d.coding + " "
		return key, ok
	}
	if v.kind() != kBytes && !v.textual() {
		return key, false
	}
	key.off, _ = v.place()
	return key, true
}

// extent returns how far the long constant at off reaches. Where that is no
// longer known its size is -1; a pickle in it ends itself.
func (m *machine) extent(off int64) (n, size int64) {
	for _, c := range m.big {
		if c.off == off {
			return c.n, c.n
		}
	}
	return 1 << 50, -1
}

// unpack decodes a value into bytes, at most unpackedMax of them.
func (m *machine) unpack(v slot, depth int) []byte {
	if depth == 0 {
		return nil
	}
	switch v.kind() {
	case kText, kEscaped, kQuoted, kBytes:
		off, n := v.place()
		if n == lenMax {
			n = unpackedMax
		}
		return guess(decode(v.kind(), m.look(off, int(n))), depth)
	case kDerived:
		d := &m.derived[v.payload()]
		if d.what != dBytes {
			return nil
		}
		b := m.unpack(d.fn, depth-1)
		if d.coding == "latin1" {
			return latin1(b)
		}
		return undo(d.coding, b)
	}
	return nil
}

// guess decodes text that is base64 or hex of a pickle; other text stays.
func guess(s string, depth int) []byte {
	if depth < 4 || len(s) < 8 {
		return []byte(s)
	}
	for _, coding := range []string{"base64", "hex"} {
		if b := undo(coding, []byte(s)); len(b) > 2 && (b[0] == 0x80 && b[1] <= 5 || b[0] == 'c' || b[0] == '(' || b[0] == 0x1f || b[0] == 'x') {
			return b
		}
	}
	return []byte(s)
}

// latin1 turns UTF-8 back into the bytes that its runes stand for.
func latin1(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if r > 0xff {
			return b
		}
		out = append(out, byte(r))
	}
	return out
}

func undo(coding string, b []byte) []byte {
	var r io.Reader
	var err error
	switch coding {
	case "base64":
		s := strings.Map(func(r rune) rune {
			switch r {
			case '\n', '\r', ' ', '=':
				return -1
			case '-':
				return '+'
			case '_':
				return '/'
			}
			return r
		}, string(b))
		out, err := base64.RawStdEncoding.DecodeString(s)
		if err != nil {
			return nil
		}
		return out
	case "hex":
		out, err := hex.DecodeString(strings.TrimSpace(string(b)))
		if err != nil {
			return nil
		}
		return out
	case "zlib":
		r, err = zlib.NewReader(bytes.NewReader(b))
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(b))
	case "bz2":
		r = bzip2.NewReader(bytes.NewReader(b))
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(r, unpackedMax))
	return out
}
