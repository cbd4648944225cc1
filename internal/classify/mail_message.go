package classify

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"

	"github.com/overgrant/overgrant"
)

var outlookMessageReader = Reader{
	Name: "outlook_message",
	Doc:  "Single messages of Outlook (MSG): class, sender and receivers.",
	Sniff: func(head, name []byte) bool {
		return bytes.HasPrefix(head, []byte(compoundMagic)) && (hasEnding(name, ".msg") || hasEnding(name, ".oft"))
	},
	Read: readOutlookMessage,
}

const compoundMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// maxEntries bounds how many streams of a message are looked at. One with many
// attachments has some thousands.
const maxEntries = 20_000

func readOutlookMessage(ctx context.Context, p Piece) (r Result, err error) {
	m := newMeter(ctx, p)
	var people overgrant.Crowd
	class, found := "", false
	defer func() {
		// The library indexes into tables that the file gives.
		if e := recover(); e != nil {
			r, err = m.result(errDamaged)
		}
	}()
	at := &chunks{m: m, left: maxDirectory}
	doc, err := mscfb.New(io.NewSectionReader(at, 0, p.Size))
	at.left = maxProperties
	for n := 0; err == nil && n < maxEntries; n++ {
		var entry *mscfb.File
		if entry, err = doc.Next(); err != nil {
			break
		}
		if entry.Name == "__properties_version1.0" && len(entry.Path) == 0 {
			found = true
		}
		property, ok := strings.CutPrefix(entry.Name, "__substg1.0_")
		if !ok || len(property) != 8 || entry.Size > 64<<10 || attached(entry.Path) {
			continue
		}
		switch property[:4] {
		case "001A":
			if len(entry.Path) == 0 {
				class, err = messageText(entry, property)
			}
		case "0C1F", "5D01", "3003", "39FE": // addresses of the sender and of receivers
			var who string
			if who, err = messageText(entry, property); strings.Contains(who, "@") {
				people.Join(hash(p.Salt, person([]byte(who))))
			}
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		err = nil
	case err != nil && !errors.Is(err, errLimited) && ctx.Err() == nil && m.failed == nil:
		err = errDamaged
	}
	if err == nil && !found {
		return Result{}, ErrOther
	}
	of := &mail
	switch {
	case isChatClass(class):
		of = &chat
	case hasClass(class, "ipm.contact"):
		of = &addressBook
	}
	f := of.Find(p, 1)
	f.People, f.Hint = people, "Outlook, one message"
	if !found {
		f.Count, f.Hint = 0, ""
	}
	return m.result(err, f)
}

// Bounds of what the library may ask for: it looks up single numbers one by
// one, and what it keeps can grow with the square of the directory.
const (
	maxDirectory  = 384 << 10
	maxProperties = 64 << 20
)

// chunks reads in long runs what is asked for in small ones.
type chunks struct {
	m    *meter
	left int64 // bytes that may be asked for
	kept map[int64][]byte
}

const (
	chunkSize = 32 << 10
	maxChunks = 64
)

// ReadAt implements io.ReaderAt.
func (c *chunks) ReadAt(b []byte, off int64) (n int, err error) {
	if c.left -= int64(len(b)); c.left < 0 {
		return 0, errLimited
	}
	for n < len(b) {
		chunk, err := c.chunk((off + int64(n)) / chunkSize * chunkSize)
		if err != nil {
			return n, err
		}
		skip := (off + int64(n)) % chunkSize
		if skip >= int64(len(chunk)) {
			return n, io.EOF
		}
		n += copy(b[n:], chunk[skip:])
	}
	return n, nil
}

func (c *chunks) chunk(off int64) ([]byte, error) {
	if b, ok := c.kept[off]; ok {
		return b, nil
	}
	size := min(chunkSize, c.m.p.Size-off)
	if size <= 0 {
		return nil, io.EOF
	}
	b := make([]byte, size)
	n, err := c.m.ReadAt(b, off)
	if n < len(b) {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if len(c.kept) >= maxChunks {
		clear(c.kept)
	}
	if c.kept == nil {
		c.kept = map[int64][]byte{}
	}
	c.kept[off] = b
	return b, nil
}

// attached reports whether a path leads into an attachment.
func attached(path []string) bool {
	return len(path) > 0 && strings.HasPrefix(path[0], "__attach")
}

// messageText reads a property that is text.
func messageText(entry *mscfb.File, property string) (string, error) {
	b := make([]byte, entry.Size)
	n, err := io.ReadFull(entry, b)
	b = b[:n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	if property[4:] != "001F" {
		return strings.TrimRight(string(b), "\x00"), err
	}
	units := make([]uint16, n/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00"), err
}
