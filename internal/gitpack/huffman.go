package gitpack

import "errors"

// What may be wrong with a compressed stream.
var (
	errInflateShort = errors.New("compressed data ends early")
	errInflateLong  = errors.New("compressed data holds more than its header says")
	errInflateBlock = errors.New("compressed data has an invalid block")
	errInflateTable = errors.New("compressed data has an invalid code table")
	errInflateCode  = errors.New("compressed data has an invalid code")
	errInflateBack  = errors.New("compressed data refers to before its start")
)

// A decoding table is indexed by the next bits of the stream. Codes longer than
// the index continue in a second table behind the first. The sizes are the most
// that any valid code needs: zlib's examples/enough.c gives 1334 for 288 codes
// of 15 bits at 10, and 402 for 32 of them at 8.
const (
	litBits  = 10
	distBits = 8
	preBits  = 7

	litTableSize  = 2048
	distTableSize = 512
)

// An entry holds, from the top: the byte of a literal or the base of a length or
// distance (16 bits), the flags, the length of the code (bits 8-11) and that
// length with the extra bits that follow added (bits 0-7).
const (
	entryLiteral = 1 << 31
	entryOdd     = 1 << 15 // not a literal, a length or a distance: one of the next two, or invalid
	entrySub     = 1 << 14 // the upper half is where the second table starts, bits 8-11 its width
	entryEnd     = 1 << 13 // end of block
)

// Bases and extra bits of lengths and distances: RFC 1951, section 3.2.5.
var (
	lengthBase = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
		131, 163, 195, 227, 258}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
		2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	preOrder  = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// What each symbol decodes to, without its code length.
var (
	litResults  = literalsAndLengths()
	distResults = distances()
	preResults  = numbers()
	fixedTables = fixed()
)

func literalsAndLengths() (r [288]uint32) {
	for i := range 256 {
		r[i] = entryLiteral | uint32(i)<<16
	}
	r[256] = entryOdd | entryEnd
	for i, base := range lengthBase {
		r[257+i] = uint32(base)<<16 | uint32(lengthExtra[i])
	}
	r[286], r[287] = entryOdd, entryOdd
	return r
}

func distances() (r [32]uint32) {
	for i, base := range distBase {
		r[i] = uint32(base)<<16 | uint32(distExtra[i])
	}
	r[30], r[31] = entryOdd, entryOdd
	return r
}

func numbers() (r [19]uint32) {
	for i := range r {
		r[i] = uint32(i) << 16
	}
	return r
}

// tables are those of the blocks with fixed codes.
type tables struct {
	lit  [litTableSize]uint32
	dist [distTableSize]uint32
}

