package gitpack

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
)

// packer writes packs that git would not.
type packer struct {
	data []byte
	list []indexed
}

func newPacker() *packer { return &packer{data: []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00")} }

// id returns the made-up ID of the nth entry.
func (*packer) id(n int) ID {
	return newID(append(make([]byte, 16), byte(n>>24), byte(n>>16), byte(n>>8), byte(n)))
}

// add writes an entry whose head says size, and returns its offset.
func (p *packer) add(kind Type, size int, base []byte, body []byte) int64 {
	off := int64(len(p.data))
	p.list = append(p.list, indexed{id: p.id(len(p.list)), off: off})
	c := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		p.data = append(p.data, c|0x80)
		c = byte(size & 0x7f)
	}
	p.data = append(append(append(p.data, c), base...), zipped(body)...)
	return off
}

func (p *packer) blob(text string) int64 { return p.add(Blob, len(text), nil, []byte(text)) }

// on writes a delta of the entry at an offset.
func (p *packer) on(base int64, d []byte) int64 {
	n := int64(len(p.data)) - base
	far := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		far = append([]byte{byte(n&0x7f) | 0x80}, far...)
	}
	return p.add(ofsDelta, len(d), far, d)
}

// of writes a delta of an object by its ID.
func (p *packer) of(base ID, d []byte) int64 { return p.add(refDelta, len(d), base.Bytes(), d) }

func (p *packer) open(t testing.TB) *Pack {
	t.Helper()
	pack, err := OpenPack("test.pack", append(p.data, make([]byte, 20)...), encodeIndex(p.list, SHA1), SHA1)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// zippers are kept, because a new one takes far longer than a short text.
var zippers = sync.Pool{New: func() any { return zlib.NewWriter(nil) }}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	w := zippers.Get().(*zlib.Writer)
	defer zippers.Put(w)
	w.Reset(&b)
	w.Write(text)
	w.Close()
	return b.Bytes()
}

// deltaText writes a delta. A string is inserted, a pair of numbers copies a
// part: from, size.
func deltaText(base, size int, steps ...any) []byte {
	d := binary.AppendUvarint(nil, uint64(base))
	d = binary.AppendUvarint(d, uint64(size))
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			d = append(append(d, byte(len(s))), s...)
		case [2]int:
			d = append(d, 0xff, byte(s[0]), byte(s[0]>>8), byte(s[0]>>16), byte(s[0]>>24), byte(s[1]), byte(s[1]>>8), byte(s[1]>>16))
		}
	}
	return d
}

// outcome walks a store and writes down what comes, in the order of the pack.
func outcome(t testing.TB, s *Store, opt WalkOptions) (got []string, w map[ID]error) {
	t.Helper()
	w = map[ID]error{}
	for _, shard := range Plan(s, PlanOptions{}) {
		for o, err := range Walk(context.Background(), shard, opt) {
			var oe *ObjectError
			if errors.As(err, &oe) {
				w[oe.ID] = err
				got = append(got, fmt.Sprintf("%s failed", oe.ID.String()[32:]))
			} else if err != nil {
				t.Fatal(err)
			} else if o.Streamed {
				got = append(got, fmt.Sprintf("%s streamed", o.ID.String()[32:]))
			} else {
				got = append(got, fmt.Sprintf("%s %d %s", o.ID.String()[32:], o.Depth, o.Bytes()))
			}
		}
	}
	return got, w
}

