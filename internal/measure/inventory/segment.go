// Package inventory keeps lists of objects: packed by the segment in a store,
// written as CSV and Parquet, and read from the inventories that a cloud makes
// of itself.
//
// It neither lists nor classifies.
package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/overgrant/overgrant/internal/source"
)

// ErrDamaged says that a segment is not what [Packer.Segment] made.
var ErrDamaged = errors.New("inventory segment is damaged")

// A block is packed when it has so many rows, or so many bytes: what is being
// packed stays in the cache of a processor.
const (
	blockRows  = 8192
	blockBytes = 1 << 20
)

// window is how far back in a block a packer looks, in bytes: like stands close
// to like.
const window = 256 << 10

// maxBytes is how large a block may become when it is read back.
const maxBytes = 64 << 20

// magic begins a segment; the digit is the version of its layout. Blocks follow,
// each behind its length, then service and container, and the length of these in
// footBytes.
const (
	magic     = "OGI1"
	footBytes = 2
)

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
	col   [columns][]byte // of the block that is being filled
	rows  int             // in it
	bytes int             // in it, about
	done  int             // rows of the blocks before
	name  []byte          // of the row before
	time  int64
	words map[string]uint64
	order []string
	met   [2][16]lastWord // types and tiers of the rows before
	raw   []byte
	small []byte // one block, packed
	out   []byte // the segment so far
	large int    // bytes of the segment before
	enc   *zstd.Encoder
	err   error
}

type lastWord struct {
	text  string
	index uint64
}

// Rows returns how many objects are in the segment so far.
func (p *Packer) Rows() int { return p.done + p.rows }

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
	p.bytes += len(o.Name) - same + len(o.Tag) + len(o.MD5) + len(o.Version)
	if p.rows == blockRows || p.bytes >= blockBytes {
		p.block()
	}
}

// word returns the index of a text that many rows have.
func (p *Packer) word(i int, text []byte) uint64 {
	var where int
	if n := len(text); n > 0 {
		where = (n + int(text[n/2])) % len(p.met[i])
	}
	met := &p.met[i][where]
	if met.index > 0 && string(text) == met.text {
		return met.index - 1
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
	*met = lastWord{p.order[at], at + 1}
	return at
}

// block packs the rows of a block and begins the next.
func (p *Packer) block() {
	if p.enc == nil {
		p.enc, p.err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
		if p.err != nil {
			p.enc = nil
			return
		}
	}
	raw := binary.AppendUvarint(p.raw[:0], uint64(p.rows))
	raw = binary.AppendUvarint(raw, uint64(len(p.order)))
	for _, w := range p.order {
		raw = appendBytes(raw, []byte(w))
	}
	for i := range p.col {
		raw = appendBytes(raw, p.col[i])
		p.col[i] = p.col[i][:0]
	}
	p.small = p.enc.EncodeAll(raw, p.small[:0])
	if p.out == nil { // it will be about as large as the one before
		p.out = append(make([]byte, 0, max(p.large+p.large/8, 2*len(p.small))), magic...)
	}
	p.out = appendBytes(p.out, p.small)
	p.done += p.rows
	p.raw, p.rows, p.bytes, p.name, p.time = raw, 0, 0, p.name[:0], 0
	p.forget()
}

// forget empties the list of words.
func (p *Packer) forget() {
	clear(p.words)
	clear(p.order)
	p.order = p.order[:0]
	for i := range p.met {
		clear(p.met[i][:])
	}
}

// Segment returns what was added since the last segment, listed in r, packed.
// It gives nil where nothing was.
func (p *Packer) Segment(r source.Range) ([]byte, error) {
	if p.rows > 0 {
		p.block()
	}
	if p.err != nil {
		return nil, fmt.Errorf("pack an inventory: %w", p.err)
	}
	if p.done == 0 {
		return nil, nil
	}
	blocks := len(p.out)
	seg := appendBytes(p.out, []byte(r.Service))
	seg = appendBytes(seg, []byte(r.Container))
	if len(seg)-blocks > math.MaxUint16 {
		return nil, errors.New("pack an inventory: the name of its container is too long")
	}
	seg = binary.LittleEndian.AppendUint16(seg, uint16(len(seg)-blocks))
	p.large, p.out = len(seg), nil
	p.Reset()
	return seg, nil
}

// Reset forgets what was added since the last segment.
func (p *Packer) Reset() {
	for i := range p.col {
		p.col[i] = p.col[i][:0]
	}
	p.out, p.done, p.rows, p.bytes, p.name, p.time = nil, 0, 0, 0, p.name[:0], 0
	p.forget()
}

func appendBytes(to, b []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(b))), b...)
}

// shared returns how many bytes a and b begin with in common.
func shared(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for ; i < n && a[i] == b[i]; i++ {
	}
	return i
}

// Rows yields the rows of a segment. A damaged segment ends with ErrDamaged.
func Rows(segment []byte) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		blocks, foot, ok := halves(segment)
		if !ok {
			yield(Row{}, ErrDamaged)
			return
		}
		u := unpacker{service: string(foot.bytes()), container: string(foot.bytes())}
		c := cursor{b: blocks, bad: foot.bad}
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBytes))
		if err != nil {
			yield(Row{}, fmt.Errorf("read an inventory segment: %w", err))
			return
		}
		defer dec.Close()
		for len(c.b) > 0 {
			if err := u.open(dec, c.bytes()); err != nil {
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
		if c.bad {
			yield(Row{}, ErrDamaged)
		}
	}
}

// halves returns the blocks of a segment, and what stands behind them.
func halves(segment []byte) (blocks []byte, foot cursor, ok bool) {
	rest, ok := bytes.CutPrefix(segment, []byte(magic))
	end := len(rest) - footBytes
	if !ok || end < 0 {
		return nil, foot, false
	}
	at := end - int(binary.LittleEndian.Uint16(rest[end:]))
	if at < 0 {
		return nil, foot, false
	}
	return rest[:at], cursor{b: rest[at:end]}, true
}

// unpacker reads a segment back, block by block.
type unpacker struct {
	rows               uint64
	service, container string
	words              []string
	col                [columns]cursor
	raw                []byte
	name               []byte
	time               int64
}

// open begins a block.
func (u *unpacker) open(dec *zstd.Decoder, block []byte) error {
	var err error
	if u.raw, err = dec.DecodeAll(block, u.raw[:0]); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	c := cursor{b: u.raw}
	u.rows = c.number()
	words := c.number()
	if u.rows == 0 || u.rows > blockRows || words > 2*u.rows {
		return ErrDamaged
	}
	u.words, u.name, u.time = u.words[:0], u.name[:0], 0
	for range words {
		u.words = append(u.words, string(c.bytes()))
	}
	for i := range u.col {
		u.col[i] = cursor{b: c.bytes()}
	}
	if c.bad || len(c.b) > 0 {
		return ErrDamaged
	}
	return nil
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
		row.MD5 = bytes.Clone(sum)
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
