package model

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Windows of decoders, in bytes: what one may hold of what it has unpacked. The
// deeper a stream lies in others the less it gets, so that all of them together
// stay small.
const (
	windowOuter = 8 << 20 // of the outermost stream
	windowInner = 1 << 20 // of those from the fourth on
)

// windowOf returns how much the decoder of a stream may hold that lies in depth
// containers.
func windowOf(depth int) int64 {
	return []int64{windowOuter, windowOuter / 2, windowInner * 2, windowInner}[min(depth, 3)]
}

var (
	errDict   = errors.New("it refers back farther than is kept")
	errMethod = errors.New("a method of compression that is not read")
)

// opener starts to unpack a stream with at most window bytes kept.
type opener func(r *bufio.Reader, window int64) (io.Reader, error)

// packed makes a format of a way to compress streams. joblib, pandas and the
// like open all of them by their content.
func packed(name, doc string, head func([]byte) bool, open opener) Format {
	sure := name != "zlib" && name != "lzma"
	return Format{Name: name, Doc: doc, head: head, scan: func(s *scan, p piece) bool {
		if name != "gzip" && name != "zlib" {
			s.heavy()
		}
		in, r := s.replayed(p, -1, func() (io.Reader, error) { return openSafely(open, p) })
		defer r.free()
		known := s.format(in)
		switch {
		case r.err == nil:
		case known || sure && (ours(r.err) || s.modelName(p)):
			if ours(r.err) { // what broke off inside did so for this reason
				s.report.Unread = ""
			}
			s.unread(p, "compressed with "+name+": "+r.err.Error())
			return true
		}
		return known
	}}
}

// ours says whether a stream ends early because of a limit of this package, not
// of damage.
func ours(err error) bool {
	return errors.Is(err, errDict) || errors.Is(err, errMethod) || errors.Is(err, errBudget) || errors.Is(err, errReplay)
}

// modelNames are endings of names that files of models have.
var modelNames = strings.Fields(`pkl pickle p pk pck joblib dill cloudpickle pt pth pt2 ckpt bin npy npz h5 hdf5 hdf keras rds rda rdata sav model mdl nemo mar onnx gguf ggml safetensors skops msgpack pdparams pdmodel pdopt
tflite pb pbtxt mlmodel pmml cbm llamafile weights t7 params z`)

// modelName says whether the name of a piece promises a model, whatever way it
// is packed.
func (s *scan) modelName(p piece) bool {
	name := strings.ToLower(p.path)
	if name == "" {
		name = strings.ToLower(s.report.Path)
	}
	name = name[strings.LastIndexAny(name, "/\\!")+1:]
	for part := range strings.SplitSeq(name, ".") {
		if part != name && slices.Contains(modelNames, part) {
			return true
		}
	}
	return false
}

func openSafely(open opener, p piece) (z io.Reader, err error) {
	defer func() {
		if x := recover(); x != nil {
			z, err = nil, errDecoder
		}
	}()
	return open(bufio.NewReaderSize(&cursor{r: p.at}, packedAhead), windowOf(p.depth))
}

const packedAhead = 32 << 10 // bytes of packed data read at a time

func prefix(mark string) func([]byte) bool {
	return func(h []byte) bool { return bytes.HasPrefix(h, []byte(mark)) }
}

var gzipFormat = packed("gzip", "A stream compressed with gzip, as joblib, pandas and R write it.", prefix("\x1f\x8b\x08"),
	func(r *bufio.Reader, _ int64) (io.Reader, error) { return gzip.NewReader(r) })

var bzip2Format = packed("bzip2", "A stream compressed with bzip2.", func(h []byte) bool {
	return len(h) > 4 && bytes.HasPrefix(h, []byte("BZh")) && h[3] >= '1' && h[3] <= '9'
}, openBzip2)

func openBzip2(r *bufio.Reader, _ int64) (io.Reader, error) { return bzip2.NewReader(r), nil }

var zlibFormat = packed("zlib", "A stream compressed with zlib.", zlibHead, func(r *bufio.Reader, _ int64) (io.Reader, error) { return zlib.NewReader(r) })

