package git

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/overgrant/overgrant/internal/gitpack"
)

func FuzzIndex(f *testing.F) {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("DIRC"), 2), 1)
	entry := append(make([]byte, 62), "name\x00\x00\x00\x00\x00\x00"...)
	f.Add(append(append(head, entry...), make([]byte, 20)...))
	f.Add([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, _, _ := parseIndex(data, 20)
		if len(files) > len(data)/62 {
			t.Errorf("%d files out of %d bytes", len(files), len(data))
		}
	})
}

func FuzzTable(f *testing.F) {
	head := "REFT\x01\x00\x00\x00" + string(make([]byte, 16))
	block := "r\x00\x00\x35" + "\x00\x2arefs/\x01" + string(make([]byte, 12)) + "\x00\x00\x1c\x00\x01"
	f.Add([]byte(head + block + head + string(make([]byte, 44))))
	f.Add([]byte(head))
	f.Fuzz(func(_ *testing.T, data []byte) {
		t := table{data: data, size: 20}
		_ = t.read(&refs{named: map[string]gitpack.ID{}, links: map[string]string{}})
	})
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte("[extensions]\n\tobjectFormat = sha256 ; comment\n[a \"b\"] c = \"d\"\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		for s := range settings(data) {
			_ = s
		}
	})
}

func FuzzMemory(f *testing.F) {
	r := &recorder{size: 20}
	r.tree(gitpack.ID{}, 0, flat("100644 a\x00"+string(make([]byte, 20))), 29)
	h := join([]*recorder{r}, 20)
	f.Add(h.encode("rules", []key{1, 2}))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if len(data) < 4 {
			return
		}
		sum := checksum(data[:len(data)-4])
		data = binary.LittleEndian.AppendUint32(slices.Clone(data[:len(data)-4]), sum)
		notes, again, err := decode(data, "rules", 20)
		if err != nil {
			return
		}
		h := join([]*recorder{notes}, 20)
		h.compact()
		h.encode("rules", again)
		wanted := again
		for i := range h.trees {
			wanted = append(wanted, h.trees[i].key)
		}
		l := lead(h, wanted)
		s := newShapes(l)
		follow(arrange(h, nil, nil), s)
	})
}

// FuzzTree notes two trees, the second as a delta of the first, and compares
// what the notes say of the second with its entries.
func FuzzTree(f *testing.F) {
	id := string(make([]byte, 20))
	f.Add([]byte("100644 a\x00"+id+"40000 b\x00"+id), []byte("100644 a\x00"+id+"100644 c\x00"+id))
	f.Add([]byte("100644 a\x00"+id), []byte("100644 a\x00short"))
	f.Add([]byte("160000 m\x00"+id), []byte("rubbish"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		r := &recorder{size: 20}
		r.tree(gitpack.ID{}, 0, flat(a), int64(len(a)))
		r.tree(gitpack.ID{}, 1, flat(b), int64(len(b)))
		r.tree(gitpack.ID{}, 2, flat(a), int64(len(a)))
		h := join([]*recorder{r}, 20)
		held := map[edit]int{}
		for i, data := range [][]byte{a, b, a} {
			for _, e := range h.of(i) {
				if e.name&taken != 0 {
					held[edit{e.child, e.name &^ taken}]--
				} else {
					held[e]++
				}
			}
			want := map[edit]int{}
			for _, e := range listed(r, data) {
				want[e]++
			}
			for e, n := range held {
				if n != want[e] {
					t.Fatalf("tree %d holds %d of %v; want %d", i, n, e, want[e])
				}
			}
			for e, n := range want {
				if n != held[e] {
					t.Fatalf("tree %d holds %d of %v; want %d", i, held[e], e, n)
				}
			}
		}
	})
}

// listed reads the entries of a tree one by one, up to the first that is none.
func listed(r *recorder, data []byte) []edit {
	var all []edit
	for len(data) > 0 {
		e, ok := parseEntry(data, r.size)
		if !ok {
			break
		}
		if e.mode != gitlink {
			name := r.names.of(e.name)
			if e.mode == folder {
				name |= subtree
			}
			all = append(all, edit{e.id, name})
		}
		data = data[e.size:]
	}
	return all
}

func FuzzCommit(f *testing.F) {
	f.Add([]byte("tree 1234567812345678123456781234567812345678\nparent 1\nauthor A <a@b> 12 +0000\n\nx"))
	f.Add([]byte("object 1234567812345678123456781234567812345678\ntagger A <a@b> 99999999999999999999 +0000\n\nx"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		r := &recorder{size: 20}
		r.commit(gitpack.ID{}, data)
		r.tag(gitpack.ID{}, data)
		new(standing).read(data)
	})
}
