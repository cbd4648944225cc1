package gitpack

import (
	"encoding/binary"
	"math/bits"
)

// inflateSlack is how many bytes beyond its output inflate may scribble on: a
// match is copied in whole words. A buffer with that much room behind its
// length is filled by the fast loop to the end.
const inflateSlack = 320

// inflater decompresses DEFLATE streams (RFC 1951) from one slice into another.
// The output serves as the window, so nothing is copied twice, and the tables
// are kept from stream to stream. An inflater is for one goroutine.
type inflater struct {
	lit   [litTableSize]uint32
	dist  [distTableSize]uint32
	pre   [1 << preBits]uint32
	pairs [1 << pairBits]uint32
	lens  [320]uint8

	// The stream being read.
	src   []byte
	in    int
	acc   uint64
	nbits uint
}

// inflate decompresses the stream at the start of src. Output fills dst[:size],
// where size must be no more than len(dst); it returns how many bytes came out
// and how many of src were used. A stream that has more to give than size bytes
// is an error.
func (f *inflater) inflate(dst []byte, size int, src []byte) (n, used int, err error) {
	f.src, f.in, f.acc, f.nbits = src, 0, 0, 0
	for final := false; !final; {
		if !f.need(3) {
			return n, 0, errInflateShort
		}
		head := f.take(3)
		final = head&1 != 0
		switch head >> 1 {
		case 0:
			n, err = f.stored(dst, n, size)
		case 1:
			n, err = f.block(dst, n, size, &fixedTables.lit, &fixedTables.dist)
		case 2:
			switch err = f.readTables(); {
			case err != nil:
			case size-n >= pairsLeast && f.shortLiterals():
				n, err = f.pairedBlock(dst, n, size)
			default:
				n, err = f.block(dst, n, size, &f.lit, &f.dist)
			}
		default:
			err = errInflateBlock
		}
		if err != nil {
			return n, 0, err
		}
	}
	return n, f.in - int(f.nbits/8), nil
}

// need makes sure that at least n bits, at most 56, are in the accumulator. Bits
// above nbits may be there already; they are the right ones.
func (f *inflater) need(n uint) bool {
	if f.nbits >= n {
		return true
	}
	if len(f.src)-f.in >= 8 {
		f.acc |= binary.LittleEndian.Uint64(f.src[f.in:]) << (f.nbits & 63)
		f.in += int((63 - f.nbits) >> 3)
		f.nbits |= 56
		return true
	}
	return f.needBytes(n)
}

// needBytes is need for the last bytes of the stream.
func (f *inflater) needBytes(n uint) bool {
	for f.nbits < n {
		if f.in >= len(f.src) {
			return false
		}
		f.acc |= uint64(f.src[f.in]) << f.nbits
		f.in++
		f.nbits += 8
	}
	return true
}

// take removes n bits that are in the accumulator.
func (f *inflater) take(n uint) uint {
	v := uint(f.acc & (1<<n - 1))
	f.acc >>= n
	f.nbits -= n
	return v
}

// stored copies a block that is not compressed.
func (f *inflater) stored(dst []byte, n, size int) (int, error) {
	f.in -= int(f.nbits / 8)
	f.acc, f.nbits = 0, 0
	if len(f.src)-f.in < 4 {
		return n, errInflateShort
	}
	length := binary.LittleEndian.Uint16(f.src[f.in:])
	if length != ^binary.LittleEndian.Uint16(f.src[f.in+2:]) {
		return n, errInflateBlock
	}
	f.in += 4
	if len(f.src)-f.in < int(length) {
		return n, errInflateShort
	}
	if size-n < int(length) {
		return n, errInflateLong
	}
	copy(dst[n:], f.src[f.in:f.in+int(length)])
	f.in += int(length)
	return n + int(length), nil
}

// block decodes one block of Huffman codes.
func (f *inflater) block(dst []byte, n, size int, lit *[litTableSize]uint32, dist *[distTableSize]uint32) (int, error) {
	n, done, err := f.fast(dst, n, size, lit, dist)
	for !done && err == nil {
		n, done, err = f.step(dst, n, size, lit, dist)
	}
	return n, err
}

// step decodes one symbol, with no more room than it needs. It says whether the
// block ended.
func (f *inflater) step(dst []byte, n, size int, lit *[litTableSize]uint32, dist *[distTableSize]uint32) (int, bool, error) {
	e, ok := f.symbol(lit[:], litBits)
	switch {
	case !ok:
		return n, false, errInflateShort
	case e&entryLiteral != 0:
		if n >= size {
			return n, false, errInflateLong
		}
		dst[n] = byte(e >> 16)
		return n + 1, false, nil
	case e&entryOdd != 0:
		if e&entryEnd != 0 {
			return n, true, nil
		}
		return n, false, errInflateCode
	}
	length, ok := f.value(e)
	if !ok {
		return n, false, errInflateShort
	}
	e, ok = f.symbol(dist[:], distBits)
	if !ok {
		return n, false, errInflateShort
	}
	if e&entryOdd != 0 {
		return n, false, errInflateCode
	}
	back, ok := f.value(e)
	switch {
	case !ok:
		return n, false, errInflateShort
	case back > n:
		return n, false, errInflateBack
	case length > size-n:
		return n, false, errInflateLong
	}
	for end := n + length; n < end; n++ {
		dst[n] = dst[n-back]
	}
	return n, false, nil
}