func zlibHead(h []byte) bool {
	return len(h) > 6 && h[0]&0x0f == 8 && h[0]>>4 <= 7 && binary.BigEndian.Uint16(h)%31 == 0 && h[1]&0x20 == 0
}

var zfileFormat = packed("zfile", "A stream compressed with zlib behind the header of joblib before 0.10.", prefix("ZF0x"), openZfile)

func openZfile(b *bufio.Reader, _ int64) (io.Reader, error) {
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
}

// zlibStart are the beginnings that zlib writes.
var zlibStart = map[string]bool{"\x78\x01": true, "\x78\x5e": true, "\x78\x9c": true, "\x78\xda": true}

var zstdFormat = packed("zstd", "A stream compressed with Zstandard.", zstdHead, openZstd)

func zstdHead(h []byte) bool {
	return bytes.HasPrefix(behindSkipped(h), []byte("\x28\xb5\x2f\xfd"))
}

// behindSkipped returns what follows the frames that readers of Zstandard and
// LZ4 skip. Source: RFC 8878, section 3.1.2.
func behindSkipped(h []byte) []byte {
	for len(h) > 8 && h[0]&0xf0 == 0x50 && bytes.Equal(h[1:4], []byte("\x2a\x4d\x18")) {
		n := uint64(binary.LittleEndian.Uint32(h[4:])) + 8
		if n > uint64(len(h)) {
			return nil
		}
		h = h[n:]
	}
	return h
}

// skipFrames passes over those frames; the head has room for all of them.
func skipFrames(r *bufio.Reader) error {
	h, _ := r.Peek(headSize)
	_, err := r.Discard(len(h) - len(behindSkipped(h)))
	return err
}

// openZstd lets a frame have less of a window than it asks for: writers that do
// not know how much comes ask for much.
// Source: RFC 8878, sections 3.1.1.1 and 3.1.1.1.2.
func openZstd(r *bufio.Reader, window int64) (io.Reader, error) {
	if err := skipFrames(r); err != nil {
		return nil, err
	}
	var in io.Reader = r
	asked := int64(0)
	if h, _ := r.Peek(6); len(h) == 6 && h[4]&0x20 == 0 {
		if asked = zstdWindow(h[5]); asked > window {
			head := bytes.Clone(h)
			for zstdWindow(head[5]) > window {
				head[5]--
			}
			_, _ = r.Discard(len(head))
			in = io.MultiReader(bytes.NewReader(head), r)
		}
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(window)))
	if err != nil {
		return nil, err
	}
	return &zstdReader{z: z, narrow: asked > window}, nil
}

// zstdWindow is the size that a descriptor means, in bytes.
func zstdWindow(b byte) int64 {
	base := int64(1) << (10 + b>>3)
	return base + base/8*int64(b&7)
}

// zstdReader tells of a window that is too small in the words of this package.
type zstdReader struct {
	z      *zstd.Decoder
	narrow bool // the window is smaller than was asked for
}

func (z *zstdReader) Close() error {
	z.z.Close()
	return nil
}

func (z *zstdReader) Read(b []byte) (int, error) {
	n, err := z.z.Read(b)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) || z.narrow && err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		err = errDict
	}
	return n, err
}

var lz4Format = packed("lz4", "A stream compressed with LZ4 frames.", lz4Head, openLZ4)

// lz4Head: a frame, or one of the form before 2012.
func lz4Head(h []byte) bool {
	h = behindSkipped(h)
	return bytes.HasPrefix(h, []byte("\x04\x22\x4d\x18")) || bytes.HasPrefix(h, []byte("\x02\x21\x4c\x18"))
}

// openLZ4 asks first for the size of the blocks, of which the decoder keeps two.
// Source: LZ4 Frame Format 1.6.4, "Block Maximum Size".
func openLZ4(r *bufio.Reader, window int64) (io.Reader, error) {
	if err := skipFrames(r); err != nil {
		return nil, err
	}
	h, err := r.Peek(6)
	if err != nil {
		return nil, err
	}
	block := int64(8 << 20)
	if h[0] == 4 {
		block = 1 << (8 + 2*(h[5]>>4&7))
	}
	if block > window {
		return nil, errDict
	}
	return lz4.NewReader(r), nil
}
