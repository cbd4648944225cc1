package classify_test

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

// compound writes a compound file with these streams, all small, in the root or
// in one storage: name, storage, text. It has one sector each of the tables.
func compound(streams [][3]string) []byte {
	const sector, mini = 512, 64
	var content, directory []byte
	miniTable := make([]byte, 0, sector)
	entry := func(name string, kind byte, child, start, size uint32, sibling uint32) {
		e := make([]byte, 128)
		units := utf16.Encode([]rune(name))
		for i, u := range units {
			binary.LittleEndian.PutUint16(e[2*i:], u)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(units)+2))
		e[66], e[67] = kind, 1
		binary.LittleEndian.PutUint32(e[68:], 0xffffffff)
		binary.LittleEndian.PutUint32(e[72:], sibling)
		binary.LittleEndian.PutUint32(e[76:], child)
		binary.LittleEndian.PutUint32(e[116:], start)
		binary.LittleEndian.PutUint32(e[120:], size)
		directory = append(directory, e...)
	}
	entry("Root Entry", 5, 1, 0, 0, 0xffffffff)
	for i, s := range streams {
		sibling := uint32(i + 2)
		if i == len(streams)-1 {
			sibling = 0xffffffff
		}
		start := uint32(len(content) / mini)
		content = append(content, s[2]...)
		content = append(content, make([]byte, (mini-len(content)%mini)%mini)...)
		for at := start; int(at) < len(content)/mini; at++ {
			next := at + 1
			if int(next) == len(content)/mini {
				next = 0xfffffffe
			}
			miniTable = binary.LittleEndian.AppendUint32(miniTable, next)
		}
		entry(s[0], 2, 0xffffffff, start, uint32(len(s[2])), sibling)
	}
	pad := func(b []byte, fill byte) []byte {
		for len(b)%sector != 0 {
			b = append(b, fill)
		}
		return b
	}
	binary.LittleEndian.PutUint32(directory[120:], uint32(len(content)))
	directory, miniTable, content = pad(directory, 0), pad(miniTable, 0xff), pad(content, 0)
	var table []byte
	link := func(n int) uint32 {
		first := uint32(len(table) / 4)
		for i := range n {
			next := first + uint32(i) + 1
			if i == n-1 {
				next = 0xfffffffe
			}
			table = binary.LittleEndian.AppendUint32(table, next)
		}
		return first
	}
	table = binary.LittleEndian.AppendUint32(nil, 0xfffffffd)
	directoryAt, miniAt, contentAt := link(len(directory)/sector), link(len(miniTable)/sector), link(len(content)/sector)
	binary.LittleEndian.PutUint32(directory[116:], contentAt)
	table = pad(table, 0xff)

	head := make([]byte, sector)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	for at, v := range map[int]uint16{24: 0x3e, 26: 3, 28: 0xfffe, 30: 9, 32: 6} {
		binary.LittleEndian.PutUint16(head[at:], v)
	}
	for at, v := range map[int]uint32{44: 1, 48: directoryAt, 56: 4096, 60: miniAt, 64: 1, 68: 0xfffffffe, 72: 0} {
		binary.LittleEndian.PutUint32(head[at:], v)
	}
	for at := 76; at < sector; at += 4 {
		binary.LittleEndian.PutUint32(head[at:], 0xffffffff)
	}
	binary.LittleEndian.PutUint32(head[76:], 0)
	b := append(head, table...)
	b = append(append(b, directory...), miniTable...)
	return append(b, content...)
}

func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func TestOutlookMessage(t *testing.T) {
	mail := func(class string) []byte {
		return compound([][3]string{
			{"__properties_version1.0", "", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
			{"__substg1.0_001A001F", "", wide(class)},
			{"__substg1.0_0C1F001F", "", wide("Ada@example.org")},
			{"__substg1.0_39FE001E", "", "bob@example.org"},
		})
	}
	tests := []struct{ name, path, class, text, want string }{
		{"mail", "a.msg", "mail", string(mail("IPM.Note")), "1 messages of 2 people"},
		{"chat", "a.msg", "chat", string(mail("IPM.SkypeTeams.Message")), "1 messages of 2 people"},
		{"contact", "a.msg", "address_book", string(mail("IPM.Contact")), "1 contacts of 2 people"},
		{"another_compound_file", "a.msg", "mail", string(compound([][3]string{{"WordDocument", "", "x"}})), "nothing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := look(t, test.path, []byte(test.text))
			if got := tell(held(r)[test.class]); got != test.want {
				t.Errorf("%s; want %s (%q)", got, test.want, r.Reason)
			}
		})
	}
	b := mail("IPM.Note")
	if r := look(t, "a.msg", b[:len(b)-700]); r.Complete {
		t.Error("a message that was cut is complete")
	}
}

// TestOutlookStore looks into a header that leads nowhere: what stands in whole
// stores is tested beside their reader.
func TestOutlookStore(t *testing.T) {
	b := make([]byte, 2048)
	copy(b, "!BDN")
	b[10] = 23
	if r := look(t, "a.pst", b); r.Complete || len(r.Finds) != 0 {
		t.Errorf("Content() = %+v", r)
	}
}
