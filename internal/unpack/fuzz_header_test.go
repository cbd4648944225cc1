package unpack

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// FuzzSevenzipHeader reads headers whose checksums are right, so that they are
// looked into at all.
func FuzzSevenzipHeader(f *testing.F) {
	f.Add([]byte("\x01\x04\x06\x00\x01\x09\x12\x00\x07\x0b\x01\x00\x01\x21\x21\x01\x00\x0c\x0e\x00\x08\x0a\x01\xb9\x3b\x08\xe9\x00\x00\x05\x01\x11\x05\x00a\x00\x00\x00\x00\x00"), make([]byte, 18))
	f.Add([]byte("\x17\x06\x00\x01\x09\x12\x00\x07\x0b\x01\x00\x01\x23\x03\x01\x01\x05\x5d\x00\x10\x00\x00\x0c\x0e\x00\x00"), make([]byte, 18))
	f.Fuzz(func(t *testing.T, header, packed []byte) {
		if len(header) == 0 {
			return
		}
		le := binary.LittleEndian
		start := le.AppendUint64(nil, uint64(len(packed)))
		start = le.AppendUint64(start, uint64(len(header)))
		start = le.AppendUint32(start, crc32.ChecksumIEEE(header))
		data := le.AppendUint32([]byte(sevenMagic+"\x00\x04"), crc32.ChecksumIEEE(start))
		data = append(append(append(data, start...), packed...), header...)
		lim := Limits{Members: 1000, Bytes: 1 << 20, Window: 16 << 20}
		n := 0
		for range Members(context.Background(), bytes.NewReader(data), int64(len(data)), lim) {
			n++
		}
		if n > 4000 {
			t.Errorf("%d members", n)
		}
	})
}

// FuzzPrintable checks that any name can be shown.
func FuzzPrintable(f *testing.F) {
	f.Add([]byte("plain.txt"))
	f.Add([]byte("\xff\x00\x1b[31m\u202e\ufffd"))
	f.Fuzz(func(t *testing.T, name []byte) {
		s := printable(name)
		if len(s) > longestName+16 || s != printable([]byte(s)) && len(s) <= longestName {
			t.Errorf("printable(%q) = %q", name, s)
		}
	})
}
