package unpack_test

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack"
)

// How an archive of RAR 5 is made up.
const (
	rarPacked = 1 << iota
	rarSolid
	rarHuge      // packed, with a dictionary of 4 GiB
	rarLocked    // encrypted members
	rarSplit     // the last member goes on elsewhere
	rarEncrypted // headers as well
	rarNote      // the first member is a comment
	rarFollowing // the first member says that it follows another
)

func vint(v uint64) []byte { return binary.AppendUvarint(nil, v) }

// rar5Block puts checksum and size before a header, and data behind it.
func rar5Block(header, data []byte) []byte {
	sized := append(vint(uint64(len(header))), header...)
	return slices.Concat(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(sized)), sized, data)
}

// rar5Of packs pairs of name and text.
func rar5Of(how int, list ...string) []byte {
	archive, kind := byte(0), byte(1)
	if how&rarSolid != 0 {
		archive = 4
	}
	if how&rarEncrypted != 0 {
		kind = 4
	}
	out := slices.Concat([]byte("Rar!\x1a\x07\x01\x00"), rar5Block([]byte{kind, 0, archive}, nil))
	for i := 0; i < len(list); i += 2 {
		text, packing := []byte(list[i+1]), uint64(0)
		data := text
		if how&(rarPacked|rarHuge) != 0 {
			data, packing = rar5Literals(text), 3<<7
		}
		size := len(text)
		if how&rarHuge != 0 {
			packing |= 15 << 10
			size = 1 << 40
		}
		if how&rarSolid != 0 && i > 0 || how&rarFollowing != 0 {
			packing |= 0x40
		}
		flags, extra := byte(2), []byte(nil)
		if how&rarLocked != 0 {
			flags, extra = 3, slices.Concat([]byte{51, 1, 0, 0, 15}, make([]byte, 47))
		}
		if how&rarSplit != 0 && i == len(list)-2 {
			flags |= 0x10
		}
		h := []byte{2, flags}
		if how&rarNote != 0 && i == 0 {
			h[0] = 3
		}
		if extra != nil {
			h = append(h, vint(uint64(len(extra)))...)
		}
		h = slices.Concat(h, vint(uint64(len(data))), []byte{4}, vint(uint64(size)), []byte{0},
			binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(text)), vint(packing), []byte{1}, vint(uint64(len(list[i]))), []byte(list[i]), extra)
		out = append(out, rar5Block(h, data)...)
	}
	return append(out, rar5Block([]byte{5, 0, byte(how / rarSplit & 1)}, nil)...)
}

// bits writes bits, the highest first.
type bits struct {
	b []byte
	n int
}

func (w *bits) put(v, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v >> i & 1 << (7 - w.n%8))
		w.n++
	}
}

// rar5Literals packs text as one block in which every byte stands for itself,
// in eight bits.
func rar5Literals(text []byte) []byte {
	var w bits
	for i := range 20 { // lengths of the codes for lengths: 8, and a run of zeros
		length := 0
		if i == 8 || i == 19 {
			length = 1
		}
		w.put(length, 4)
	}
	w.put(0, 256) // 256 literals of eight bits
	for _, zeros := range []int{138, 36} {
		w.put(1, 1)
		w.put(zeros-11, 7)
	}
	for _, c := range text {
		w.put(int(c), 8)
	}
	flags := byte(0x80|0x40|1<<3) | byte((w.n-1)%8)
	size := len(w.b)
	lo, hi := byte(size), byte(size>>8)
	return append([]byte{flags, 0x5a ^ flags ^ lo ^ hi, lo, hi}, w.b...)
}

func rar4Block(kind byte, flags uint16, rest, data []byte) []byte {
	le := binary.LittleEndian
	h := slices.Concat([]byte{kind}, le.AppendUint16(nil, flags), le.AppendUint16(nil, uint16(7+len(rest))), rest)
	return slices.Concat(le.AppendUint16(nil, uint16(crc32.ChecksumIEEE(h))), h, data)
}

// rar4File makes a member of a version of the packer and a method.
func rar4File(flags uint16, version, method byte, name, text string) []byte {
	le := binary.LittleEndian
	n := uint32(len(text))
	h := slices.Concat(le.AppendUint32(nil, n), le.AppendUint32(nil, n), []byte{3}, le.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))),
		make([]byte, 4), []byte{version, method}, le.AppendUint16(nil, uint16(len(name))), make([]byte, 4), []byte(name))
	return rar4Block(0x74, 0x8000|flags, h, []byte(text))
}

