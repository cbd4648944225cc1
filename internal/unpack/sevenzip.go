package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/bodgit/sevenzip"
)

var sevenzipFormat = Format{
	Name:      "7z",
	Doc:       "Archives with any of the coders LZMA, LZMA2, PPMd, BCJ, BCJ2, ARM, ARM64, PPC, SPARC, delta, deflate, bzip2, brotli and copy, with packed headers.",
	head:      func(h []byte) bool { return len(h) >= sevenSignatureSize && bytes.HasPrefix(h, []byte(sevenMagic)) },
	walk:      walkSevenzip,
	random:    true,
	directory: true,
}

const (
	sevenMagic         = "7z\xbc\xaf\x27\x1c"
	sevenSignatureSize = 32

	// largestHeader is how much of a header is read, in bytes.
	largestHeader = 32 << 20
)

// walkSevenzip reads the header itself, within bounds, and leaves to the
// sevenzip package what it is good at: each folder of packed streams is handed
// to it as a small archive of its own.
func walkSevenzip(w *walker, b *box) error {
	header, end, err := sevenHeader(w, b)
	if err != nil {
		return err
	}
	a, err := parseSevenzip(header, w.lim.Members)
	if err != nil {
		return err
	}
	if err := sevenFolders(w, b, a); err != nil {
		return err
	}
	for _, f := range a.empty {
		if err := w.visit(entry{name: f}); err != nil {
			return err
		}
	}
	if told, err := w.stray(b.size - end); told || err != nil {
		return err
	}
	if end < b.size {
		behind := io.NewSectionReader(b.at, end, b.size-end)
		return w.visit(entry{at: behind, size: behind.Size(), plain: true})
	}
	return nil
}

// sevenHeader returns the plain header, and where the archive ends.
func sevenHeader(w *walker, b *box) (header []byte, end int64, err error) {
	var h [sevenSignatureSize]byte
	if _, err := io.ReadFull(b.stream, h[:]); err != nil {
		return nil, 0, short(err)
	}
	le := binary.LittleEndian
	if crc32.ChecksumIEEE(h[12:]) != le.Uint32(h[8:]) {
		return nil, 0, damaged(Corrupt, "start header")
	}
	from, size := le.Uint64(h[12:]), le.Uint64(h[20:])
	if size == 0 {
		return nil, b.size, nil
	}
	if from > uint64(b.size) || size > uint64(b.size) || sevenSignatureSize+from+size > uint64(b.size) {
		return nil, 0, damaged(Truncated, "the header is missing")
	}
	if size > largestHeader {
		return nil, 0, damaged(Bomb, fmt.Sprintf("a header of %d bytes", size))
	}
	header = make([]byte, size)
	if _, err := b.at.ReadAt(header, sevenSignatureSize+int64(from)); err != nil && err != io.EOF {
		return nil, 0, err
	}
	end = sevenSignatureSize + int64(from+size)
	if crc32.ChecksumIEEE(header) != le.Uint32(h[28:]) {
		return nil, 0, damaged(Corrupt, "header checksum")
	}
	for range 4 {
		if header[0] != sevenEncodedHeader {
			return header, end, nil
		}
		if header, err = unpackHeader(w, b, header); err != nil {
			return nil, 0, err
		}
		if len(header) == 0 {
			break
		}
	}
	return nil, 0, damaged(Corrupt, "header")
}

// unpackHeader unpacks a header that is packed itself.
func unpackHeader(w *walker, b *box, packed []byte) ([]byte, error) {
	c := &cursor{b: packed[1:]}
	folders := c.streams(1)
	if c.bad || len(folders) != 1 {
		return nil, damaged(Corrupt, "packed header")
	}
	f := folders[0]
	if f.size > largestHeader {
		return nil, damaged(Bomb, fmt.Sprintf("a header of %d bytes", f.size))
	}
	l, free, err := f.open(w, b)
	if err != nil {
		return nil, err
	}
	defer free()
	header := make([]byte, f.size)
	if _, err := io.ReadFull(l, header); err != nil {
		return nil, short(err)
	}
	return header, nil
}

// sevenFolders visits the members of each folder in turn.
func sevenFolders(w *walker, b *box, a *sevenArchive) error {
	files := a.files
	for i := range a.folders {
		f := &a.folders[i]
		n := min(len(f.sizes), len(files))
		mine := files[:n]
		files = files[n:]
		if f.size == 0 && len(f.sizes) <= 1 {
			for _, name := range mine {
				if err := w.visit(entry{name: name}); err != nil {
					return err
				}
			}
			continue
		}
		if err := sevenMembers(w, b, f, mine); err != nil {
			return err
		}
	}
	return nil
}

// sevenMembers visits the members of a folder, whose bytes follow one another.
// What goes wrong in it leaves the other folders alone.
func sevenMembers(w *walker, b *box, f *sevenFolder, names [][]byte) error {
	wishes, last := f.ask(w, names)
	if last < 0 {
		return f.passOver(w, names, wishes, 0)
	}
	l, free, err := f.open(w, b)
	if err != nil {
		if err := w.tell(err); err != nil {
			return err
		}
		for _, name := range names {
			if err := w.visit(entry{name: name}); err != nil {
				return err
			}
		}
		return nil
	}
	defer free()
	for i, size := range f.sizes[:last+1] {
		p := &part{r: l, n: size}
		if err := w.visit(entry{name: f.name(names, i), r: checked(p, f.crcs[i], -1), size: size, wish: wishes[i]}); err != nil {
			return err
		}
		if err := p.skip(w); err != nil {
			return w.tell(err)
		}
	}
	return f.passOver(w, names, wishes, last+1)
}