func TestDamagedObjects(t *testing.T) {
	tests := []struct {
		name string
		make func(p *packer)
		want []string // of each entry: its content, or why it fails
		errs []error
	}{
		{"sound", func(p *packer) { p.on(p.blob("base"), deltaText(4, 6, "x", [2]int{0, 4}, "y")) }, []string{"base", "xbasey"}, nil},
		{"empty", func(p *packer) { p.on(p.on(p.blob(""), deltaText(0, 1, "x")), deltaText(1, 0)) }, []string{"", "x", ""}, nil},
		{"size_too_small", func(p *packer) { p.add(Blob, 3, nil, []byte("base")) }, nil, []error{ErrCorrupt}},
		{"size_too_large", func(p *packer) { p.add(Blob, 5, nil, []byte("base")) }, nil, []error{ErrCorrupt}},
		{"size_absurd", func(p *packer) { p.add(Blob, 1<<50, nil, []byte("base")) }, nil, []error{ErrCorrupt}},
		{"type_unknown", func(p *packer) { p.add(5, 4, nil, []byte("base")) }, nil, []error{ErrCorrupt}},
		{"not_compressed", func(p *packer) { p.blob("base"); p.data[len(p.data)-9]++ }, nil, []error{ErrCorrupt}},
		{"checksum_wrong", func(p *packer) { p.blob("base"); p.data[len(p.data)-1]++ }, nil, []error{ErrCorrupt}},
		{"deltas_of_the_damaged", func(p *packer) {
			a := p.add(Blob, 5, nil, []byte("base"))
			b := p.on(a, deltaText(5, 5, [2]int{0, 5}))
			p.on(b, deltaText(5, 5, [2]int{0, 5}))
			p.blob("sound")
		}, []string{"", "", "", "sound"}, []error{ErrCorrupt, ErrBase, ErrBase, nil}},
		{"base_missing", func(p *packer) { p.of(p.id(77), deltaText(4, 1, "x")) }, nil, []error{ErrMissing}},
		{"base_is_itself", func(p *packer) { p.of(p.id(0), deltaText(4, 1, "x")) }, nil, []error{ErrCorrupt}},
		{"bases_in_a_loop", func(p *packer) {
			p.of(p.id(1), deltaText(1, 1, "x"))
			p.of(p.id(2), deltaText(1, 1, "x"))
			p.of(p.id(0), deltaText(1, 1, "x"))
			p.of(p.id(2), deltaText(1, 1, "x"))
		}, nil, []error{ErrCorrupt, ErrCorrupt, ErrCorrupt, ErrCorrupt}},
		{"base_comes_later", func(p *packer) {
			p.of(p.id(1), deltaText(2, 2, [2]int{1, 1}, "x"))
			p.of(p.id(2), deltaText(1, 2, "x", [2]int{0, 1}))
			p.blob("b")
		}, []string{"bx", "xb", "b"}, nil},
		{"base_before_the_pack", func(p *packer) { p.on(-100000, deltaText(1, 1, "x")) }, nil, []error{ErrCorrupt}},
		{"base_of_other_size", func(p *packer) { p.on(p.blob("base"), deltaText(5, 1, "x")) }, []string{"base"}, []error{nil, ErrCorrupt}},
		{"copy_outside_of_base", func(p *packer) { p.on(p.blob("base"), deltaText(4, 3, [2]int{2, 3})) }, []string{"base"}, []error{nil, ErrCorrupt}},
		{"makes_too_much", func(p *packer) { p.on(p.blob("base"), deltaText(4, 3, [2]int{0, 4})) }, []string{"base"}, []error{nil, ErrCorrupt}},
		{"makes_too_little", func(p *packer) { p.on(p.blob("base"), deltaText(4, 9, [2]int{0, 4})) }, []string{"base"}, []error{nil, ErrCorrupt}},
		{"delta_cut_short", func(p *packer) { p.on(p.blob("base"), deltaText(4, 4, [2]int{0, 4})[:5]) }, []string{"base"}, []error{nil, ErrCorrupt}},
		{"step_reserved", func(p *packer) { p.on(p.blob("base"), []byte{4, 4, 0, 0}) }, []string{"base"}, []error{nil, ErrCorrupt}},
		{"delta_empty", func(p *packer) { p.on(p.blob("base"), nil) }, []string{"base"}, []error{nil, ErrCorrupt}},
		{"offset_outside", func(p *packer) { p.blob("base"); p.list[0].off = 1 << 40 }, nil, []error{ErrCorrupt}},
		{"offset_in_header", func(p *packer) { p.blob("base"); p.list[0].off = 3 }, nil, []error{ErrCorrupt}},
		{"two_at_one_offset", func(p *packer) { p.blob("base"); p.list = append(p.list, indexed{id: p.id(1), off: p.list[0].off}) },
			[]string{"base"}, []error{nil, ErrCorrupt}},
		{"base_not_in_index", func(p *packer) {
			p.on(p.on(p.blob("base"), deltaText(4, 5, [2]int{0, 4}, "x")), deltaText(5, 6, [2]int{0, 5}, "y"))
			p.list = []indexed{{id: p.id(0), off: p.list[2].off}}
		}, []string{"basexy"}, nil},
		{"copies_that_overlap", func(p *packer) {
			b := p.on(p.blob("abcdef"), deltaText(6, 12, [2]int{2, 4}, [2]int{0, 5}, "-", [2]int{4, 2}))
			p.on(b, deltaText(12, 14, [2]int{3, 8}, [2]int{1, 6}))
		}, []string{"abcdef", "cdefabcde-ef", "fabcde-edefabc"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPacker()
			tt.make(p)
			store := &Store{Packs: []*Pack{p.open(t)}}
			got, errs := outcome(t, store, WalkOptions{})
			if len(got) != len(p.list) {
				t.Errorf("Walk yields %q; want %d", got, len(p.list))
			}
			for i := range p.list {
				id := p.list[i].id
				_, data, err := store.Get(id)
				if i < len(tt.errs) && tt.errs[i] != nil {
					if !errors.Is(errs[id], tt.errs[i]) {
						t.Errorf("Walk yields %d with %v; want %v", i, errs[id], tt.errs[i])
					}
					if err == nil && tt.name != "two_at_one_offset" {
						t.Errorf("Get(%d) = %q; want %v", i, data, tt.errs[i])
					}
					continue
				}
				if err != nil || string(data) != tt.want[i] || errs[id] != nil {
					t.Errorf("Get(%d) = %q, %v; want %q; Walk: %v", i, data, err, tt.want[i], errs[id])
				}
				if !containsSuffix(got, id.String()[32:], tt.want[i]) {
					t.Errorf("Walk yields %q; want %d to be %q", got, i, tt.want[i])
				}
			}
		})
	}
}

