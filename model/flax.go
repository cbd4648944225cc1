package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// flax is MessagePack as Flax writes it.
// Source: https://github.com/msgpack/msgpack/blob/master/spec.md and
// flax/serialization.py.
var flax = Format{
	Name: "flax-msgpack",
	Doc:  "MessagePack of Flax: extensions that it does not know, pickles in values",
	head: flaxHead,
	scan: scanFlax,
}

const (
	msgpackDepth  = 200
	msgpackValues = 50_000_000
)

// flaxExtensions are arrays, complex numbers and scalars; -1 is a time.
var flaxExtensions = []int8{1, 2, 3, -1}

// flaxKeys begin real files.
var flaxKeys = []string{"params", "opt_state", "step", "model", "state", "batch_stats", "0", "target", "encoder", "decoder", "transformer", "ema_params"}

// flaxHead: a map that is not empty, with a text for its first key.
func flaxHead(head []byte) bool {
	if len(head) < 3 {
		return false
	}
	at := 1
	switch c := head[0]; {
	case c > 0x80 && c <= 0x8f:
	case c == 0xde:
		at = 3
	case c == 0xdf:
		at = 5
	default:
		return false
	}
	return at < len(head) && (head[at] >= 0xa0 && head[at] <= 0xbf || head[at] >= 0xd9 && head[at] <= 0xdb)
}

// msgpack is one text on its way.
type msgpack struct {
	*window
	s      *scan
	p      piece
	depth  int
	values int
	first  string // the first key
	odd    []Finding
	inside []piece
}

func scanFlax(s *scan, p piece) bool {
	p.size = s.extent(p)
	m := &msgpack{window: newWindow(p), s: s, p: p}
	m.value()
	known := slices.Contains(flaxKeys, m.first)
	switch {
	case m.err != nil && !known && len(m.odd) == 0:
		return false
	case m.err == nil && m.off < m.size && !known && len(m.odd) == 0:
		return false
	}
	s.name(p, "flax-msgpack")
	for _, f := range m.odd {
		s.find(p, f)
	}
	for _, in := range m.inside {
		s.format(in)
	}
	if m.err != nil {
		s.unread(p, "MessagePack: "+m.err.Error())
		return true
	}
	s.behind(p, m.off, 0)
	return true
}

func (m *msgpack) value() {
	if m.depth++; m.depth > msgpackDepth {
		m.err = errors.New("values nested too deep")
	}
	defer func() { m.depth-- }()
	if m.values++; m.values > msgpackValues {
		m.err = errors.New("more values than are read")
	}
	if m.err != nil {
		return
	}
	be := binary.BigEndian
	switch c := m.take(1)[0]; {
	case c <= 0x7f, c >= 0xe0, c == 0xc0, c == 0xc2, c == 0xc3:
	case c <= 0x8f:
		m.several(2 * uint64(c&15))
	case c <= 0x9f:
		m.several(uint64(c & 15))
	case c <= 0xbf:
		m.str(uint64(c & 31))
	case c >= 0xc4 && c <= 0xc6:
		m.bin(m.number(1<<(c-0xc4), be))
	case c >= 0xc7 && c <= 0xc9:
		m.ext(m.number(1<<(c-0xc7), be))
	case c == 0xca:
		m.skip(4)
	case c == 0xcb:
		m.skip(8)
	case c >= 0xcc && c <= 0xd3:
		m.skip(1 << ((c - 0xcc) & 3))
	case c >= 0xd4 && c <= 0xd8:
		m.ext(1 << (c - 0xd4))
	case c >= 0xd9 && c <= 0xdb:
		m.str(m.number(1<<(c-0xd9), be))
	case c == 0xdc, c == 0xdd:
		m.several(m.number(2<<(c-0xdc), be))
	case c == 0xde, c == 0xdf:
		m.several(2 * m.number(2<<(c-0xde), be))
	default:
		m.err = errSense
	}
}

func (m *msgpack) several(n uint64) {
	for ; n > 0 && m.err == nil; n-- {
		m.value()
	}
}

func (m *msgpack) str(n uint64) {
	if m.values == 2 && n < 64 {
		m.first = string(m.take(int(n)))
		return
	}
	m.skip(n)
}

func (m *msgpack) bin(n uint64) {
	at := m.off
	m.skip(n)
	if m.err == nil && n > 2 && len(m.inside) < 1000 {
		if b, err := m.slice(at, 2); err == nil && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5 {
			m.inside = append(m.inside, m.p.part(at, int64(n), fmt.Sprintf("bytes at %d", at)))
		}
	}
}

func (m *msgpack) ext(n uint64) {
	kind := int8(m.take(1)[0])
	at := m.off
	m.skip(n)
	if m.err != nil || slices.Contains(flaxExtensions, kind) {
		return
	}
	if len(m.odd) < 20 {
		m.odd = append(m.odd, Finding{Rule: "extension", What: fmt.Sprintf("an extension of type %d", kind), Why: "Flax does not know it; what reads it is code of the loading program", Offset: at, Severity: Medium})
		m.inside = append(m.inside, m.p.part(at, int64(n), fmt.Sprintf("extension at %d", at)))
	}
}