func rar4Of(list ...string) []byte {
	out := slices.Concat([]byte("Rar!\x1a\x07\x00"), rar4Block(0x73, 0, make([]byte, 6), nil))
	for i := 0; i < len(list); i += 2 {
		out = append(out, rar4File(0, 29, 0x30, strings.ReplaceAll(list[i], "/", `\`), list[i+1])...)
	}
	return append(out, rar4Block(0x7b, 0x4000, nil, nil)...)
}

func TestRar(t *testing.T) {
	list := []string{"a.txt", hello, "d/b.txt", "b"}
	four := func(parts ...[]byte) []byte {
		return slices.Concat(append([][]byte{[]byte("Rar!\x1a\x07\x00"), rar4Block(0x73, 0, make([]byte, 6), nil)}, parts...)...)
	}
	broken := rar5Of(rarPacked|rarSolid, list...)
	broken[strings.Index(string(broken), "a.txt")+5+1] ^= 1 // the checksum of a packed block
	tests := map[string]struct {
		data []byte
		want map[string]string
		cuts []string
	}{
		"encrypted_members": {rar5Of(rarLocked, list...), nil, []string{"!a.txt:" + unpack.Encrypted, "!d/b.txt:" + unpack.Encrypted}},
		"encrypted_headers": {rar5Of(rarEncrypted, list...), nil, []string{":" + unpack.Encrypted}},
		"several_volumes":   {rar5Of(rarSplit, list...), map[string]string{"!a.txt": hello}, []string{"!d/b.txt:" + unpack.Unsupported, ":" + unpack.Unsupported}},
		"large_dictionary":  {rar5Of(rarHuge, list...), nil, []string{"!a.txt:" + unpack.Memory, "!d/b.txt:" + unpack.Memory}},
		"follows_nothing":   {rar5Of(rarPacked|rarFollowing, "a", hello), nil, []string{"!a:" + unpack.Corrupt}},
		"damage_in_a_run":   {broken, nil, []string{"!a.txt:" + unpack.Corrupt, "!d/b.txt:" + unpack.Corrupt}},
		"text_behind":       {append(rar5Of(0, list...), "text behind the archive, long enough"...), map[string]string{"!d/b.txt": "b", "": "text behind the archive, long enough"}, nil},
		"old_text_model":    {four(rar4File(0, 29, 0x33, "a", hello), rar4File(0, 29, 0x30, "b", "b")), map[string]string{"!b": "b"}, []string{"!a:" + unpack.Memory}},
		"oldest_method":     {four(rar4File(0, 15, 0x33, "a", hello)), nil, []string{"!a:" + unpack.Unsupported}},
		"name_in_two_forms": {four(rar4File(0x200, 29, 0x30, "?.txt\x00\x04\x70\x30\x02", hello)), map[string]string{"!\u0430.txt": hello}, nil},
		"damaged_header":    {four(make([]byte, 64)), nil, []string{":" + unpack.Corrupt}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := read(t, tt.data, unpack.Limits{})
			for path, want := range tt.want {
				if r.texts[path] != want {
					t.Errorf("%s: text %q; want %q", path, r.texts[path], want)
				}
			}
			if !slices.Equal(r.cuts, tt.cuts) {
				t.Errorf("cuts %q; want %q; texts %q", r.cuts, tt.cuts, r.texts)
			}
		})
	}
}

func TestRarComment(t *testing.T) {
	if r := read(t, rar5Of(rarNote, "CMT", "said of it", "a", hello), unpack.Limits{}); r.beside[""] != "said of it" || r.texts["!a"] != hello || r.damaged() {
		t.Errorf("beside %q, texts %q, cuts %q", r.beside, r.texts, r.cuts)
	}
}

// The members of a solid archive are unpacked one after the other, whether they
// are wanted or not.
func TestPickRar(t *testing.T) {
	list := []string{"a", strings.Repeat("first ", 2000), "b", "second", "c", "third"}
	for _, how := range []int{0, rarPacked, rarPacked | rarSolid} {
		data := rar5Of(how, list...)
		got := pick(t, strings.NewReader(string(data)), int64(len(data)), "!b")
		if got.texts["!b"] != "second" || !slices.Equal(got.passed, []string{"!a", "!c"}) || len(got.cuts) > 0 {
			t.Errorf("texts %q, passed %q, cuts %q", got.texts, got.passed, got.cuts)
		}
	}
}