func fixed() *tables {
	var lens [320]uint8
	for i := range 288 {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	for i := range 32 {
		lens[288+i] = 5
	}
	t := new(tables)
	buildTable(t.lit[:], litBits, lens[:288], litResults[:])
	buildTable(t.dist[:], distBits, lens[288:], distResults[:])
	return t
}

// readTables reads the header of a block with codes of its own.
func (f *inflater) readTables() error {
	if !f.need(14) {
		return errInflateShort
	}
	nlit, ndist, npre := int(f.take(5))+257, int(f.take(5))+1, int(f.take(4))+4
	if nlit > 286 || ndist > 30 {
		return errInflateTable
	}
	var pre [19]uint8
	for _, at := range preOrder[:npre] {
		if !f.need(3) {
			return errInflateShort
		}
		pre[at] = uint8(f.take(3))
	}
	if !buildTable(f.pre[:], preBits, pre[:], preResults[:]) {
		return errInflateTable
	}
	lens := f.lens[:nlit+ndist]
	if err := f.readLengths(lens); err != nil {
		return err
	}
	if !buildTable(f.lit[:], litBits, lens[:nlit], litResults[:]) ||
		!buildTable(f.dist[:], distBits, lens[nlit:], distResults[:]) {
		return errInflateTable
	}
	return nil
}

// readLengths reads the code lengths of both codes of a block.
func (f *inflater) readLengths(lens []uint8) error {
	for i := 0; i < len(lens); {
		f.need(preBits + 7)
		e := f.pre[f.acc&(1<<preBits-1)]
		n := uint(e >> 8 & 15)
		sym := e >> 16
		var extra, times uint
		var value uint8
		switch {
		case e&entryOdd != 0:
			return errInflateTable
		case sym < 16:
			if n > f.nbits {
				return errInflateShort
			}
			f.take(n)
			lens[i] = uint8(sym)
			i++
			continue
		case sym == 16:
			if i == 0 {
				return errInflateTable
			}
			value, extra, times = lens[i-1], 2, 3
		case sym == 17:
			extra, times = 3, 3
		default:
			extra, times = 7, 11
		}
		if n+extra > f.nbits {
			return errInflateShort
		}
		f.take(n)
		times += f.take(extra)
		if times > uint(len(lens)-i) {
			return errInflateTable
		}
		for end := i + int(times); i < end; i++ {
			lens[i] = value
		}
	}
	return nil
}

// buildTable makes the table that decodes a canonical Huffman code from the
// lengths of its codes. It refuses a code that is over-subscribed, and one that
// is incomplete unless it is empty or a single code of one bit, as zlib does.
func buildTable(table []uint32, width uint, lens []uint8, results []uint32) bool {
	var count, start [17]uint16
	for _, l := range lens {
		count[l&15]++
	}
	longest := uint(15)
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	left := 1
	for l := uint(1); l <= 15; l++ {
		start[l+1] = start[l] + count[l]
		left = left<<1 - int(count[l])
		if left < 0 {
			return false
		}
	}
	if left > 0 {
		if longest > 1 {
			return false
		}
		for i := range table[:1<<width] {
			table[i] = entryOdd
		}
	}
	var sorted [288]uint16
	place := start
	for sym, l := range lens {
		if l != 0 {
			sorted[place[l&15]%288] = uint16(sym)
			place[l&15]++
		}
	}
	if left > 0 {
		if longest == 1 {
			e := results[sorted[0]] + 0x0101
			for i := uint32(0); i < 1<<width; i += 2 {
				table[i] = e
			}
		}
		return true
	}
	fillTable(table, width, sorted[:start[16]], &count, results)
	return true
}

// fillTable lays out a complete code. The first table grows by doubling, as
// codes get longer: all entries so far repeat with one more bit before them.
func fillTable(table []uint32, width uint, sorted []uint16, count *[17]uint16, results []uint32) {
	code, next := uint32(0), 0
	filled := 1
	for l := uint(1); l <= width; l++ {
		if l > 1 {
			copy(table[filled:2*filled], table[:filled])
			filled *= 2
		} else {
			filled = 2
		}
		for range count[l] {
			table[reversed(code, l)] = results[sorted[next]] + uint32(l)*0x0101
			next++
			code++
		}
		code <<= 1
	}
	if next == len(sorted) {
		return
	}
	// code is now that of the first code of width+1 bits.
	end, prefix := 1<<width, ^uint32(0)
	var sub []uint32
	var subWidth uint
	for l := width + 1; next < len(sorted); l++ {
		left := count[l]
		for ; left > 0; left-- {
			head := code >> (l - width)
			if head != prefix {
				prefix = head
				subWidth = l - width
				for room := 1<<subWidth - int(left); room > 0; {
					subWidth++
					room = room<<1 - int(count[width+subWidth])
				}
				sub = table[end : end+1<<subWidth]
				table[reversed(head, width)] = entryOdd | entrySub | uint32(end)<<16 | uint32(subWidth)<<8 | uint32(width)
				end += 1 << subWidth
			}
			rest := l - width
			e := results[sorted[next]] + uint32(rest)*0x0101
			for i := reversed(code&(1<<rest-1), rest); i < 1<<subWidth; i += 1 << rest {
				sub[i] = e
			}
			next++
			code++
		}
		code <<= 1
	}
}
