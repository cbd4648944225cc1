package gitpack

import "encoding/binary"

// Blocks that are mostly literals with short codes, such as base64, are decoded
// two literals at a time: the look-up of one waits for that of the one before,
// and this halves the waiting. The table is worth making for a block of some
// size only.
const (
	pairBits   = 12
	pairsLeast = 4096 // bytes of output still to come
	entryTwo   = 1 << 30
)

// shortLiterals says whether three quarters of the symbols of the block are
// expected to be literals of which two fit into a look-up: a symbol whose code
// has n bits makes up one part in 1<<n.
func (f *inflater) shortLiterals() bool {
	share := 0
	for _, l := range f.lens[:256] {
		if l > 0 && l <= pairBits/2 {
			share += 1 << (pairBits/2 - l)
		}
	}
	return share >= 1<<(pairBits/2)*3/4
}

// pairUp makes the table of pairs: entries as in the table of literals and
// lengths, or two literals, of which the second is in bits 8-15; of one literal
// these are zero.
func (f *inflater) pairUp() {
	for i := range uint32(len(f.pairs)) {
		e := f.lit[i&(1<<litBits-1)]
		if e&entryLiteral != 0 {
			n := e & 63
			next := f.lit[i>>n&(1<<litBits-1)]
			e &^= 0xff00
			if m := next & 63; next&entryLiteral != 0 && n+m <= pairBits {
				e = entryLiteral | entryTwo | e&0xff0000 | next>>16&0xff<<8 | (n + m)
			}
		}
		f.pairs[i] = e
	}
}

// pairedBlock is block by way of pairs. What is no literal goes one by one.
func (f *inflater) pairedBlock(dst []byte, n, size int) (int, error) {
	f.pairUp()
	for {
		n = f.literals(dst, n, size)
		var done bool
		var err error
		if n, done, err = f.step(dst, n, size, &f.lit, &f.dist); done || err != nil {
			return n, err
		}
	}
}

// literals decodes literals up to something else, or to where there is no room
// left for whole words.
func (f *inflater) literals(dst []byte, n, size int) int {
	src, in, acc, nbits := f.src, f.in, f.acc, f.nbits
	lastIn, lastOut := len(src)-8, min(size, len(dst))-8
	for in < lastIn && n < lastOut {
		acc |= binary.LittleEndian.Uint64(src[in:]) << (nbits & 63)
		in += int((63 - nbits) >> 3)
		nbits |= 56
		var word uint64 // up to eight literals
		var e, at uint32
		for range 4 {
			e = f.pairs[acc&(1<<pairBits-1)]
			if e&entryLiteral == 0 {
				break
			}
			word |= uint64(e>>16&0xff|e&0xff00) << (at & 63)
			at += 8 + e>>27&8
			acc >>= e & 63
			nbits -= uint(e & 63)
		}
		binary.LittleEndian.PutUint64(dst[n:], word)
		n += int(at / 8)
		if e&entryLiteral == 0 {
			break
		}
	}
	f.in, f.acc, f.nbits = in, acc, nbits
	return n
}
