package classify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
)

var firefoxLoginsReader = Reader{
	Name: "firefox_logins",
	Doc:  "Saved logins of Firefox (logins.json): how many there are.",
	Sniff: func(head, _ []byte) bool {
		head = bytes.TrimLeft(head, " \t\r\n")
		return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"logins"`)) && bytes.Contains(head, []byte(`"encryptedPassword"`))
	},
	Read: func(ctx context.Context, p Piece) (Result, error) {
		m := newMeter(ctx, p)
		f := browserStore.Find(p, 0)
		f.Hint = "Firefox logins"
		in := bufio.NewReaderSize(m.stream(), 64<<10)
		mark := []byte(`"encryptedPassword"`)
		for {
			b, err := in.Peek(in.Size())
			f.Count += int64(bytes.Count(b, mark))
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = nil
				}
				return m.result(err, f)
			}
			// A mark that begins here and ends in what follows is seen again.
			keep := len(mark) - 1
			_, _ = in.Discard(len(b) - keep)
		}
	},
}

var safariCookiesReader = Reader{
	Name:  "safari_cookies",
	Doc:   "Cookies of Safari and of programs on iOS and macOS (Cookies.binarycookies): how many there are.",
	Sniff: func(head, _ []byte) bool { return len(head) >= 8 && string(head[:4]) == "cook" },
	Read: func(ctx context.Context, p Piece) (Result, error) {
		m := newMeter(ctx, p)
		f := browserStore.Find(p, 0)
		f.Unit, f.Hint = "cookies", "Safari cookies"
		err := m.safariCookies(&f.Count)
		return m.result(err, f)
	},
}

// safariCookies counts cookies, page by page: each says how many it has.
func (m *meter) safariCookies(count *int64) error {
	const most = 1 << 20
	b, err := m.window(0, 8)
	if err != nil {
		return err
	}
	pages := int64(binary.BigEndian.Uint32(b[4:]))
	if pages > most || 8+4*pages > m.p.Size {
		return ErrOther
	}
	b, err = m.window(8, int(4*pages))
	if err != nil {
		return err
	}
	sizes := bytes.Clone(b)
	off := 8 + 4*pages
	for ; len(sizes) > 0; sizes = sizes[4:] {
		if b, err = m.window(off, 8); err != nil {
			return err
		}
		if binary.BigEndian.Uint32(b) != 0x100 {
			return errDamaged
		}
		size, n := int64(binary.BigEndian.Uint32(sizes)), int64(binary.LittleEndian.Uint32(b[4:]))
		if n > size/48 { // the least that a cookie has
			return errDamaged
		}
		*count += n
		off += size
	}
	return nil
}
