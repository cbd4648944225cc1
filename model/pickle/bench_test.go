package pickle_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/pickle"
)

// heavy is a pickle of small values of all sorts, as the C pickler writes lists
// and dicts.
func heavy(batches int) string {
	var b strings.Builder
	b.WriteString(proto(4) + "]" + memoize)
	for n := range batches {
		b.WriteString(mark)
		for i := range 125 {
			b.WriteString(dict + memoize + mark + sbu(fmt.Sprintf("key%03d", i)) + memoize + "K\x01" + sbu("v") + memoize + "G\x00\x00\x00\x00\x00\x00\x00\x00")
			b.WriteString(sbu("w") + "M\x01\x02" + "J\x01\x02\x03\x04" + tuple2 + memoize + setItems)
		}
		b.WriteString("e")
		_ = n
	}
	return b.String() + stop
}

func BenchmarkOpcodes(b *testing.B) {
	text := heavy(1500)
	r := strings.NewReader(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		res, err := pickle.Scan(context.Background(), r, 0, pickle.Options{})
		if err != nil || !res.Stopped || len(res.Findings) > 0 {
			b.Fatal(res.Fault, err, res.Exhausted)
		}
	}
}

// repeated is a pickle of n byte strings of a MiB, none of which exists.
type repeated struct {
	head, unit, tail string
	n, size          int64
}

func (r repeated) ReadAt(b []byte, off int64) (int, error) {
	for i := range b {
		at := off + int64(i)
		body := at - int64(len(r.head))
		switch {
		case body < 0:
			b[i] = r.head[at]
		case body < r.n*r.size:
			if k := body % r.size; k < int64(len(r.unit)) {
				b[i] = r.unit[k]
			} else {
				b[i] = 0
			}
		case body-r.n*r.size < int64(len(r.tail)):
			b[i] = r.tail[body-r.n*r.size]
		default:
			return i, io.EOF
		}
	}
	return len(b), nil
}

func BenchmarkPayloads(b *testing.B) {
	const unit = 1 << 20
	r := repeated{head: proto(4) + "](", unit: "B" + le32(unit-5), tail: "e.", n: 500, size: unit}
	b.SetBytes(r.n * r.size)
	b.ReportAllocs()
	for b.Loop() {
		res, err := pickle.Scan(context.Background(), r, 0, pickle.Options{})
		if err != nil || !res.Stopped {
			b.Fatal(res.Fault, err)
		}
	}
}

func BenchmarkMarkRegion(b *testing.B) {
	text := proto(4) + "(" + strings.Repeat("K\x01"+sbu("abc"), 10_000_000/7) + "l."
	r := strings.NewReader(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if res, _ := pickle.Scan(context.Background(), r, 0, pickle.Options{}); !res.Stopped {
			b.Fatal(res.Fault, res.Exhausted)
		}
	}
}

func BenchmarkShapes(b *testing.B) {
	const n = 4 << 20
	shapes := []struct{ name, head, unit, tail string }{
		{"dup", "]", "2", "."},
		{"tuple1", "N", "\x85", "."},
		{"dup_tuple2", "]", "2\x86", "."},
		{"none_pop", "]", "N0", "."},
		{"append", "]", "Na", "."},
		{"hook_keys", "}(", sbu("append") + glob("a", "b"), "u."},
	}
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			text := proto(4) + s.head + strings.Repeat(s.unit, n/len(s.unit)) + s.tail
			r := strings.NewReader(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if res, _ := pickle.Scan(context.Background(), r, 0, pickle.Options{}); !res.Stopped && res.Exhausted == "" {
					b.Fatal(res.Fault)
				}
			}
		})
	}
}
