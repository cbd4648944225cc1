package model_test

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/model"
)

// vector is a file of our own and what is said of it.
type vector struct {
	name, data string
	format     string
	want       model.Verdict
	what       string // a part of what one finding, or Unread, says
}

func judge(t *testing.T, vectors []vector) {
	t.Helper()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			r := look(t, v.data)
			if r.Verdict != v.want || v.format != "" && r.Format != v.format {
				t.Errorf("Scan = %s %s %v unread %q; want %s %s", r.Format, r.Verdict, r.Findings, r.Unread, v.format, v.want)
			}
			said := r.Unread
			for _, f := range r.Findings {
				said += "\n" + f.What
			}
			if !strings.Contains(said, v.what) {
				t.Errorf("Scan says %q; want %q in it", said, v.what)
			}
		})
	}
}

// hunt fuzzes with vectors as seeds: no crash, no hang, nothing unread is clean.
func hunt(f *testing.F, vectors []vector) {
	f.Helper()
	for _, v := range vectors {
		if len(v.data) < 1<<16 {
			f.Add([]byte(v.data))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		lim := model.Limits{Opcodes: 1 << 18, Memory: 2 << 20, Unpacked: 8 << 20, Read: 256 << 20, Members: 1000}
		r, err := model.Scan(ctx, "f", strings.NewReader(string(data)), int64(len(data)), lim)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict == model.Clean && r.Unread != "" {
			t.Errorf("clean, though not all was read: %s", r.Unread)
		}
	})
}

func u32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

func u64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }

func u16(n int) string { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) }

// sub is a field of bytes of a protocol buffer, num one of numbers.
func sub(n int, parts ...string) string {
	body := strings.Join(parts, "")
	return string(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(n)<<3|2), uint64(len(body)))) + body
}

func num(n int, v uint64) string {
	return string(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(n)<<3), v))
}
