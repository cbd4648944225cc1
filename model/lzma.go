package model

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

var lzmaFormat = packed("lzma", "A stream compressed with LZMA, without a signature.", lzmaHead, openLZMA)

const lzmaHeader = 13 // bytes: properties, dictionary, size

// lzmaHead accepts what liblzma accepts where it must tell the format by itself.
// Source: XZ Utils, src/liblzma/common/alone_decoder.c.
func lzmaHead(h []byte) bool {
	if len(h) < lzmaHeader+5 || h[0] >= 9*5*5 || h[lzmaHeader] != 0 {
		return false
	}
	dict := binary.LittleEndian.Uint32(h[1:])
	size := binary.LittleEndian.Uint64(h[5:])
	usual := dict >= 1<<12 && dict&(dict-1)&(dict-1-dict&-dict) == 0 || dict == 1<<32-1
	return usual && (size == 1<<64-1 || size < 1<<38)
}

// openLZMA opens a stream of the old form: properties, dictionary and size.
func openLZMA(r *bufio.Reader, window int64) (io.Reader, error) {
	head := make([]byte, lzmaHeader)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint64(head[5:])
	return rawLZMA(r, head[:5], lzmaBounds{size, window})
}

// lzmaBounds says where a stream ends and how much of it is kept.
type lzmaBounds struct {
	size   uint64 // bytes it unpacks to; 1<<64-1 where a mark ends it
	window int64
}

// rawLZMA decodes what archives hold of LZMA: properties, and then the stream.
func rawLZMA(r io.Reader, properties []byte, b lzmaBounds) (io.Reader, error) {
	if len(properties) != 5 {
		return nil, errDecoder
	}
	d := &lzmaDecoder{window: int(b.window), left: b.size}
	if err := d.properties(properties[0]); err != nil {
		return nil, err
	}
	d.begin(r)
	return &lzmaReader{d: d, more: d.symbols}, nil
}

// rawLZMA2 decodes chunks of LZMA2, and takes no byte behind them. The byte is
// the size of the dictionary as xz and 7z give it; what is kept depends on what
// the stream makes use of, not on what it asks for.
//
// Source: "The .xz File Format", version 1.2.0, section 5.3.1.
func rawLZMA2(r io.Reader, size byte, window int64) (io.Reader, error) {
	if size > 40 {
		return nil, errDecoder
	}
	z := &lzma2{r: r, d: &lzmaDecoder{window: int(window)}}
	return &lzmaReader{d: z.d, more: z.decode}, nil
}

// lzmaReader gives out what a decoder puts into its window.
type lzmaReader struct {
	d    *lzmaDecoder
	more func() error // decodes a little; io.EOF at the end
	err  error
}

func (z *lzmaReader) Read(b []byte) (int, error) {
	d := z.d
	for d.given == len(d.out) && z.err == nil {
		d.shift()
		z.err = z.more()
	}
	n := copy(b, d.out[d.given:])
	d.given += n
	if n == 0 && len(b) > 0 {
		return 0, z.err
	}
	return n, nil
}

// lzma2 is a row of chunks, packed and plain.
type lzma2 struct {
	r     io.Reader
	d     *lzmaDecoder
	chunk io.LimitedReader
	plain int  // bytes left of a plain chunk
	begun bool // the decoder has its properties
	in    bool // inside a packed chunk
}

// next reads the head of a chunk.
func (z *lzma2) next() error {
	var h [6]byte
	if _, err := io.ReadFull(z.r, h[:1]); err != nil {
		return unexpected(err)
	}
	control := h[0]
	switch {
	case control == 0:
		return io.EOF
	case control >= 0x80:
		n := 5
		if control >= 0xc0 {
			n = 6
		}
		if _, err := io.ReadFull(z.r, h[1:n]); err != nil {
			return unexpected(err)
		}
		if control >= 0xe0 {
			z.d.forget()
		}
		switch {
		case control >= 0xc0:
			if err := z.d.properties(h[5]); err != nil {
				return err
			}
			z.begun = true
		case !z.begun:
			return errDecoder
		case control >= 0xa0:
			z.d.reset()
		}
		z.chunk = io.LimitedReader{R: z.r, N: int64(h[3])<<8 + int64(h[4]) + 1}
		z.d.left = uint64(control&31)<<16 + uint64(h[1])<<8 + uint64(h[2]) + 1
		z.d.begin(&z.chunk)
		z.in = true
	case control > 2:
		return errDecoder
	default:
		if _, err := io.ReadFull(z.r, h[1:3]); err != nil {
			return unexpected(err)
		}
		if control == 1 {
			z.d.forget()
		}
		z.plain = int(h[1])<<8 + int(h[2]) + 1
	}
	return nil
}

// decode unpacks a little of the chunk at hand, or goes to the next.
func (z *lzma2) decode() error {
	if z.plain == 0 && !z.in {
		return z.next()
	}
	if z.plain > 0 {
		d := z.d
		n, err := z.r.Read(d.room(min(z.plain, lzmaStep)))
		d.out = d.out[:len(d.out)+n]
		z.plain -= n
		if z.plain > 0 && err != nil {
			return unexpected(err)
		}
		return nil
	}
	err := z.d.symbols()
	if errors.Is(err, io.EOF) {
		z.in = false
		_, err = io.Copy(io.Discard, &z.chunk)
	}
	return err
}

// unexpected turns an end where none may be into an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