func containsSuffix(list []string, id, text string) bool {
	for _, s := range list {
		if len(s) > 10 && s[:8] == id && s[len(s)-len(text):] == text && (s[10] == ' ') && len(s) == 11+len(text) {
			return true
		}
	}
	return false
}

func TestChainOfAbsurdDepth(t *testing.T) {
	const depth = 100000
	p := newPacker()
	last := p.blob("0123456789")
	for i := range depth {
		last = p.on(last, deltaText(10, 10, [2]int{1, 9}, string(rune('a'+i%26))))
	}
	store := &Store{Packs: []*Pack{p.open(t)}}
	for _, shards := range []int{1, 8} {
		n := 0
		for _, shard := range Plan(store, PlanOptions{Shards: shards}) {
			for o, err := range Walk(context.Background(), shard, WalkOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				if !o.Seen {
					n++
				}
			}
		}
		if n != depth+1 {
			t.Errorf("Walk yields %d objects; want %d", n, depth+1)
		}
	}
	if _, data, err := store.Get(p.id(depth)); err != nil || len(data) != 10 {
		t.Errorf("Get of the last = %q, %v", data, err)
	}
}

func TestDeltaBomb(t *testing.T) {
	p := newPacker()
	size := 1000
	last := p.blob(string(make([]byte, size)))
	for range 30 { // each is a hundred times the one before
		steps := make([]any, 100)
		for i := range steps {
			steps[i] = [2]int{0, min(size, 0xffffff)}
		}
		next := 100 * min(size, 0xffffff)
		last = p.on(last, deltaText(size, next, steps...))
		size = next
	}
	store := &Store{Packs: []*Pack{p.open(t)}, MaxObject: 1 << 20}
	n := 0
	for _, shard := range Plan(store, PlanOptions{}) {
		for _, err := range Walk(context.Background(), shard, WalkOptions{MaxObject: 1 << 20, Memory: 4 << 20}) {
			if n++; err != nil && !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
		}
	}
	if n != 31 {
		t.Errorf("Walk yields %d; want 31", n)
	}
	if _, _, err := store.Get(p.id(30)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Get = %v; want %v", err, ErrTooLarge)
	}
}

