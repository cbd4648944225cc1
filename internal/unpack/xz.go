package unpack

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

var xzFormat = Format{
	Name: "xz",
	Doc:  "Compressed streams with LZMA2, also several in a row; other filters are told as unsupported.",
	head: func(h []byte) bool { return len(h) >= 12 && bytes.HasPrefix(h, []byte(xzMagic)) },
	walk: walkXz,
}

const xzMagic = "\xfd7zXZ\x00"

func walkXz(w *walker, b *box) error {
	x := &xzStream{w: w, in: b.stream}
	defer x.close()
	l := w.layer(x, &b.taken)
	if err := w.visit(entry{r: l, size: -1}); err != nil {
		return err
	}
	if err := l.drain(); err != nil {
		return err
	}
	return w.rest(b.stream, nil)
}

// xzStream reads blocks one after the other, of one stream after the other,
// and keeps nothing of those it has read. It does not compare the index: the
// check of each block is enough to tell what is damaged.
//
// Source: "The .xz File Format", version 1.2.0.
type xzStream struct {
	w      *walker
	in     *stream
	check  byte // kind of check, from the stream header
	block  io.Reader
	sum    hash.Hash // nil where there is none that is known
	packed byteMeter // of the block
	window int64     // reserved for the block
	bad    bool      // a block did not have its checksum
}

func (x *xzStream) Read(p []byte) (int, error) {
	for x.block == nil {
		if err := x.next(); err != nil {
			if err == io.EOF && x.bad {
				err = errChecksum
			}
			return 0, err
		}
	}
	n, err := x.block.Read(p)
	if x.sum != nil {
		x.sum.Write(p[:n])
	}
	if err == io.EOF {
		err = x.endBlock()
	}
	return n, err
}

func (x *xzStream) close() {
	x.w.release(x.window)
	x.window, x.block = 0, nil
}

