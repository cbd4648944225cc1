package unpack

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf16"
)

// Marks in a header.
//
// Source: 7zFormat.txt of the LZMA SDK.
const (
	sevenPlainHeader   = 1
	sevenEncodedHeader = 23

	sevenEnd        = 0
	sevenProperties = 2
	sevenMoreInfo   = 3
	sevenStreams    = 4
	sevenFiles      = 5
	sevenPack       = 6
	sevenUnpack     = 7
	sevenSub        = 8
	sevenSize       = 9
	sevenCRC        = 10
	sevenFolderMark = 11
	sevenUnpackSize = 12
	sevenNumber     = 13
	sevenEmpty      = 14
	sevenNames      = 17
)

// sevenArchive is what a header says.
type sevenArchive struct {
	folders []sevenFolder
	files   [][]byte // names of the members with bytes, in the order of these
	empty   [][]byte // names of those without
}

// sevenFolder is streams that are packed together.
type sevenFolder struct {
	record   []byte // the coders as the header has them
	coders   []sevenCoder
	main     int      // the coder whose output is the folder's
	packs    []uint64 // sizes of the packed streams
	unpacked []uint64 // sizes of what the coders give
	from     int64    // of the packed streams, in the archive
	packed   int64    // bytes of them
	size     int64    // bytes unpacked
	crc      int64    // -1 where there is none
	sizes    []int64  // of the members
	crcs     []int64  // of the members; -1 where there is none
}

type sevenCoder struct {
	method string
	props  []byte // within record
	ins    int
}

// The methods that need a look before they are used.
const (
	sevenLZMA  = "\x03\x01\x01"
	sevenLZMA2 = "\x21"
	sevenPPMd  = "\x03\x04\x01"
	sevenAES   = "\x06\xf1\x07\x01"
)

// sevenMethods are those that are unpacked. The one that is missed most,
// Zstandard, sets no bound to its memory in the sevenzip package.
var sevenMethods = []string{
	"\x00", "\x03", sevenLZMA, "\x03\x03\x01\x03", "\x03\x03\x01\x1b", "\x03\x03\x02\x05", "\x03\x03\x05\x01",
	"\x03\x03\x08\x05", "\x04\x01\x08", "\x04\x02\x02", "\x04\xf7\x11\x02", "\x0a", sevenLZMA2, sevenPPMd,
}

// check tells how much memory the decoders of a folder take, or why they are
// not used. It lowers the dictionary of LZMA2 to what the folder can fill.
func (f *sevenFolder) check() (window int64, err error) {
	for i, c := range f.coders {
		if c.method == sevenAES {
			return 0, &Cut{Reason: Encrypted, Bytes: f.size}
		}
		if !slices.Contains(sevenMethods, c.method) {
			return 0, damaged(Unsupported, fmt.Sprintf("7z method %x", c.method))
		}
		switch out := f.unpacked[i]; {
		case c.method == sevenLZMA && len(c.props) == 5:
			window += int64(min(uint64(binary.LittleEndian.Uint32(c.props[1:])), out))
		case c.method == sevenLZMA2 && len(c.props) == 1 && c.props[0] <= 40:
			for c.props[0] > 0 && lzma2Dictionary(c.props[0]-1, math.MaxUint64) >= int64(min(out, math.MaxInt64)) {
				c.props[0]--
			}
			window += lzma2Dictionary(c.props[0], math.MaxUint64)
		case c.method == sevenPPMd && len(c.props) == 5:
			window += int64(binary.LittleEndian.Uint32(c.props[1:]))
		case c.method == sevenLZMA || c.method == sevenLZMA2 || c.method == sevenPPMd:
			return 0, damaged(Corrupt, "coder properties")
		default:
			window += 16 << 20 / 8 // what the largest of the others, brotli, seldom fills
		}
	}
	return window, nil
}

// parseSevenzip reads a plain header.
func parseSevenzip(header []byte, most int) (*sevenArchive, error) {
	a := &sevenArchive{}
	if len(header) == 0 {
		return a, nil
	}
	c := &cursor{b: header}
	c.expect(sevenPlainHeader)
	for !c.bad {
		switch c.byte() {
		case sevenEnd:
			return a, nil
		case sevenProperties:
			c.properties()
		case sevenMoreInfo:
			c.streams(most)
		case sevenStreams:
			a.folders = c.streams(most)
		case sevenFiles:
			a.names(c, most)
		default:
			c.bad = true
		}
	}
	if c.many {
		return nil, damaged(Bomb, "too many members in the header")
	}
	return nil, damaged(Corrupt, "header")
}