func TestMemoryOfAWalk(t *testing.T) {
	p := newPacker()
	text := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	last := p.blob(string(text))
	for range 100 { // each delta is as large as the object
		d := deltaText(len(text), len(text))
		for at := 0; at < len(text); at += 64 {
			d = append(append(d, 64), text[at:at+64]...)
		}
		last = p.on(last, d)
	}
	store := &Store{Packs: []*Pack{p.open(t)}}
	held, failed := 0, 0
	for _, shard := range Plan(store, PlanOptions{Shards: 1}) {
		for _, err := range Walk(context.Background(), shard, WalkOptions{Memory: 1 << 20}) {
			if errors.Is(err, ErrTooLarge) {
				failed++
			} else if err == nil {
				held++
			}
		}
	}
	if held < 3 || held > 15 || held+failed != 101 {
		t.Errorf("Walk within 1 MiB yields %d objects of 64 KiB and %d errors", held, failed)
	}
}

func TestLargeObjectsAreStreamed(t *testing.T) {
	p := newPacker()
	text := bytes.Repeat([]byte("large "), 1000)
	p.on(p.blob(string(text)), deltaText(len(text), 1, "x"))
	p.add(Blob, len(text)+1, nil, text)
	p.blob("small")
	store := &Store{Packs: []*Pack{p.open(t)}}
	var errs []error
	for _, shard := range Plan(store, PlanOptions{}) {
		for o, err := range Walk(context.Background(), shard, WalkOptions{MaxObject: 5000}) {
			switch {
			case err != nil:
				errs = append(errs, err)
			case o.Streamed:
				all, err := io.ReadAll(o.Reader())
				if o.ID == p.id(0) && (err != nil || !bytes.Equal(all, text)) {
					t.Errorf("Reader gives %d bytes, %v; want %d", len(all), err, len(text))
				}
				if o.ID == p.id(2) && !errors.Is(err, ErrCorrupt) {
					t.Errorf("Reader of a size that lies = %v; want %v", err, ErrCorrupt)
				}
			case o.ID != p.id(3):
				t.Errorf("object of %d bytes is held", o.Size)
			}
		}
	}
	if len(errs) != 1 || !errors.Is(errs[0], ErrTooLarge) {
		t.Errorf("deltas of a streamed object: %v; want one %v", errs, ErrTooLarge)
	}
}

func TestDamagedInOnePackIsReadFromAnother(t *testing.T) {
	good, bad := newPacker(), newPacker()
	good.blob("base")
	good.on(good.list[0].off, deltaText(4, 5, [2]int{0, 4}, "x"))
	good.on(good.list[0].off, deltaText(4, 6, [2]int{0, 4}, "yz"))
	bad.add(Blob, 5, nil, []byte("base"))
	bad.on(bad.list[0].off, deltaText(4, 5, [2]int{0, 4}, "x"))
	bad.on(bad.list[0].off, deltaText(4, 1, [2]int{3, 4}))
	loose := func(id ID) ([]byte, error) {
		if id == good.id(0) {
			return zipped([]byte("blob 4\x00base")), nil
		}
		return nil, ErrMissing
	}
	for _, store := range []*Store{
		{Packs: []*Pack{bad.open(t), good.open(t)}},
		{Packs: []*Pack{bad.open(t)}, Loose: loose},
	} {
		got, errs := outcome(t, store, WalkOptions{})
		want := 3
		if store.Loose != nil {
			want = 2
		}
		if len(got) != 3 || len(errs) != 3-want {
			t.Errorf("Walk yields %q, %v; want %d objects", got, errs, want)
		}
	}
}

