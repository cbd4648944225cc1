// Package inventory keeps lists of objects: packed by the segment in a store,
// written as CSV and Parquet, and read from the inventories that a cloud makes
// of itself.
//
// It neither lists nor classifies.
package inventory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/overgrant/overgrant/internal/source"
)

// ErrDamaged says that a segment is not what [Packer.Segment] made.
var ErrDamaged = errors.New("inventory segment is damaged")

// Limits of one segment when it is read back.
const (
	maxRows  = 1 << 20
	maxBytes = 1 << 30
)

// magic begins a segment; the digit is the version of its layout.
const magic = "OGI1"

// Row is one object of an inventory.
type Row struct {
	Service   string
	Container string
	Name      string
	Size      int64     // bytes
	Modified  time.Time // UTC; zero if unknown
	Created   time.Time
	Tag       string // ETag with its quotes
	MD5       []byte // 16 bytes, or nil
	Type      string // content type
	Tier      string
	Version   string // version id, or time of the snapshot
	Kind      byte   // as in source.Object
	State     source.State
}

// The columns of a segment. Each is a run of bytes of its own, since like packs
// well beside like.
const (
	colName = iota // bytes shared with the name before, bytes that follow, those bytes
	colSize
	colTime // change from the row before, then that of the creation from it
	colTag
	colSum
	colWord // index of type, tier; state and kind
	colVersion
	columns
)

// Packer packs objects into segments. The zero value is ready. It is not safe
// for several goroutines at once; nothing is allocated for an object that is
// like those before.
type Packer struct {
	col   [columns][]byte
	rows  int
	name  []byte // of the row before
	time  int64
	words map[string]uint64
	order []string
	last  [2]lastWord // type and tier of the row before: nearly always the same
	raw   []byte
	enc   *zstd.Encoder
}

type lastWord struct {
	text  string
	index uint64
}

// Rows returns how many objects are in the segment so far.
func (p *Packer) Rows() int { return p.rows }

// Add packs one object.
func (p *Packer) Add(o *source.Object) {
	same := shared(p.name, o.Name)
	n := binary.AppendUvarint(p.col[colName], uint64(same))
	p.col[colName] = appendBytes(n, o.Name[same:])
	p.name = append(p.name[:same], o.Name[same:]...)
	p.col[colSize] = binary.AppendUvarint(p.col[colSize], uint64(max(o.Size, 0)))
	t := binary.AppendVarint(p.col[colTime], o.Modified-p.time)
	p.col[colTime] = binary.AppendVarint(t, o.Created-o.Modified)
	p.time = o.Modified
	p.col[colTag] = appendBytes(p.col[colTag], o.Tag)
	p.col[colSum] = appendBytes(p.col[colSum], o.MD5)
	p.col[colVersion] = appendBytes(p.col[colVersion], o.Version)
	w := binary.AppendUvarint(p.col[colWord], p.word(0, o.Type))
	w = binary.AppendUvarint(w, p.word(1, o.Tier))
	p.col[colWord] = append(w, byte(o.State), o.Kind)
	p.rows++
}

// word returns the index of a text that many rows have.
func (p *Packer) word(i int, text []byte) uint64 {
	if l := &p.last[i]; l.index > 0 && string(text) == l.text {
		return l.index - 1
	}
	at, ok := p.words[string(text)]
	if !ok {
		if p.words == nil {
			p.words = map[string]uint64{}
		}
		at = uint64(len(p.order))
		p.words[string(text)] = at
		p.order = append(p.order, string(text))
	}
	p.last[i] = lastWord{p.order[at], at + 1}
	return at
}

