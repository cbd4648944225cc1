package model

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf16"
)

// sevenzip is what the header of a 7z archive tells.
//
// Source: 7-Zip, DOC/7zFormat.txt.
type sevenzip struct {
	s       *scan
	p       piece
	folders []sevenFolder
	sizes   []int64 // of the members with bytes, in the order of the folders
	files   []sevenFile

	b   []byte // of the header, not yet read
	err error
}

const (
	sevenHeaderMax = 4 << 20
	sevenCounts    = 1 << 20 // folders, streams and members at most
	sevenCoders    = 32      // steps of one folder
)

// Marks of the parts of a header.
const (
	sevenEnd, sevenHeader, sevenArchive, sevenMore, sevenMain, sevenFiles = 0, 1, 2, 3, 4, 5
	sevenPack, sevenUnpack, sevenSubs, sevenSize, sevenDigests            = 6, 7, 8, 9, 10
	sevenFolders, sevenUnpackSize, sevenSubCount, sevenEmpty, sevenNames  = 11, 12, 13, 14, 17
	sevenEncoded                                                          = 23
)

// readSevenzip reads the header, which may itself be packed, and more than once.
// What was read until an error is in the result.
func readSevenzip(s *scan, p piece) (*sevenzip, error) {
	z := &sevenzip{s: s, p: p}
	h := readUpTo(p.at, 0, 32)
	if len(h) < 32 {
		return z, errShort
	}
	off, n := binary.LittleEndian.Uint64(h[12:]), binary.LittleEndian.Uint64(h[20:])
	if off > uint64(p.size) || n > uint64(p.size)-off {
		return z, errShort
	}
	if n > sevenHeaderMax {
		return z, fmt.Errorf("%w: a header of %d bytes", errBudget, n)
	}
	s.heavy()
	z.b = readUpTo(p.at, 32+int64(off), int(n))
	if uint64(len(z.b)) < n {
		return z, errShort
	}
	for range 4 {
		if z.byte() != sevenEncoded {
			break
		}
		z.streams()
		if z.err != nil || len(z.folders) == 0 {
			return z, errSeven
		}
		f := z.folders[0]
		r, err := f.open(p)
		if err != nil {
			return z, err
		}
		size := f.coders[f.final()].size
		if size > sevenHeaderMax {
			return z, fmt.Errorf("%w: a header of %d bytes", errBudget, size)
		}
		b := make([]byte, size)
		got, err := fillSafely(r, b)
		if int64(got) < size {
			return z, fmt.Errorf("unpack the header: %w", unexpected(err))
		}
		*z = sevenzip{s: s, p: p, b: b}
	}
	z.header()
	return z, z.err
}

func (z *sevenzip) fail() {
	if z.err == nil {
		z.err = errSeven
	}
	z.b = nil
}

func (z *sevenzip) byte() byte { return z.take(1)[0] }

// take returns n bytes, or zeros once something went wrong.
func (z *sevenzip) take(n uint64) []byte {
	if n > uint64(len(z.b)) {
		z.fail()
		return make([]byte, min(n, 8))
	}
	b := z.b[:n]
	z.b = z.b[n:]
	return b
}

// number reads a number of one to nine bytes: the first says how many follow.
func (z *sevenzip) number() uint64 {
	first := z.byte()
	var v uint64
	for i := range 8 {
		mask := byte(0x80) >> i
		if first&mask == 0 {
			return v | uint64(first&(mask-1))<<(8*i)
		}
		v |= uint64(z.byte()) << (8 * i)
	}
	return v
}

// count reads a number of things that each take a byte of the header, or of
// bytes.
func (z *sevenzip) count(most int) int {
	n := z.number()
	if n > uint64(most) {
		z.fail()
		return 0
	}
	return int(n)
}

func (z *sevenzip) size() int64 { return int64(z.number() & math.MaxInt64) }