// symbol decodes one code bit-exactly at the end of input and takes it.
func (f *inflater) symbol(table []uint32, width uint) (uint32, bool) {
	f.need(15)
	e := table[f.acc&(1<<width-1)]
	if e&(entryOdd|entrySub) == entryOdd|entrySub {
		sub := f.acc >> width & (1<<(e>>8&15) - 1)
		e = table[uint64(e>>16)+sub]
		if n := width + uint(e>>8&15); n > f.nbits {
			return 0, false
		}
		f.take(width + uint(e>>8&15))
		return e, true
	}
	n := uint(e >> 8 & 15)
	if n > f.nbits {
		return 0, false
	}
	f.take(n)
	return e, true
}

// value adds the extra bits of a length or distance code to its base.
func (f *inflater) value(e uint32) (int, bool) {
	extra := uint(e&63) - uint(e>>8&15)
	if !f.need(extra) {
		return 0, false
	}
	return int(e>>16) + int(f.take(extra)), true
}

// fast decodes as long as there is room for whole words on either side. It says
// whether the block ended. Only the low six bits of nbits count: what else of an
// entry is subtracted with the length of its code does no harm.
func (f *inflater) fast(dst []byte, n, size int, lit *[litTableSize]uint32, dist *[distTableSize]uint32) (int, bool, error) {
	src, in, acc, nbits := f.src, f.in, f.acc, f.nbits
	lastIn := len(src) - 16
	lastOut := min(size, len(dst)-inflateSlack)
	done := false
	var err error
	for in < lastIn && n < lastOut {
		acc |= binary.LittleEndian.Uint64(src[in:]) << (nbits & 63)
		in += int((^nbits & 63) / 8)
		nbits |= 56
		e := lit[acc&(1<<litBits-1)]
		if e&entryLiteral != 0 {
			acc >>= e & 63
			nbits -= uint(e)
			dst[n] = byte(e >> 16)
			n++
			e = lit[acc&(1<<litBits-1)]
			if e&entryLiteral != 0 {
				acc >>= e & 63
				nbits -= uint(e)
				dst[n] = byte(e >> 16)
				n++
				e = lit[acc&(1<<litBits-1)]
				if e&entryLiteral != 0 {
					acc >>= e & 63
					nbits -= uint(e)
					dst[n] = byte(e >> 16)
					n++
					continue
				}
			}
			acc |= binary.LittleEndian.Uint64(src[in:]) << (nbits & 63)
			in += int((^nbits & 63) / 8)
			nbits |= 56
		}
		if e&entryOdd != 0 {
			if e&entrySub != 0 {
				acc >>= litBits
				nbits -= litBits
				e = lit[(uint64(e>>16)+acc&(1<<(e>>8&15)-1))&(litTableSize-1)]
			}
			if e&entryLiteral != 0 {
				acc >>= e & 63
				nbits -= uint(e)
				dst[n] = byte(e >> 16)
				n++
				continue
			}
			if e&entryOdd != 0 {
				if e&entryEnd == 0 {
					err = errInflateCode
					break
				}
				acc >>= e & 63
				nbits -= uint(e)
				done = true
				break
			}
		}
		saved := acc
		acc >>= e & 63
		nbits -= uint(e)
		length := int(e>>16) + int(saved&(1<<(e&63)-1)>>(e>>8&15))

		e = dist[acc&(1<<distBits-1)]
		if e&entryOdd != 0 {
			if e&entrySub == 0 {
				err = errInflateCode
				break
			}
			acc >>= distBits
			nbits -= distBits
			e = dist[(uint64(e>>16)+acc&(1<<(e>>8&15)-1))&(distTableSize-1)]
			if e&entryOdd != 0 {
				err = errInflateCode
				break
			}
		}
		saved = acc
		acc >>= e & 63
		nbits -= uint(e)
		back := int(e>>16) + int(saved&(1<<(e&63)-1)>>(e>>8&15))
		if back > n {
			err = errInflateBack
			break
		}
		if length > size-n {
			err = errInflateLong
			break
		}
		copyMatch(dst, n, back, length)
		n += length
	}
	if n > size {
		err = errInflateLong
	}
	f.in, f.acc, f.nbits = in, acc, nbits&63
	return n, done, err
}

// copyMatch repeats length bytes from back bytes before n. It may write up to
// 15 bytes more than that, which the slack has room for.
func copyMatch(dst []byte, n, back, length int) {
	from := n - back
	switch {
	case back >= 16:
		for end := n + length; n < end; n, from = n+16, from+16 {
			s, d := dst[from:from+16:from+16], dst[n:n+16:n+16]
			a, b := binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[8:])
			binary.LittleEndian.PutUint64(d, a)
			binary.LittleEndian.PutUint64(d[8:], b)
		}
	case back >= 8:
		for end := n + length; n < end; n, from = n+8, from+8 {
			binary.LittleEndian.PutUint64(dst[n:], binary.LittleEndian.Uint64(dst[from:]))
		}
	case back == 1:
		word := uint64(dst[from]) * 0x0101010101010101
		for end := n + length; n < end; n += 8 {
			binary.LittleEndian.PutUint64(dst[n:], word)
		}
	default:
		s, d := dst[from:n+length-back], dst[n:n+length]
		for i := range d {
			d[i] = s[i]
		}
	}
}

// reversed returns the bits of a code of n bits in the order of the stream.
func reversed(code uint32, n uint) uint32 { return bits.Reverse32(code) >> (32 - n) }