// Segment returns what was added since the last segment, listed in r, packed.
// It gives nil where nothing was.
func (p *Packer) Segment(r source.Range) ([]byte, error) {
	if p.rows == 0 {
		return nil, nil
	}
	if p.enc == nil {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("pack an inventory: %w", err)
		}
		p.enc = enc
	}
	raw := binary.AppendUvarint(p.raw[:0], uint64(p.rows))
	raw = appendBytes(raw, []byte(r.Service))
	raw = appendBytes(raw, []byte(r.Container))
	raw = binary.AppendUvarint(raw, uint64(len(p.order)))
	for _, w := range p.order {
		raw = appendBytes(raw, []byte(w))
	}
	for i := range p.col {
		raw = appendBytes(raw, p.col[i])
		p.col[i] = p.col[i][:0]
	}
	out := p.enc.EncodeAll(raw, []byte(magic))
	p.raw, p.rows, p.name, p.time = raw, 0, p.name[:0], 0
	clear(p.words)
	p.order, p.last = p.order[:0], [2]lastWord{}
	return out, nil
}

func appendBytes(to, b []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(b))), b...)
}

// shared returns how many bytes a and b begin with in common.
func shared(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// Rows yields the rows of a segment. A damaged segment ends with ErrDamaged.
func Rows(segment []byte) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		u, err := open(segment)
		if err != nil {
			yield(Row{}, err)
			return
		}
		for range u.rows {
			row, err := u.next()
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// unpacker reads a segment back.
type unpacker struct {
	rows               uint64
	service, container string
	words              []string
	col                [columns]cursor
	name               []byte
	time               int64
}

func open(segment []byte) (*unpacker, error) {
	if len(segment) < len(magic) || string(segment[:len(magic)]) != magic {
		return nil, ErrDamaged
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBytes))
	if err != nil {
		return nil, fmt.Errorf("read an inventory segment: %w", err)
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(segment[len(magic):], nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	c := cursor{b: raw}
	u := &unpacker{rows: c.number(), service: string(c.bytes()), container: string(c.bytes())}
	words := c.number()
	if u.rows > maxRows || words > 2*u.rows {
		return nil, ErrDamaged
	}
	for range words {
		u.words = append(u.words, string(c.bytes()))
	}
	for i := range u.col {
		u.col[i] = cursor{b: c.bytes()}
	}
	if c.bad {
		return nil, ErrDamaged
	}
	return u, nil
}

func (u *unpacker) next() (Row, error) {
	row := Row{Service: u.service, Container: u.container}
	same := u.col[colName].number()
	rest := u.col[colName].bytes()
	if same > uint64(len(u.name)) {
		return row, ErrDamaged
	}
	u.name = append(u.name[:same], rest...)
	row.Name = string(u.name)
	row.Size = int64(u.col[colSize].number())
	u.time += u.col[colTime].signed()
	row.Modified, row.Created = moment(u.time), moment(u.time+u.col[colTime].signed())
	row.Tag = string(u.col[colTag].bytes())
	if sum := u.col[colSum].bytes(); len(sum) > 0 {
		row.MD5 = sum
	}
	row.Version = string(u.col[colVersion].bytes())
	w := &u.col[colWord]
	row.Type, row.Tier = u.word(w.number()), u.word(w.number())
	row.State, row.Kind = source.State(w.one()), w.one()
	for i := range u.col {
		if u.col[i].bad {
			return row, ErrDamaged
		}
	}
	return row, nil
}

func (u *unpacker) word(i uint64) string {
	if i >= uint64(len(u.words)) {
		u.col[colWord].bad = true
		return ""
	}
	return u.words[i]
}

func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// cursor reads a column. Once something is bad, all that follows is zero.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) number() uint64 {
	v, n := binary.Uvarint(c.b)
	return v * c.took(n)
}

func (c *cursor) signed() int64 {
	v, n := binary.Varint(c.b)
	return v * int64(c.took(n))
}

// took moves on by n bytes and gives 1, or 0 where there was no number.
func (c *cursor) took(n int) uint64 {
	if n <= 0 {
		c.b, c.bad = nil, true
		return 0
	}
	c.b = c.b[n:]
	return 1
}

func (c *cursor) bytes() []byte {
	n := c.number()
	if n > uint64(len(c.b)) {
		c.b, c.bad = nil, true
		return nil
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) one() byte {
	if len(c.b) == 0 {
		c.bad = true
		return 0
	}
	b := c.b[0]
	c.b = c.b[1:]
	return b
}