// name is that of member i, which may have none.
func (f *sevenFolder) name(names [][]byte, i int) []byte {
	if i < len(names) {
		return names[i]
	}
	return nil
}

// ask tells which members of a folder are read, and which is the last of them.
func (f *sevenFolder) ask(w *walker, names [][]byte) (wishes []wish, last int) {
	wishes = make([]wish, len(f.sizes))
	if w.lim.Pick == nil {
		return wishes, len(f.sizes) - 1
	}
	last = -1
	for i, size := range f.sizes {
		if wishes[i] = w.ask(f.name(names, i), size); wishes[i] == wanted && size > 0 {
			last = i
		}
	}
	return wishes, last
}

// passOver visits the members from the one called from on, none of which is read.
func (f *sevenFolder) passOver(w *walker, names [][]byte, wishes []wish, from int) error {
	for i := from; i < len(f.sizes); i++ {
		if err := w.visit(entry{name: f.name(names, i), size: f.sizes[i], wish: wishes[i]}); err != nil {
			return err
		}
	}
	return nil
}

// open makes a reader of all the bytes of a folder.
func (f *sevenFolder) open(w *walker, b *box) (*layer, func(), error) {
	window, err := f.check()
	if err != nil {
		return nil, nil, err
	}
	if f.from < 0 || f.packed < 0 || f.from > b.size || f.packed > b.size-f.from {
		return nil, nil, &Cut{Reason: Truncated, Bytes: f.size}
	}
	if err := w.reserve(window); err != nil {
		return nil, nil, err
	}
	section := io.NewSectionReader(b.at, f.from, f.packed)
	a := f.archive(section)
	rc, err := openSafely(func() (io.Reader, error) {
		z, err := sevenzip.NewReader(a, a.size)
		if err != nil {
			return nil, err
		}
		return z.File[0].Open()
	})
	if err != nil {
		w.release(window)
		return nil, nil, sevenError(err)
	}
	free := func() {
		_ = rc.(io.Closer).Close()
		w.release(window)
	}
	return w.layer(rc, &a.taken), free, nil
}

func sevenError(err error) error {
	var r *sevenzip.ReadError
	if errors.As(err, &r) && r.Encrypted {
		return damaged(Encrypted, "")
	}
	return err
}

// sevenAt is an archive of one folder, as the sevenzip package wants to see it.
type sevenAt struct {
	head, tail []byte
	mid        *io.SectionReader
	size       int64
	taken      meter // bytes of mid that were read
}

// archive puts a signature before the packed streams of a folder and a header
// behind them.
func (f *sevenFolder) archive(packed *io.SectionReader) *sevenAt {
	h := []byte{sevenPlainHeader, 4, 6}
	h = appendSeven(h, 0, uint64(len(f.packs)))
	h = appendSeven(append(h, 9), f.packs...)
	h = append(h, 0, 7, 11)
	h = append(appendSeven(h, 1), 0)
	h = append(h, f.record...)
	h = appendSeven(append(h, 12), f.unpacked...)
	h = append(h, 0, 8, 13)
	h = appendSeven(h, 2) // two members, for then the size of each is taken from here
	h = appendSeven(append(h, 9), uint64(f.size))
	h = append(h, 0, 0, 5)
	h = append(appendSeven(h, 2), 0, 0)

	le := binary.LittleEndian
	start := le.AppendUint64(nil, uint64(packed.Size()))
	start = le.AppendUint64(start, uint64(len(h)))
	start = le.AppendUint32(start, crc32.ChecksumIEEE(h))
	head := append([]byte(sevenMagic), 0, 4)
	head = le.AppendUint32(head, crc32.ChecksumIEEE(start))
	return &sevenAt{
		head: append(head, start...), tail: h, mid: packed,
		size: sevenSignatureSize + packed.Size() + int64(len(h)),
	}
}

func (a *sevenAt) ReadAt(p []byte, off int64) (n int, err error) {
	bottom := sevenSignatureSize + a.mid.Size()
	for n < len(p) {
		at := off + int64(n)
		var k int
		switch {
		case at < sevenSignatureSize:
			k = copy(p[n:], a.head[at:])
		case at < bottom:
			q := p[n:min(int64(len(p)), int64(n)+bottom-at)]
			k, err = a.mid.ReadAt(q, at-sevenSignatureSize)
			a.taken.n += int64(k)
			if k == len(q) {
				err = nil
			}
		case at < a.size:
			k = copy(p[n:], a.tail[at-bottom:])
		default:
			err = io.EOF
		}
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// appendSeven appends numbers as the format writes them: the first byte tells
// in its highest bits how many follow.
func appendSeven(b []byte, numbers ...uint64) []byte {
	for _, v := range numbers {
		n := 0
		for n < 8 && v >= 1<<(7*(n+1)) {
			n++
		}
		first := byte(0xff) << (8 - n)
		if n < 8 {
			first |= byte(v >> (8 * n))
		}
		b = append(b, first)
		for i := range n {
			b = append(b, byte(v>>(8*i)))
		}
	}
	return b
}
