package gitpack

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// seedPacks are packs of all sorts of entries.
func seedPacks() (packs [][]byte) {
	p := newPacker()
	a := p.blob("the base of all that comes, long enough to copy from")
	b := p.on(a, deltaText(52, 30, [2]int{4, 20}, "0123456789"))
	p.on(b, deltaText(30, 50, [2]int{0, 30}, [2]int{10, 20}))
	p.of(p.id(1), deltaText(30, 4, "abcd"))
	p.add(Tree, 28, nil, append([]byte("100644 a\x00"), make([]byte, 19)...))
	p.add(Commit, 3, nil, []byte("abc"))
	packs = append(packs, p.data)
	p = newPacker()
	p.of(p.id(1), deltaText(1, 1, "x"))
	p.of(p.id(0), deltaText(1, 1, "y"))
	p.blob("")
	return append(packs, p.data)
}

// FuzzPack walks packs whose index points at every place given, and those that
// IndexPack makes of them.
func FuzzPack(f *testing.F) {
	for _, data := range seedPacks() {
		f.Add(data, []byte{12, 80, 120})
	}
	f.Fuzz(func(t *testing.T, data, offsets []byte) {
		data = append(data, make([]byte, 20)...)
		var list []indexed
		for i, off := range offsets {
			list = append(list, indexed{id: (*packer)(nil).id(i), off: int64(off)})
		}
		walkAnything(t, data, encodeIndex(list, SHA1))
		if idx, _ := IndexPack(context.Background(), "p", data, SHA1); idx != nil {
			walkAnything(t, data, idx)
		}
	})
}

// FuzzIndex opens anything as an index.
func FuzzIndex(f *testing.F) {
	pack := append(seedPacks()[0], make([]byte, 20)...)
	idx, _ := IndexPack(context.Background(), "p", pack, SHA1)
	f.Add(idx)
	f.Add(append(make([]byte, 1024), make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, idx []byte) { walkAnything(t, pack, idx) })
}

// walkAnything walks what may be damaged: each object must come once, as it is
// or as an error, and what is said of it must hold.
func walkAnything(t *testing.T, data, idx []byte) {
	p, err := OpenPack("p", data, idx, SHA1)
	if err != nil {
		return
	}
	store := &Store{Packs: []*Pack{p}, MaxObject: 1 << 16}
	n, read := 0, map[ID][]byte{}
	var above []*Object
	for _, shard := range Plan(store, PlanOptions{Shards: 2}) {
		for o, err := range Walk(context.Background(), shard, WalkOptions{MaxObject: 1 << 16, Memory: 1 << 20}) {
			if err != nil {
				n++
				continue
			}
			if !o.Seen {
				n++
			}
			if o.Streamed {
				io.Copy(io.Discard, io.LimitReader(o.Reader(), 1<<16))
			} else if o.Size <= 1<<16 {
				data := o.AppendRange(nil, 0, o.Size)
				if int64(len(data)) != o.Size {
					t.Fatalf("object of %d bytes has %d", o.Size, len(data))
				}
				read[o.ID] = data
			}
			above = append(above[:o.Depth], o)
			for _, c := range o.Copies {
				base := above[o.Depth-1]
				if base.Size > 1<<16 || o.Size > 1<<16 {
					break
				}
				if !bytes.Equal(base.AppendRange(nil, c.From, c.Size), o.AppendRange(nil, c.At, c.Size)) {
					t.Fatalf("copy %+v does not hold", c)
				}
			}
		}
	}
	if n != p.Count() {
		t.Fatalf("Walk yields %d of %d objects", n, p.Count())
	}
	for i := range min(p.Count(), 300) {
		_, data, err := store.Get(p.IDAt(i))
		if want, ok := read[p.IDAt(i)]; ok && err == nil && !bytes.Equal(data, want) {
			t.Fatalf("Get and Walk differ: %q, %q", data, want)
		}
	}
}

// FuzzDelta compares a rope with content that is put together.
func FuzzDelta(f *testing.F) {
	f.Add([]byte("the base"), deltaText(8, 9, [2]int{0, 4}, "x", [2]int{4, 4}), deltaText(9, 12, [2]int{3, 6}, [2]int{1, 6}))
	f.Fuzz(func(t *testing.T, base, first, second []byte) {
		under := flatRope(base)
		flat := base
		for _, raw := range [][]byte{first, second} {
			d, err := openDelta(raw)
			if err != nil || d.base != int64(len(flat)) || d.size > 1<<20 {
				return
			}
			copies, err := d.copies(nil)
			if err != nil {
				return
			}
			woven := rope{d.size, d.weave(nil, &under, 1<<20)}
			made := d.flatten(nil, &under)
			if got := woven.append(nil, 0, d.size); !bytes.Equal(got, made) || int64(len(made)) != d.size {
				t.Fatalf("rope is %q; want %q", got, made)
			}
			for _, c := range copies {
				if !bytes.Equal(made[c.At:c.At+c.Size], flat[c.From:c.From+c.Size]) {
					t.Fatalf("copy %+v does not hold", c)
				}
			}
			under, flat = woven, made
		}
	})
}

// FuzzMultiIndex opens anything as a multi-pack-index.
func FuzzMultiIndex(f *testing.F) {
	f.Add([]byte("MIDX\x01\x01\x04\x00\x00\x00\x00\x01OIDF\x00\x00\x00\x00\x00\x00\x00\x30"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := OpenMultiIndex(data, SHA1)
		if err != nil {
			return
		}
		for _, name := range m.Names()[:min(len(m.Names()), 3)] {
			if idx, err := m.Index(name); err == nil {
				if _, err := openIndex(idx, SHA1); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// FuzzContent parses anything as a commit, a tag, a tree and a loose object.
func FuzzContent(f *testing.F) {
	f.Add([]byte("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n" +
		"author A <a@b> 1 +0100\ncommitter C <c@d> 2 -0230\ngpgsig x\n y\n\nmessage"))
	f.Add([]byte("object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntag v1\ntagger T <t@u> 3 +0000\n\nmessage"))
	f.Add(append([]byte("100644 name\x00"), make([]byte, 20)...))
	f.Add(zipped([]byte("blob 4\x00base")))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c CommitBody
		if c.Parse(data); c.Message > len(data) {
			t.Fatalf("message starts at %d of %d", c.Message, len(data))
		}
		var tag TagBody
		if tag.Parse(data); tag.Message > len(data) {
			t.Fatalf("message starts at %d of %d", tag.Message, len(data))
		}
		for range Entries(data, SHA1) {
		}
		store := &Store{Loose: func(ID) ([]byte, error) { return data, nil }, MaxObject: 1 << 16}
		_, got, err := store.Get((*packer)(nil).id(1))
		var walked []byte
		var walkErr error
		for _, shard := range Plan(store, PlanOptions{Loose: []ID{(*packer)(nil).id(1)}}) {
			for o, err := range Walk(context.Background(), shard, WalkOptions{MaxObject: 1 << 16}) {
				if walkErr = err; err == nil {
					if o.Streamed {
						return
					}
					walked = bytes.Clone(o.Bytes())
				}
			}
		}
		if (err == nil) != (walkErr == nil) || !bytes.Equal(got, walked) {
			t.Fatalf("Get = %q, %v; Walk = %q, %v", got, err, walked, walkErr)
		}
	})
}
