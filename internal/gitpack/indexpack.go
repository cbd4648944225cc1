package gitpack

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/zlib"
)

// indexRounds bounds how often a pack without an index is walked: deltas that
// name their base by ID wait until the base has its ID.
const indexRounds = 64

// indexed is one line of an index.
type indexed struct {
	id  ID
	off int64
	crc uint32
}

// IndexPack makes the index of a pack that has none, as OpenPack takes it, by
// reading all of the pack. What comes with an error is the index of all that
// could be read: of a pack that is cut short, of one whose deltas build on
// objects that it does not hold. It is nil only if there is nothing to read.
func IndexPack(ctx context.Context, name string, pack []byte, format HashFormat) ([]byte, error) {
	p := &Pack{name: name, hash: format.Size()}
	if err := p.open(pack); err != nil {
		return nil, fmt.Errorf("index pack %s: %w", name, err)
	}
	list, err := p.scan(ctx)
	if err != nil && len(list) == 0 {
		return nil, fmt.Errorf("index pack %s: %w", name, err)
	}
	named, nameErr := p.nameAll(ctx, list, format)
	if err == nil {
		err = nameErr
	}
	if err != nil {
		err = fmt.Errorf("index pack %s: %w", name, err)
	}
	return encodeIndex(named, format), err
}

// scan finds the entries of a pack one after the other.
func (p *Pack) scan(ctx context.Context) (list []indexed, err error) {
	var f inflater
	var buf []byte
	for off := int64(packHeader); off < int64(len(p.data)); {
		if len(list)%checkEvery == 0 && ctx.Err() != nil {
			return list, ctx.Err()
		}
		e, err := p.entryAt(off)
		if err != nil {
			return list, err
		}
		src := p.data[e.body:]
		used := 0
		if e.size <= defaultMaxObject && e.size <= most(len(src)) {
			buf = grown(buf, int(e.size)+inflateSlack)
			used, err = f.unzip(buf, int(e.size), src, soundness{})
		} else {
			used, err = streamed(src, e.size)
		}
		if err != nil {
			return list, err
		}
		end := int64(e.body + used)
		list = append(list, indexed{off: off, crc: crc32.ChecksumIEEE(p.data[off:end])})
		off = end
	}
	if n := binary.BigEndian.Uint32(p.data[8:]); uint64(n) != uint64(len(list)) {
		return list, corrupt("pack has %d objects instead of %d", len(list), n)
	}
	return list, nil
}

// streamed reads a large entry for its length.
func streamed(src []byte, size int64) (int, error) {
	r := bytes.NewReader(src)
	z, err := zlib.NewReader(r)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z, size+1))
	if err != nil || n != size {
		return 0, corrupt("compressed data hold %d bytes instead of %d: %v", n, size, err)
	}
	return len(src) - r.Len(), nil
}

// nameAll finds the IDs of the entries, in rounds: each can use the IDs found in
// the ones before. It returns those that have one, and why others have none.
func (p *Pack) nameAll(ctx context.Context, list []indexed, format HashFormat) ([]indexed, error) {
	u := unnamed{list: list, known: make([]bool, len(list)), format: format}
	for i := range list {
		list[i].id = placeholder(i, format)
	}
	var failure error
	for range indexRounds {
		found, err := u.round(ctx, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for at, id := range found {
			list[at].id, u.known[at] = id, true
		}
		if failure = err; err == nil || len(found) == 0 {
			break
		}
	}
	var named []indexed
	for i, ok := range u.known {
		if ok {
			named = append(named, list[i])
		}
	}
	return named, failure
}

// unnamed is a list of entries of which only some have their ID.
type unnamed struct {
	list   []indexed
	known  []bool
	format HashFormat
}

// round walks the entries that have no ID and computes those of all that can be
// read. The error is that of the last that cannot.
func (u *unnamed) round(ctx context.Context, p *Pack) (map[int]ID, error) {
	x, err := openIndex(encodeIndex(u.list, u.format), u.format)
	if err != nil {
		return nil, err
	}
	store := &Store{Format: u.format, Packs: []*Pack{{name: p.name, hash: p.hash, data: p.data, index: x}}}
	want := func(id ID) bool { _, ok := u.number(id); return ok }
	found := map[int]ID{}
	for _, shard := range Plan(store, PlanOptions{Want: want}) {
		for o, walkErr := range Walk(ctx, shard, WalkOptions{}) {
			var id ID
			if walkErr == nil && !o.Seen {
				id, walkErr = nameOf(o, u.format)
			}
			if walkErr != nil {
				err = walkErr
				continue
			}
			if at, ok := u.number(o.ID); ok {
				found[at] = id
			}
		}
	}
	return found, err
}

// number returns the number of an entry that still has its placeholder.
func (u *unnamed) number(id ID) (int, bool) {
	n := binary.BigEndian.Uint64(id.hash[id.size-8:])
	if n >= uint64(len(u.list)) || u.known[n] || u.list[n].id != id {
		return 0, false
	}
	return int(n), true
}

// placeholder stands for the ID of an entry that is not known yet: its number,
// behind bytes that no hash has.
func placeholder(i int, format HashFormat) (id ID) {
	id.size = uint8(format.Size())
	for n := range id.size {
		id.hash[n] = 0xff
	}
	binary.BigEndian.PutUint64(id.hash[id.size-8:], uint64(i))
	return id
}

// nameOf computes the ID of an object.
func nameOf(o *Object, format HashFormat) (ID, error) {
	var h hash.Hash
	if format == SHA256 {
		h = sha256.New()
	} else {
		h = sha1.New()
	}
	fmt.Fprintf(h, "%v %d\x00", o.Type, o.Size)
	if o.Streamed {
		if _, err := io.Copy(h, o.Reader()); err != nil {
			return ID{}, err
		}
	} else {
		for _, e := range o.rope.extents {
			h.Write(e.data)
		}
	}
	return newID(h.Sum(nil)), nil
}

// encodeIndex writes an index of version 2, without the two checksums at its end.
func encodeIndex(list []indexed, format HashFormat) []byte {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b indexed) int { return a.id.Compare(b.id) })
	n, hash := len(list), format.Size()
	out := make([]byte, 0, 8+1024+n*(hash+8)+2*hash)
	out = append(out, "\xfftOc\x00\x00\x00\x02"...)
	next := 0
	for b := range 256 {
		for next < n && int(list[next].id.hash[0]) <= b {
			next++
		}
		out = binary.BigEndian.AppendUint32(out, uint32(next))
	}
	for _, l := range list {
		out = append(out, l.id.Bytes()...)
	}
	for _, l := range list {
		out = binary.BigEndian.AppendUint32(out, l.crc)
	}
	var large []byte
	for _, l := range list {
		if l.off < 1<<31 {
			out = binary.BigEndian.AppendUint32(out, uint32(l.off))
			continue
		}
		out = binary.BigEndian.AppendUint32(out, 1<<31|uint32(len(large)/8))
		large = binary.BigEndian.AppendUint64(large, uint64(l.off))
	}
	out = append(out, large...)
	return append(out, make([]byte, 2*hash)...)
}
