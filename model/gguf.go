package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/overgrant/overgrant/model/jinja"
)

// gguf is what llama.cpp and its kin load.
// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
var gguf = Format{
	Name: "gguf",
	Doc:  "GGUF: chat templates that reach for the interpreter, numbers in the header that overflow readers",
	head: func(head []byte) bool { return strings.HasPrefix(string(head), "GGUF") },
	scan: scanGGUF,
}

// Limits of a GGUF header. Source: ggml/src/gguf.cpp and ggml.h.
const (
	ggufVersion    = 3
	ggufDims       = 4  // GGML_MAX_DIMS
	ggufArrays     = 4  // arrays in arrays; llama.cpp takes none
	ggufMinKV      = 13 // bytes of the smallest pair
	ggufTensorSize = 20 // bytes of the smallest entry, and more
	ggufSane       = 1 << 40
	ggmlTypes      = 128 // types of tensors, and more than there are
)

// ggufWidth is the size of each type of value in bytes; 0 for what has none.
var ggufWidth = []int{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

const (
	ggufString = 8
	ggufArray  = 9
)

// ggmlBlock says how many bytes one block of a tensor type takes, and how many
// values are in it. Source: the type_traits table of ggml.c.
var ggmlBlock = map[uint64][2]uint64{
	0: {4, 1}, 1: {2, 1}, 2: {18, 32}, 3: {20, 32}, 6: {22, 32}, 7: {24, 32}, 8: {34, 32}, 9: {36, 32},
	10: {84, 256}, 11: {110, 256}, 12: {144, 256}, 13: {176, 256}, 14: {210, 256}, 15: {292, 256},
	16: {66, 256}, 17: {74, 256}, 18: {98, 256}, 19: {50, 256}, 20: {18, 32}, 21: {110, 256}, 22: {82, 256}, 23: {136, 256},
	24: {1, 1}, 25: {2, 1}, 26: {4, 1}, 27: {8, 1}, 28: {8, 1}, 29: {56, 256}, 30: {2, 1}, 34: {54, 256}, 35: {66, 256}, 39: {17, 32},
}

// ggufReader is one GGUF header on its way.
type ggufReader struct {
	*window
	s     *scan
	p     piece
	order binary.ByteOrder
	wide  int // bytes of a count: 4 in version 1
	align uint64
	seen  map[string]bool
	end   uint64 // of the tensor that ends last, from the beginning of the data
}

func scanGGUF(s *scan, p piece) bool {
	s.name(p, "gguf")
	g := &ggufReader{window: newWindow(p), s: s, p: p, order: binary.LittleEndian, wide: 8, align: 32, seen: map[string]bool{}}
	g.off = 4
	version := g.number(4, g.order)
	if version&0xffff == 0 && version != 0 {
		g.order = binary.BigEndian
		version = uint64(bits.ReverseBytes32(uint32(version)))
	}
	if version == 1 {
		g.wide = 4
	}
	if g.err == nil && (version == 0 || version > ggufVersion) {
		s.unread(p, fmt.Sprintf("GGUF version %d is not known", version))
		return true
	}
	tensors, pairs := g.number(g.wide, g.order), g.number(g.wide, g.order)
	if g.err == nil {
		g.counts(tensors, pairs)
	}
	for i := uint64(0); i < pairs && g.err == nil; i++ {
		g.pair()
	}
	for i := uint64(0); i < tensors && g.err == nil; i++ {
		g.tensor()
	}
	g.finish()
	return true
}

// odd tells of a number that cannot be true. Where it wraps in the arithmetic of
// a reader the finding is High.
func (g *ggufReader) odd(wraps bool, what string) {
	f := Finding{Rule: "header", What: what, Offset: g.off, Severity: Medium, Why: "the header contradicts the file; readers that trust it read or write outside their memory"}
	if wraps {
		f.Severity = High
		f.Why = "readers that compute with it without care wrap around and write outside their memory (CVE-2024-23496, CVE-2024-21836 and their kin)"
	}
	g.s.find(g.p, f)
}

func (g *ggufReader) counts(tensors, pairs uint64) {
	left := uint64(g.left())
	if tensors > left/ggufTensorSize {
		g.odd(tensors > math.MaxInt64/512, fmt.Sprintf("%d tensors in a file of %d bytes", tensors, g.p.size))
	}
	if pairs > left/ggufMinKV {
		g.odd(pairs > math.MaxInt64/512, fmt.Sprintf("%d pairs in a file of %d bytes", pairs, g.p.size))
	}
}

// str reads a string, at most limit of it.
func (g *ggufReader) str(limit int) string {
	n := g.number(g.wide, g.order)
	if g.err != nil {
		return ""
	}
	if n > uint64(g.left()) {
		if n > ggufSane {
			g.odd(true, fmt.Sprintf("a string of %d bytes", n))
		}
		g.err = errShort
		return ""
	}
	s := string(g.take(int(min(n, uint64(limit)))))
	g.skip(n - min(n, uint64(limit)))
	return s
}

func (g *ggufReader) pair() {
	at := g.off
	key := g.str(256)
	kind := g.number(4, g.order)
	if g.err != nil {
		return
	}
	if g.seen[key] {
		g.s.find(g.p, Finding{Rule: "inconsistent", What: "key " + clipText(key, 80) + " twice", Why: "readers differ in which of the two they believe", Offset: at, Severity: Medium})
	}
	if len(g.seen) < 10_000 {
		g.seen[key] = true
	}
	switch {
	case kind == ggufString && strings.Contains(key, "chat_template"):
		at := g.off + int64(g.wide)
		g.s.template(g.p, g.str(jinja.MaxTemplate+1), at, key)
	case key == "general.alignment" && kind == 4:
		g.align = g.number(4, g.order)
		if g.align == 0 || g.align&(g.align-1) != 0 {
			g.odd(false, fmt.Sprintf("an alignment of %d bytes", g.align))
			g.align = 32
		}
	default:
		g.value(kind, 0, key)
	}
}

func (g *ggufReader) value(kind uint64, depth int, key string) {
	switch {
	case kind == ggufString:
		n := g.number(g.wide, g.order)
		if g.err == nil && n > uint64(g.left()) && n > ggufSane {
			g.odd(true, fmt.Sprintf("a string of %d bytes", n))
		}
		g.skip(n)
	case kind == ggufArray:
		g.array(depth, key)
	case kind < uint64(len(ggufWidth)):
		g.skip(uint64(ggufWidth[kind]))
	default:
		g.odd(false, fmt.Sprintf("a value of type %d", kind))
		g.err = errSense
	}
}

func (g *ggufReader) array(depth int, key string) {
	kind, n := g.number(4, g.order), g.number(g.wide, g.order)
	switch {
	case g.err != nil:
	case depth >= ggufArrays || kind >= uint64(len(ggufWidth)):
		g.odd(false, fmt.Sprintf("an array of type %d, %d deep", kind, depth))
		g.err = errSense
	case ggufWidth[kind] > 0:
		hi, size := bits.Mul64(n, uint64(ggufWidth[kind]))
		if hi > 0 || size > uint64(g.left()) {
			g.odd(hi > 0 || n > ggufSane, fmt.Sprintf("an array of %d values", n))
			g.err = errShort
			return
		}
		g.skip(size)
	case n > uint64(g.left())/uint64(g.wide):
		g.odd(n > ggufSane, fmt.Sprintf("an array of %d values", n))
		g.err = errShort
	default:
		for i := uint64(0); i < n && g.err == nil; i++ {
			if kind == ggufString && strings.Contains(key, "chat_template") && n < 1000 {
				at := g.off + int64(g.wide)
				g.s.template(g.p, g.str(jinja.MaxTemplate+1), at, key)
				continue
			}
			g.value(kind, depth+1, key)
		}
	}
}

// tensor reads what is told about one tensor; its values are not read.
func (g *ggufReader) tensor() {
	name := clipText(g.str(128), 80)
	dims := g.number(4, g.order)
	if g.err != nil {
		return
	}
	if dims > ggufDims {
		g.odd(false, fmt.Sprintf("tensor %s of %d dimensions", name, dims))
		if dims > 64 {
			g.err = errSense
			return
		}
	}
	values, wrapped := uint64(1), false
	for range dims {
		d := g.number(g.wide, g.order)
		hi, lo := bits.Mul64(values, d)
		wrapped = wrapped || hi > 0 || lo > math.MaxInt64
		values = lo
	}
	kind, offset := g.number(4, g.order), g.number(8, g.order)
	if g.err != nil {
		return
	}
	if wrapped {
		g.odd(true, "the dimensions of tensor "+name+" multiplied overflow")
		return
	}
	block, ok := ggmlBlock[kind]
	if !ok {
		block = [2]uint64{0, 1}
	}
	if kind >= ggmlTypes {
		g.odd(false, fmt.Sprintf("tensor %s of type %d", name, kind))
	}
	hi, size := bits.Mul64(values/block[1], block[0])
	end := offset + size
	switch {
	case hi > 0 || size > math.MaxInt64 || end < offset:
		g.odd(true, "the size or place of tensor "+name+" overflows")
	case offset%g.align != 0:
		g.odd(false, fmt.Sprintf("tensor %s at %d, not aligned", name, offset))
	}
	g.end = max(g.end, end)
}

// finish compares the header with the file.
func (g *ggufReader) finish() {
	switch {
	case g.err != nil:
		why := "the header: " + g.err.Error()
		if errors.Is(g.err, errShort) {
			why = "the file ends in its header"
		}
		g.s.unread(g.p, why)
		return
	case g.p.size < 0 || g.end == 0:
		return
	}
	start := (uint64(g.off) + g.align - 1) / g.align * g.align
	if start+g.end > uint64(g.size) || start+g.end < start {
		g.odd(false, fmt.Sprintf("tensors to byte %d of a file of %d", start+g.end, g.size))
		return
	}
	g.s.behind(g.p, int64((start+g.end+g.align-1)/g.align*g.align), 0)
}

// template judges a chat template that stands at at.
func (s *scan) template(p piece, text string, at int64, where string) {
	for _, f := range jinja.Judge(text) {
		switch f.Weight {
		case jinja.Broken:
			s.unread(p, clipText(where, 80)+": "+f.What)
		default:
			sev := Medium
			if f.Weight == jinja.Reach {
				sev = Critical
			}
			s.find(p, Finding{Rule: "template", What: clipText(where, 80) + ": " + f.What, Why: f.Why, Offset: at + int64(f.Offset), Severity: sev})
		}
	}
}

// behind looks at what follows the last byte that a format accounts for. Up to
// slack bytes there are usual.
func (s *scan) behind(p piece, end, slack int64) {
	if p.size < 0 || p.size-end <= slack {
		return
	}
	n := p.size - end
	s.find(p, Finding{Rule: "trailing", What: fmt.Sprintf("%d bytes behind the end", n), Why: "no reader of this format sees them; another one may", Offset: end, Severity: Medium})
	rest := p.part(end, n, "behind the end")
	s.format(rest)
}
