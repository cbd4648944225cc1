package model_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

// sparse is a file of size bytes, zero but for a few parts.
type sparse struct {
	size  int64
	parts map[int64]string
	read  int64
}

func (s *sparse) ReadAt(b []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), s.size-off))
	clear(b[:n])
	for at, part := range s.parts {
		if at < off+int64(n) && at+int64(len(part)) > off {
			if at >= off {
				copy(b[at-off:n], part)
			} else {
				copy(b[:n], part[off-at:])
			}
		}
	}
	s.read += int64(n)
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// zeros writes as many zero bytes by only counting them.
type hole struct {
	s   *sparse
	buf bytes.Buffer
	at  int64 // where buf begins
}

func (h *hole) Write(b []byte) (int, error) { return h.buf.Write(b) }

func (h *hole) skip(n int64) {
	h.s.parts[h.at] = h.buf.String()
	h.at += int64(h.buf.Len()) + n
	h.buf.Reset()
}

// largeCheckpoint is a checkpoint of n tensors of size bytes each.
func largeCheckpoint(t testing.TB, n int, size int64) *sparse {
	return alignedCheckpoint(t, n, size, 1)
}

// alignedCheckpoint is one whose tensors stand at multiples of align.
func alignedCheckpoint(t testing.TB, n int, size, align int64) *sparse {
	t.Helper()
	h := &hole{s: &sparse{parts: map[int64]string{}}}
	le := binary.LittleEndian
	var dir bytes.Buffer
	add := func(name, data string, size int64) {
		head := make([]byte, 30)
		copy(head, local)
		le.PutUint32(head[18:], uint32(size))
		le.PutUint32(head[22:], uint32(size))
		le.PutUint16(head[26:], uint16(len(name)))
		at := h.at + int64(h.buf.Len())
		pad := (align - (at+30+int64(len(name)))%align) % align
		le.PutUint16(head[28:], uint16(pad))
		io.WriteString(h, string(head)+name+strings.Repeat("Z", int(pad))+data)
		if int64(len(data)) < size {
			h.skip(size - int64(len(data)))
		}
		c := make([]byte, 46)
		copy(c, central)
		le.PutUint32(c[20:], uint32(size))
		le.PutUint32(c[24:], uint32(size))
		le.PutUint16(c[28:], uint16(len(name)))
		le.PutUint32(c[42:], uint32(at))
		dir.Write(c)
		dir.WriteString(name)
	}
	pickle := calm[:len(calm)-1] + strings.Repeat("0}q\x01X\x04\x00\x00\x00nameK\x01s", 300) + "."
	add("archive/data.pkl", pickle, int64(len(pickle)))
	for i := range n {
		add(fmt.Sprintf("archive/data/%d", i), "", size)
	}
	from := h.at + int64(h.buf.Len())
	h.buf.Write(dir.Bytes())
	e := make([]byte, 22)
	copy(e, end)
	le.PutUint16(e[8:], uint16(n+1))
	le.PutUint16(e[10:], uint16(n+1))
	le.PutUint32(e[12:], uint32(dir.Len()))
	le.PutUint32(e[16:], uint32(from))
	h.buf.Write(e)
	h.skip(0)
	h.s.size = h.at
	return h.s
}

// largeLegacy is an old checkpoint with one tensor of n floats.
func largeLegacy(n int) *sparse {
	object := "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ" +
		string(binary.LittleEndian.AppendUint32(nil, uint32(n))) + "NtQK\x00K\x02\x85K\x01\x85\x89N}tR."
	head := legacy(object, "")
	return &sparse{size: int64(len(head)) + 8 + 4*int64(n), parts: map[int64]string{0: head}}
}

func TestLargeCheckpointsCostLittle(t *testing.T) {
	tests := []struct {
		name string
		file *sparse
		most int64 // bytes read
	}{
		{"zip_of_2_GB", largeCheckpoint(t, 32, 64<<20), 256 << 10},
		{"zip_of_many_tensors", largeCheckpoint(t, 2000, 1<<20), 512 << 10},
		{"legacy_of_500_MB", largeLegacy(125_000_000), 256 << 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := model.Scan(context.Background(), "m", tt.file, tt.file.size, model.Limits{})
			if err != nil || r.Verdict != model.Clean {
				t.Fatalf("%+v, %v; want clean", r, err)
			}
			if r.BytesRead != tt.file.read || r.BytesRead > tt.most {
				t.Errorf("%d bytes read of %d, told %d; want at most %d", tt.file.read, r.Size, r.BytesRead, tt.most)
			}
		})
	}
}

func BenchmarkZipOf2GB(b *testing.B)      { benchmark(b, largeCheckpoint(b, 32, 64<<20)) }
func BenchmarkLegacyOf500MB(b *testing.B) { benchmark(b, largeLegacy(125_000_000)) }
func BenchmarkSmallPickle(b *testing.B) {
	benchmark(b, &sparse{size: int64(len(call)), parts: map[int64]string{0: call}})
}
func BenchmarkSmallCheckpoint(b *testing.B) {
	data := zipped(b, zip.Store, entry{"archive/data.pkl", calm}, entry{"archive/data/0", "xxxx"})
	benchmark(b, &sparse{size: int64(len(data)), parts: map[int64]string{0: data}})
}

func benchmark(b *testing.B, f *sparse) {
	b.ReportAllocs()
	b.SetBytes(f.size)
	for b.Loop() {
		f.read = 0
		if _, err := model.Scan(context.Background(), "m", f, f.size, model.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(f.read), "bytes-read/op")
}