// names reads the names, and which files have no bytes.
func (a *sevenArchive) names(c *cursor, most int) {
	n := c.count(most)
	var names, empty []byte
	for !c.bad {
		kind := c.byte()
		if kind == sevenEnd {
			break
		}
		data := c.take(c.number())
		switch kind {
		case sevenEmpty:
			empty = data
		case sevenNames:
			if len(data) > 0 && data[0] == 0 {
				names = data[1:]
			}
		}
	}
	for i := range n {
		name, rest := cutName(names)
		names = rest
		if i/8 < len(empty) && empty[i/8]&(0x80>>(i%8)) != 0 {
			a.empty = append(a.empty, name)
		} else {
			a.files = append(a.files, name)
		}
	}
}

// cutName takes the first name from a list in UTF-16, each ended by a zero.
func cutName(list []byte) (name, rest []byte) {
	end := 0
	for end+1 < len(list) && (list[end] != 0 || list[end+1] != 0) {
		end += 2
	}
	units := make([]uint16, 0, end/2)
	for i := 0; i < end; i += 2 {
		units = append(units, binary.LittleEndian.Uint16(list[i:]))
	}
	return []byte(string(utf16.Decode(units))), list[min(end+2, len(list)):]
}

// cursor reads a header. Once something does not fit, bad stays set and all
// that is read is zero.
type cursor struct {
	b    []byte
	bad  bool
	many bool // a count is beyond the limit
}

