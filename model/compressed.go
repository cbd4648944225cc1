package model

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// dictMax bounds the dictionary of a decoder, in bytes.
const dictMax = 32 << 20

var errDict = fmt.Errorf("a dictionary of more than %d MiB", dictMax>>20)

// packed makes a format of a way to compress streams. joblib, pandas and the
// like open all of them by their content.
func packed(name, doc string, head func([]byte) bool, open func(io.Reader) (io.Reader, error)) Format {
	sure := name != "zlib" && name != "lzma"
	return Format{Name: name, Doc: doc, head: head, scan: func(s *scan, p piece) bool {
		in, r := s.replayed(p, -1, func() (io.Reader, error) {
			return openSafely(open, bufio.NewReaderSize(&cursor{r: p.at}, 32<<10))
		})
		known := s.format(in)
		if r.err != nil && (known || sure) {
			s.unread(p, "compressed with "+name+": "+r.err.Error())
		}
		return known
	}}
}

func openSafely(open func(io.Reader) (io.Reader, error), r io.Reader) (z io.Reader, err error) {
	defer func() {
		if x := recover(); x != nil {
			z, err = nil, errDecoder
		}
	}()
	return open(r)
}

func prefix(mark string) func([]byte) bool {
	return func(h []byte) bool { return bytes.HasPrefix(h, []byte(mark)) }
}

var gzipFormat = packed("gzip", "A stream compressed with gzip, as joblib, pandas and R write it.", prefix("\x1f\x8b\x08"),
	func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })

var bzip2Format = packed("bzip2", "A stream compressed with bzip2.", func(h []byte) bool {
	return len(h) > 4 && bytes.HasPrefix(h, []byte("BZh")) && h[3] >= '1' && h[3] <= '9'
}, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil })

var zlibFormat = packed("zlib", "A stream compressed with zlib.", zlibHead, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })

func zlibHead(h []byte) bool {
	return len(h) > 6 && h[0]&0x0f == 8 && h[0]>>4 <= 7 && binary.BigEndian.Uint16(h)%31 == 0 && h[1]&0x20 == 0
}

var zfileFormat = packed("zfile", "A stream compressed with zlib behind the header of joblib before 0.10.", prefix("ZF0x"), func(r io.Reader) (io.Reader, error) {
	b, ok := r.(*bufio.Reader)
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	// "ZF" and the size in hex, filled with blanks; Python 2 wrote an "L" more.
	for range 32 {
		h, err := b.Peek(2)
		if err != nil {
			return nil, err
		}
		if zlibStart[string(h)] {
			return zlib.NewReader(b)
		}
		if _, err := b.Discard(1); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("no stream after the header")
})

// zlibStart are the beginnings that zlib writes.
var zlibStart = map[string]bool{"\x78\x01": true, "\x78\x5e": true, "\x78\x9c": true, "\x78\xda": true}

var xzFormat = packed("xz", "A stream compressed with LZMA2.", prefix("\xfd7zXZ\x00"), func(r io.Reader) (io.Reader, error) {
	b, ok := r.(*bufio.Reader)
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	if h, _ := b.Peek(12 + 24); xzDictionary(h) > dictMax {
		return nil, errDict
	}
	return xz.NewReader(b)
})

// xzDictionary returns the size of the dictionary of the first block.
//
// Source: "The .xz File Format", version 1.2.0, sections 3.1 and 5.3.1.
func xzDictionary(h []byte) int64 {
	if len(h) < 20 {
		return 0
	}
	flags, i := h[13], 14
	for range int(flags>>6&1) + int(flags>>7&1) { // the sizes, if they are given
		for i < len(h) && h[i]&0x80 != 0 {
			i++
		}
		i++
	}
	if i+2 >= len(h) || h[i] != 0x21 {
		return 0
	}
	bits := h[i+2] & 0x3f
	return (2 | int64(bits&1)) << (bits/2 + 11)
}

var lzmaFormat = packed("lzma", "A stream compressed with LZMA, without a signature.", lzmaHead, func(r io.Reader) (io.Reader, error) {
	b, ok := r.(*bufio.Reader)
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	if h, _ := b.Peek(5); len(h) == 5 && binary.LittleEndian.Uint32(h[1:]) > dictMax {
		return nil, errDict
	}
	return lzma.NewReader(b)
})

func lzmaHead(h []byte) bool {
	if len(h) < 18 || h[0] != 0x5d || h[13] != 0 {
		return false
	}
	dict := binary.LittleEndian.Uint32(h[1:])
	size := binary.LittleEndian.Uint64(h[5:])
	return dict >= 1<<12 && dict&(dict-1)&(dict-1-dict&-dict) == 0 && (size == 1<<64-1 || size < 1<<40)
}

var zstdFormat = packed("zstd", "A stream compressed with Zstandard.", prefix("\x28\xb5\x2f\xfd"), func(r io.Reader) (io.Reader, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(dictMax))
	if err != nil {
		return nil, err
	}
	return z, nil
})

var lz4Format = packed("lz4", "A stream compressed with LZ4 frames.", prefix("\x04\x22\x4d\x18"), func(r io.Reader) (io.Reader, error) {
	return lz4.NewReader(r), nil
})