func TestIndexPackOfADamagedPack(t *testing.T) {
	p := newPacker()
	a := p.blob("first")
	p.on(a, deltaText(5, 6, [2]int{0, 5}, "x"))
	p.of(p.id(5), deltaText(1, 1, "x"))
	p.blob("last")
	binary.BigEndian.PutUint32(p.data[8:], 4)
	whole := append(p.data, make([]byte, 20)...)
	for cut := range len(whole) {
		idx, err := IndexPack(context.Background(), "p", whole[:len(whole)-cut], SHA1)
		if err == nil {
			t.Errorf("IndexPack of a pack with a missing base, cut by %d, gives no error", cut)
		}
		if idx == nil {
			continue
		}
		pack, err := OpenPack("p", whole, idx, SHA1)
		if err != nil {
			t.Fatal(err)
		}
		if cut == 0 && pack.Count() != 3 {
			t.Errorf("IndexPack lists %d objects; want 3", pack.Count())
		}
		outcome(t, &Store{Packs: []*Pack{pack}}, WalkOptions{})
	}
}

func TestWalkStopsWithItsContext(t *testing.T) {
	p := newPacker()
	for range 2000 {
		p.blob("x")
	}
	store := &Store{Packs: []*Pack{p.open(t)}}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var last error
	n := 0
	for _, shard := range Plan(store, PlanOptions{Shards: 1}) {
		for _, err := range Walk(ctx, shard, WalkOptions{}) {
			n, last = n+1, err
		}
	}
	if !errors.Is(last, context.Canceled) || n > checkEvery {
		t.Errorf("Walk ends after %d objects with %v; want %v", n, last, context.Canceled)
	}
}

func TestBaseInAnotherPack(t *testing.T) {
	whole, thin := newPacker(), newPacker()
	whole.blob("base")
	thin.list = []indexed{{id: thin.id(0), off: 12}} // keeps the IDs of the two apart
	thin.of(whole.id(0), deltaText(4, 5, [2]int{0, 4}, "x"))
	thin.on(thin.list[1].off, deltaText(5, 6, "y", [2]int{0, 5}))
	thin.list = thin.list[1:]
	store := &Store{Packs: []*Pack{thin.open(t), whole.open(t)}}
	got, errs := outcome(t, store, WalkOptions{})
	want := []string{"00000001 0 basex", "00000002 1 ybasex", "00000000 0 base"}
	if !slices.Equal(got, want) || len(errs) > 0 {
		t.Errorf("Walk yields %q, %v; want %q", got, errs, want)
	}
	if _, data, err := store.Get(thin.id(2)); string(data) != "ybasex" {
		t.Errorf("Get = %q, %v; want ybasex", data, err)
	}
}

func TestManyWalksAndReadsAtOnce(t *testing.T) {
	p := newPacker()
	for range 50 {
		last := p.blob("0123456789")
		for range 20 {
			last = p.on(last, deltaText(10, 10, [2]int{1, 9}, "x"))
		}
	}
	store := &Store{Packs: []*Pack{p.open(t)}, Cache: 2000}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for _, shard := range Plan(store, PlanOptions{Shards: n + 1}) {
				for o, err := range Walk(context.Background(), shard, WalkOptions{}) {
					if err != nil || o.Size != 10 {
						t.Errorf("Walk yields %v, %v", o, err)
						return
					}
				}
			}
		})
		wg.Go(func() {
			for i := range p.list {
				if _, data, err := store.Get(p.id(i)); err != nil || len(data) != 10 {
					t.Errorf("Get = %q, %v", data, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