func (c *cursor) take(n uint64) []byte {
	if c.bad || n > uint64(len(c.b)) {
		c.bad = true
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) expect(mark byte) { c.bad = c.byte() != mark || c.bad }

// number reads a number whose first byte tells its length.
func (c *cursor) number() uint64 {
	first := c.byte()
	var v uint64
	for i := range 8 {
		mask := byte(0x80) >> i
		if first&mask == 0 {
			return v | uint64(first&(mask-1))<<(8*i)
		}
		v |= uint64(c.byte()) << (8 * i)
	}
	return v
}

// count reads how many things follow. No more may follow than the limit says,
// nor than an absurd number of bytes could hold.
func (c *cursor) count(most int) int {
	n := c.number()
	if n > uint64(most) {
		c.bad, c.many = true, true
		return 0
	}
	return int(n)
}

// bits reads one bit for each of n things; a first byte may say that all are set.
func (c *cursor) bits(n int) func(int) bool {
	if c.byte() != 0 {
		return func(int) bool { return !c.bad }
	}
	set := c.take(uint64(n+7) / 8)
	return func(i int) bool { return set != nil && set[i/8]&(0x80>>(i%8)) != 0 }
}

// crcs reads checksums of n things.
func (c *cursor) crcs(n int) []int64 {
	has := c.bits(n)
	out := make([]int64, 0, min(n, len(c.b)+1))
	for i := range n {
		if c.bad {
			return nil
		}
		if !has(i) {
			out = append(out, -1)
			continue
		}
		if b := c.take(4); b != nil {
			out = append(out, int64(binary.LittleEndian.Uint32(b)))
		}
	}
	return out
}

func (c *cursor) properties() {
	for !c.bad && c.byte() != sevenEnd {
		c.take(c.number())
	}
}

// streams reads where the packed streams are and how they are unpacked.
func (c *cursor) streams(most int) []sevenFolder {
	var packs []uint64
	var position uint64
	var folders []sevenFolder
	for !c.bad {
		switch c.byte() {
		case sevenEnd:
			c.place(folders, position, packs)
			return folders
		case sevenPack:
			position = c.number()
			packs = c.packs(most)
		case sevenUnpack:
			folders = c.folders(most)
		case sevenSub:
			c.members(folders, most)
		default:
			c.bad = true
		}
	}
	return nil
}

func (c *cursor) packs(most int) (sizes []uint64) {
	n := c.count(4 * most)
	for !c.bad {
		switch c.byte() {
		case sevenEnd:
			return sizes
		case sevenSize:
			for range n {
				if c.bad {
					return nil
				}
				sizes = append(sizes, c.number())
			}
		case sevenCRC:
			c.crcs(n)
		default:
			c.bad = true
		}
	}
	return nil
}

// place gives each folder its packed streams.
func (c *cursor) place(folders []sevenFolder, position uint64, packs []uint64) {
	at := sevenSignatureSize + int64(min(position, math.MaxInt64/4))
	for i := range folders {
		f := &folders[i]
		if len(f.packs) > len(packs) {
			c.bad = true
			return
		}
		copy(f.packs, packs)
		packs = packs[len(f.packs):]
		f.from = at
		for _, n := range f.packs {
			f.packed = min(f.packed+int64(min(n, math.MaxInt64/8)), math.MaxInt64/4)
		}
		at = min(at+f.packed, math.MaxInt64/2)
		if f.sizes == nil {
			f.sizes, f.crcs = []int64{f.size}, []int64{f.crc}
		}
	}
}

func (c *cursor) folders(most int) (all []sevenFolder) {
	c.expect(sevenFolderMark)
	n := c.count(min(most, mostFolders))
	c.expect(0) // not kept elsewhere
	for range n {
		if c.bad {
			return nil
		}
		all = append(all, c.folder())
	}
	c.expect(sevenUnpackSize)
	for i := range all {
		f := &all[i]
		for range f.coders {
			f.unpacked = append(f.unpacked, c.number())
		}
		if !c.bad {
			f.size = int64(min(f.unpacked[f.main], math.MaxInt64/4))
		}
	}
	for !c.bad {
		switch c.byte() {
		case sevenEnd:
			return all
		case sevenCRC:
			for i, crc := range c.crcs(n) {
				all[i].crc = crc
			}
		default:
			c.bad = true
		}
	}
	return nil
}

// mostFolders bounds the memory that a header takes once it is read.
const mostFolders = 1 << 17

// mostCoders is the number of coders and of streams in a folder that programs
// accept.
const mostCoders = 32

// folder reads the coders of a folder and how they are joined.
func (c *cursor) folder() sevenFolder {
	f := sevenFolder{crc: -1}
	whole := c.b
	ins := 0
	n := c.number()
	if n == 0 || n > mostCoders {
		c.bad = true
	}
	for range n {
		if c.bad {
			return f
		}
		coder := c.coder()
		ins += coder.ins
		f.coders = append(f.coders, coder)
	}
	bound := make([]bool, mostCoders) // by the coder whose output it is
	for range n - 1 {
		in, out := c.number(), c.number()
		if c.bad || in >= uint64(ins) || out >= n || bound[out] {
			c.bad = true
			return f
		}
		bound[out] = true
	}
	f.main = slices.Index(bound, false)
	packs := ins - int(n) + 1
	if packs < 1 || packs > mostCoders || f.main < 0 || f.main >= int(n) {
		c.bad = true
		return f
	}
	if packs > 1 {
		for range packs {
			if c.number() >= uint64(ins) {
				c.bad = true
			}
		}
	}
	f.packs = make([]uint64, packs)
	f.record = whole[:len(whole)-len(c.b)]
	return f
}

func (c *cursor) coder() sevenCoder {
	flags := c.byte()
	coder := sevenCoder{method: string(c.take(uint64(flags & 15))), ins: 1}
	if flags&0x10 != 0 {
		ins, outs := c.number(), c.number()
		if ins == 0 || ins > 4 || outs != 1 {
			c.bad = true
		}
		coder.ins = int(min(ins, mostCoders))
	}
	if flags&0x20 != 0 {
		coder.props = c.take(c.number())
	}
	if flags&0xc0 != 0 || len(coder.props) > 1<<10 {
		c.bad = true
	}
	return coder
}

// members reads how the bytes of each folder are divided.
func (c *cursor) members(folders []sevenFolder, most int) {
	counts := make([]int, len(folders))
	for i := range counts {
		counts[i] = 1
	}
	mark := c.byte()
	if mark == sevenNumber {
		left := most
		for i := range counts {
			counts[i] = c.count(left)
			left -= counts[i]
		}
		mark = c.byte()
	}
	for i := range folders {
		c.sizes(&folders[i], counts[i], mark == sevenSize)
	}
	if mark == sevenSize {
		mark = c.byte()
	}
	if mark == sevenCRC {
		c.memberCRCs(folders)
		mark = c.byte()
	}
	if mark != sevenEnd {
		c.bad = true
	}
}

// sizes reads the sizes of the members of a folder, but for the last, which has
// what is left.
func (c *cursor) sizes(f *sevenFolder, n int, given bool) {
	left := f.size
	f.sizes = make([]int64, 0, min(n, len(c.b)+1))
	for i := range n {
		if c.bad {
			return
		}
		size := left
		if i < n-1 {
			size = 0
			if given {
				size = int64(min(c.number(), math.MaxInt64/4))
			}
		}
		if size > left {
			c.bad = true
			return
		}
		left -= size
		f.sizes = append(f.sizes, size)
	}
	f.crcs = slices.Repeat([]int64{-1}, len(f.sizes))
	if n == 1 {
		f.crcs[0] = f.crc
	}
}

// memberCRCs reads the checksums of all members but those that are a folder
// with a checksum.
func (c *cursor) memberCRCs(folders []sevenFolder) {
	total := 0
	for _, f := range folders {
		if len(f.sizes) != 1 || f.crc < 0 {
			total += len(f.sizes)
		}
	}
	sums := c.crcs(total)
	for _, f := range folders {
		if len(f.sizes) == 1 && f.crc >= 0 {
			continue
		}
		n := copy(f.crcs, sums)
		sums = sums[n:]
	}
}
