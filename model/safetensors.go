package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math/bits"
	"slices"
	"strconv"
)

// safetensors cannot run code; its header can lie.
// Source: https://github.com/huggingface/safetensors, "Format" and "Benefits".
var safetensors = Format{
	Name: "safetensors",
	Doc:  "safetensors: header limits, repeated keys, tensors that overlap, leave holes or do not fill the file",
	head: safetensorsHead,
	scan: scanSafetensors,
}

const (
	safetensorsHeader  = 100_000_000 // bytes of header that the library takes
	safetensorsEntries = 500_000     // tensors looked at
)

// safetensorsWidth is the size of one value of each type, in bits.
var safetensorsWidth = map[string]uint64{
	"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
	"I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}

// safetensorsHead takes also headers that begin with white space or are too
// long: they are refused by the library, and told here.
func safetensorsHead(head []byte) bool {
	if len(head) < 10 {
		return false
	}
	n := binary.LittleEndian.Uint64(head)
	if n < 2 || n >= 1<<40 {
		return false
	}
	rest := head[8:]
	for len(rest) > 1 && (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r') {
		rest = rest[1:]
	}
	if rest[0] != '{' {
		return false
	}
	rest = rest[1:]
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r') {
		rest = rest[1:]
	}
	return len(rest) == 0 || rest[0] == '"' || rest[0] == '}'
}

// stretch is where one tensor lies, from the beginning of the data.
type stretch struct{ from, to uint64 }

type safetensorsReader struct {
	s     *scan
	p     piece
	seed  maphash.Seed
	seen  map[uint64]struct{}
	at    []stretch
	empty int // tensors without bytes
	wrong string
}

func scanSafetensors(s *scan, p piece) bool {
	s.name(p, "safetensors")
	head := readUpTo(p.at, 0, 9)
	n := binary.LittleEndian.Uint64(head)
	switch {
	case n > safetensorsHeader:
		s.find(p, Finding{Rule: "header", What: fmt.Sprintf("a header of %d bytes", n), Why: "the library takes 100 MB at most; other readers give it the memory it asks for", Severity: Medium})
		s.unread(p, "a header longer than the library takes")
		return true
	case p.size >= 0 && n > uint64(p.size-8):
		s.unread(p, "the file ends in its header")
		return true
	case head[8] != '{':
		s.unread(p, "the header does not begin with {")
		return true
	}
	r := &safetensorsReader{s: s, p: p, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	j := newJSON(io.NewSectionReader(p.at, 8, int64(n)))
	err := j.eachKey(func(string) bool { j.nodes, j.strings = 0, 0; return true }, r.entry)
	if err == nil && j.space() != 0 {
		err = errJSON
	}
	switch {
	case r.wrong != "":
		s.unread(p, r.wrong)
	case err != nil:
		s.unread(p, "the header: "+err.Error())
	default:
		r.tile(8 + int64(n))
	}
	return true
}

func (r *safetensorsReader) odd(what, why string) {
	r.s.find(r.p, Finding{Rule: "header", What: what, Why: why, Severity: Medium})
}

// entry reads one key of the header.
func (r *safetensorsReader) entry(key string, v *jnode) bool {
	h := maphash.String(r.seed, key)
	if _, ok := r.seen[h]; ok {
		r.odd("key "+clipText(key, 80)+" twice", "readers differ in which of the two they believe")
	}
	r.seen[h] = struct{}{}
	if len(r.seen) > safetensorsEntries {
		r.wrong = "more tensors than are looked at"
		return false
	}
	if key == "__metadata__" {
		return r.metadata(v)
	}
	for i, k := range v.keys {
		if slices.Contains(v.keys[:i], k) {
			r.odd("key "+clipText(k, 40)+" twice in "+clipText(key, 80), "readers differ in which of the two they believe")
		}
	}
	if err := r.tensor(v); err != nil {
		r.wrong = fmt.Sprintf("tensor %s: %v", clipText(key, 80), err)
		return false
	}
	return true
}

func (r *safetensorsReader) metadata(v *jnode) bool {
	for i := range v.kids {
		if v.kids[i].kind != '"' {
			r.wrong = "metadata that is not text"
		}
	}
	if v.kind != '{' {
		r.wrong = "metadata that is no object"
	}
	return r.wrong == ""
}

// tensor checks the place of one tensor against its shape and type.
func (r *safetensorsReader) tensor(v *jnode) error {
	bitsEach, ok := safetensorsWidth[v.text("dtype")]
	shape, place := v.get("shape"), v.get("data_offsets")
	if !ok {
		return errors.New("an unknown type")
	}
	if len(shape) == 0 || len(place) == 0 {
		return errors.New("no shape or no place")
	}
	ends := place[len(place)-1].kids
	if len(ends) != 2 {
		return errors.New("a place that is not two numbers")
	}
	from, err := strconv.ParseUint(ends[0].s, 10, 63)
	to, err2 := strconv.ParseUint(ends[1].s, 10, 63)
	if err != nil || err2 != nil || to < from {
		return errors.New("a place that cannot be")
	}
	total, over := bitsEach, uint64(0)
	for i := range shape[len(shape)-1].kids {
		d, err := strconv.ParseUint(shape[len(shape)-1].kids[i].s, 10, 63)
		if err != nil {
			return errors.New("a dimension that cannot be")
		}
		var hi uint64
		hi, total = bits.Mul64(total, d)
		over |= hi
	}
	switch {
	case over > 0:
		r.odd("dimensions whose product overflows", "readers that compute with it without care read outside their memory")
		return errors.New("dimensions that overflow")
	case total%8 != 0 || total/8 != to-from:
		r.odd(fmt.Sprintf("a tensor of %d bytes in a place of %d", total/8, to-from), "readers that trust one of the two read outside the tensor")
	}
	if from == to {
		r.empty++
		return nil
	}
	r.at = append(r.at, stretch{from, to})
	return nil
}

// tile checks that the tensors fill the rest of the file, each byte once.
func (r *safetensorsReader) tile(data int64) {
	slices.SortFunc(r.at, func(a, b stretch) int {
		if a.from != b.from {
			return map[bool]int{true: -1, false: 1}[a.from < b.from]
		}
		return 0
	})
	end, holes := uint64(0), 0
	for _, t := range r.at {
		if t.from < end {
			r.odd(fmt.Sprintf("tensors overlap at byte %d", t.from), "the library refuses this; readers that do not give one tensor another's bytes")
		}
		if t.from > end {
			r.odd(fmt.Sprintf("%d bytes at %d belong to no tensor", t.from-end, end), "bytes can hide there that no reader of the format sees")
			if holes++; holes <= 100 && (r.p.size < 0 || t.from <= uint64(r.p.size-data)) {
				r.s.format(r.p.part(data+int64(end), int64(t.from-end), "a hole"))
			}
		}
		end = max(end, t.to)
	}
	if r.p.size >= 0 && end > uint64(r.p.size-data) {
		r.s.unread(r.p, "the file ends in its tensors")
		return
	}
	r.s.behind(r.p, data+int64(end), 0)
}