func (z *sevenzip) bits(n int) []bool {
	b := z.take(uint64(n+7) / 8)
	out := make([]bool, n)
	for i := range out {
		out[i] = z.err == nil && b[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// digests reads which of n checksums are given, and passes over them.
func (z *sevenzip) digests(n int) []bool {
	given := make([]bool, n)
	if z.byte() != 0 {
		for i := range given {
			given[i] = true
		}
	} else {
		given = z.bits(n)
	}
	for _, g := range given {
		if g {
			z.take(4)
		}
	}
	return given
}

func (z *sevenzip) header() {
	for z.err == nil {
		switch z.byte() {
		case sevenEnd:
			return
		case sevenHeader:
		case sevenArchive:
			for z.err == nil && z.byte() != 0 {
				z.take(z.number())
			}
		case sevenMore:
			more := &sevenzip{s: z.s, p: z.p, b: z.b}
			more.streams()
			z.b, z.err = more.b, more.err
		case sevenMain:
			z.streams()
		case sevenFiles:
			z.members()
		default:
			z.fail()
		}
	}
}

// streams reads where the folders are packed and how.
func (z *sevenzip) streams() {
	var packed []int64
	var off int64
	for z.err == nil {
		switch z.byte() {
		case sevenEnd:
			z.place(off, packed)
			return
		case sevenPack:
			off, packed = z.pack()
		case sevenUnpack:
			z.unpack()
		case sevenSubs:
			z.substreams()
		default:
			z.fail()
		}
	}
}

// place gives each folder its packed bytes.
func (z *sevenzip) place(off int64, packed []int64) {
	for i := range z.folders {
		f := &z.folders[i]
		ins := uint64(0)
		for _, c := range f.coders {
			ins += c.ins
		}
		n := int(ins) - len(f.binds)
		f.several = n != 1
		if n < 1 || n > len(packed) {
			z.fail()
			return
		}
		f.packed, f.off, f.n = z.p.at, 32+off, packed[0]
		for _, size := range packed[:n] {
			off += size
		}
		packed = packed[n:]
		if off < 0 || f.off < 0 || f.n < 0 {
			z.fail()
		}
	}
	if z.sizes == nil {
		for i := range z.folders {
			z.folders[i].streams = 1
			z.sizes = append(z.sizes, z.whole(i))
		}
	}
}

// whole is what folder i unpacks to, in bytes.
func (z *sevenzip) whole(i int) int64 {
	f := &z.folders[i]
	if last := f.final(); last >= 0 {
		return f.coders[last].size
	}
	z.fail()
	return 0
}

func (z *sevenzip) pack() (off int64, sizes []int64) {
	off = z.size()
	n := z.count(min(sevenCounts, len(z.b)))
	for z.err == nil {
		switch z.byte() {
		case sevenEnd:
			return off, sizes
		case sevenSize:
			for range n {
				sizes = append(sizes, z.size())
			}
		case sevenDigests:
			z.digests(n)
		default:
			z.fail()
		}
	}
	return off, sizes
}

func (z *sevenzip) unpack() {
	for z.err == nil {
		switch z.byte() {
		case sevenEnd:
			return
		case sevenFolders:
			n := z.count(min(sevenCounts, len(z.b)))
			if z.byte() != 0 {
				z.err = errMethod // the folders are told of elsewhere
				return
			}
			z.folders = nil
			for i := 0; i < n && z.err == nil; i++ {
				z.folders = append(z.folders, z.folder())
			}
		case sevenUnpackSize:
			for i := range z.folders {
				for j := range z.folders[i].coders {
					c := &z.folders[i].coders[j]
					for range c.outs {
						c.size = z.size()
					}
				}
			}
		case sevenDigests:
			for i, given := range z.digests(len(z.folders)) {
				z.folders[i].digest = given
			}
		default:
			z.fail()
		}
	}
}

func (z *sevenzip) folder() sevenFolder {
	var f sevenFolder
	outs := uint64(0)
	for range z.count(sevenCoders) {
		flags := z.byte()
		c := sevenCoder{id: string(z.take(uint64(flags & 15))), ins: 1, outs: 1}
		if flags&0x10 != 0 {
			c.ins, c.outs = uint64(z.count(sevenCoders)), uint64(z.count(sevenCoders))
		}
		if flags&0x20 != 0 {
			c.properties = z.take(z.number())
		}
		outs += c.outs
		f.coders = append(f.coders, c)
	}
	if outs == 0 {
		z.fail()
		return f
	}
	ins := 0
	for _, c := range f.coders {
		ins += int(c.ins)
	}
	for range outs - 1 {
		f.binds = append(f.binds, [2]uint64{z.number(), z.number()})
	}
	if n := ins - len(f.binds); n > 1 {
		for range n {
			z.number()
		}
	}
	return f
}

// substreams reads how the bytes of the folders are divided into members.
func (z *sevenzip) substreams() {
	for i := range z.folders {
		z.folders[i].streams = 1
	}
	kind := z.byte()
	if kind == sevenSubCount {
		total := 0
		for i := range z.folders {
			n := z.count(sevenCounts)
			z.folders[i].streams = uint64(n)
			if total += n; total > sevenCounts {
				z.fail()
				return
			}
		}
		kind = z.byte()
	}
	z.sizes = []int64{}
	for i := range z.folders {
		if z.err != nil || z.folders[i].streams == 0 {
			continue
		}
		left := z.whole(i)
		for range z.folders[i].streams - 1 {
			var n int64
			if kind == sevenSize {
				n = z.size()
			}
			if n > left {
				z.fail()
				return
			}
			left -= n
			z.sizes = append(z.sizes, n)
		}
		z.sizes = append(z.sizes, left)
	}
	if kind == sevenSize {
		kind = z.byte()
	}
	for ; z.err == nil && kind != sevenEnd; kind = z.byte() {
		if kind != sevenDigests {
			z.fail()
			return
		}
		unknown := 0
		for _, f := range z.folders {
			if f.streams != 1 || !f.digest {
				unknown += int(f.streams)
			}
		}
		z.digests(unknown)
	}
}

// members reads the names.
func (z *sevenzip) members() {
	n := z.count(min(sevenCounts, 8*len(z.b)+8))
	empty := make([]bool, n)
	names := make([]string, n)
	for z.err == nil {
		kind := z.number()
		if kind == sevenEnd {
			break
		}
		body := z.take(z.number())
		switch kind {
		case sevenEmpty:
			in := sevenzip{b: body}
			empty = in.bits(n)
		case sevenNames:
			if len(body) > 0 {
				utf16Names(body[1:], names)
			}
		}
	}
	folder, in := 0, uint64(0)
	for i := range names {
		if empty[i] {
			continue
		}
		for folder < len(z.folders) && in >= z.folders[folder].streams {
			folder, in = folder+1, 0
		}
		if folder == len(z.folders) || len(z.sizes) == 0 {
			break
		}
		z.files = append(z.files, sevenFile{name: names[i], folder: folder, size: z.sizes[0]})
		z.sizes = z.sizes[1:]
		in++
	}
}

// utf16Names fills in names that each end with a zero.
func utf16Names(b []byte, names []string) {
	for i := range names {
		var units []uint16
		for len(b) >= 2 {
			u := binary.LittleEndian.Uint16(b)
			b = b[2:]
			if u == 0 {
				break
			}
			if len(units) < 1024 {
				units = append(units, u)
			}
		}
		names[i] = string(utf16.Decode(units))
	}
}