// next begins the next block, or the next stream. It returns io.EOF if there
// is none.
func (x *xzStream) next() error {
	if x.check == noStream {
		return x.nextStream()
	}
	size, err := x.in.ReadByte()
	if err != nil {
		return short(err)
	}
	if size == 0 {
		x.check = noStream
		return x.skipIndex()
	}
	header := make([]byte, (int(size)+1)*4)
	header[0] = size
	if _, err := io.ReadFull(x.in, header[1:]); err != nil {
		return short(err)
	}
	body := header[:len(header)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(header[len(body):]) {
		return damaged(Corrupt, "block header")
	}
	dict, err := xzDictionary(body)
	if err != nil {
		return err
	}
	if err := x.w.reserve(dict); err != nil {
		return err
	}
	x.window = dict
	x.packed = byteMeter{s: x.in}
	x.block, err = openSafely(func() (io.Reader, error) {
		return lzma.Reader2Config{DictCap: int(dict)}.NewReader2(&x.packed)
	})
	x.sum = xzCheck(x.check)
	return err
}

// byteMeter counts what is taken from a stream, byte by byte as well: the LZMA2
// decoder is slow where it cannot read single bytes.
type byteMeter struct {
	s *stream
	n int64
}

func (m *byteMeter) Read(p []byte) (int, error) {
	n, err := m.s.Read(p)
	m.n += int64(n)
	return n, err
}

func (m *byteMeter) ReadByte() (byte, error) {
	c, err := m.s.ReadByte()
	if err == nil {
		m.n++
	}
	return c, err
}

// noStream is no kind of check: the next thing is a stream header. It is the
// zero value so that a new xzStream begins with one.
const noStream = 0

// nextStream reads a stream header, with padding before it.
func (x *xzStream) nextStream() error {
	for {
		pad, _ := x.in.Peek(4)
		if len(pad) < 4 || binary.LittleEndian.Uint32(pad) != 0 {
			break
		}
		_, _ = x.in.Discard(4)
	}
	header, _ := x.in.Peek(12)
	if len(header) < 6 || string(header[:6]) != xzMagic {
		return io.EOF
	}
	if len(header) < 12 {
		return io.ErrUnexpectedEOF
	}
	if crc32.ChecksumIEEE(header[6:8]) != binary.LittleEndian.Uint32(header[8:]) {
		return damaged(Corrupt, "stream header")
	}
	x.check = header[7]&15 | 0x80
	_, err := x.in.Discard(12)
	return err
}

// skipIndex passes over the index, whose first byte was read, and the footer.
func (x *xzStream) skipIndex() error {
	n := int64(1)
	number := func() (uint64, error) {
		v, k, err := xzNumber(x.in)
		n += int64(k)
		return v, err
	}
	records, err := number()
	for i := uint64(0); err == nil && i < records*2; i++ {
		_, err = number()
	}
	if err != nil {
		return short(err)
	}
	_, err = x.in.Discard(int(-n&3) + 4 + 12)
	return short(err)
}

// endBlock passes over the padding of a block and compares its check.
func (x *xzStream) endBlock() error {
	x.close()
	size := xzCheckSize(x.check)
	tail := make([]byte, int(-x.packed.n&3)+size)
	if _, err := io.ReadFull(x.in, tail); err != nil {
		return short(err)
	}
	if x.sum == nil {
		return nil
	}
	want := tail[len(tail)-size:]
	have := x.sum.Sum(nil)
	if x.sum.Size() < sha256.Size { // stored with the lowest byte first
		for i, j := 0, len(have)-1; i < j; i, j = i+1, j-1 {
			have[i], have[j] = have[j], have[i]
		}
	}
	x.bad = x.bad || !bytes.Equal(want, have)
	return nil
}

func xzCheckSize(kind byte) int {
	return [...]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[kind&15]
}

func xzCheck(kind byte) hash.Hash {
	switch kind & 15 {
	case 1:
		return crc32.NewIEEE()
	case 4:
		return crc64.New(crc64Table)
	case 10:
		return sha256.New()
	}
	return nil
}

var crc64Table = crc64.MakeTable(crc64.ECMA)

// xzDictionary returns the size of the dictionary that a block header asks for.
func xzDictionary(header []byte) (int64, error) {
	flags := header[1]
	r := bytes.NewReader(header[2:])
	unpacked := uint64(1<<63 - 1)
	for _, bit := range []byte{0x40, 0x80} {
		if flags&bit == 0 {
			continue
		}
		v, _, err := xzNumber(r)
		if err != nil {
			return 0, damaged(Corrupt, "block header")
		}
		if bit == 0x80 {
			unpacked = v
		}
	}
	filter, _, err := xzNumber(r)
	if err == nil && filter != 0x21 || flags&3 != 0 {
		return 0, damaged(Unsupported, fmt.Sprintf("xz filter %#x", filter))
	}
	var props [2]byte
	if _, readErr := io.ReadFull(r, props[:]); err != nil || readErr != nil || props[0] != 1 || props[1] > 40 {
		return 0, damaged(Corrupt, "LZMA2 properties")
	}
	return lzma2Dictionary(props[1], unpacked), nil
}

// lzma2Dictionary returns the size that a property byte stands for, but no more
// than the bytes that there are to unpack.
func lzma2Dictionary(prop byte, unpacked uint64) int64 {
	dict := (int64(2) | int64(prop&1)) << (prop/2 + 11)
	if unpacked < uint64(dict) {
		dict = int64(unpacked)
	}
	return max(dict, lzma.MinDictCap)
}

// xzNumber reads a number of seven bits a byte, and tells how many bytes it has.
func xzNumber(r io.ByteReader) (v uint64, n int, err error) {
	for n < 9 {
		c, err := r.ReadByte()
		if err != nil {
			return 0, n, err
		}
		v |= uint64(c&0x7f) << (7 * n)
		n++
		if c < 0x80 {
			return v, n, nil
		}
	}
	return 0, n, damaged(Corrupt, "number too long")
}

// short makes an end that comes too early an error.
func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
