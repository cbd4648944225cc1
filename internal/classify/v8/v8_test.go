package v8_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/classify/v8"
)

const header = "\xff\x14\xff\x0f"

func TestDecode(t *testing.T) {
	tests := []struct {
		name, text string
		kind       v8.Kind
		number     float64
		says       string
		err        error
	}{
		{"small_number", "I\x05", v8.Number, -3, "", nil},
		{"large_unsigned", "U\xff\xff\xff\xff\x0f", v8.Number, 4294967295, "", nil},
		{"latin", "\"\x02\xe9x", v8.String, 0, "éx", nil},
		{"utf_8", "S\x03\xc3\xa9x", v8.String, 0, "éx", nil},
		{"utf_16", "\x00c\x04\x8b\x4f!\x00", v8.String, 0, "例!", nil},
		{"trailer", "", v8.Nothing, 0, "", v8.ErrDamaged},
		{"foreign", "\\m", v8.Other, 0, "", v8.ErrForeign},
		{"list_that_lies", "A\xff\xff\xff\x7f", v8.List, 0, "", v8.ErrDamaged},
		{"text_that_lies", "\"\xff\xff\xff\x7fx", v8.Nothing, 0, "", v8.ErrDamaged},
		{"deep", strings.Repeat("A\x01", 500), v8.List, 0, "", v8.ErrLarge},
		{"unknown_tag", "\x7f", v8.Nothing, 0, "", v8.ErrDamaged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, err := v8.Decode([]byte(header + test.text))
			if v == nil || v.Kind != test.kind || v.Number != test.number || v.Text.String() != test.says || !errors.Is(err, test.err) {
				t.Errorf("Decode() = %+v, %v", v, err)
			}
		})
	}
}

// TestTrailer reads the envelope of engines since 2023, which tells where more
// follows.
func TestTrailer(t *testing.T) {
	text := "\xff\x15\xfe" + strings.Repeat("\x00", 12) + "\xff\x0f" + "\"\x01x"
	v, err := v8.Decode([]byte(text))
	if err != nil || !v.Text.Is("X") {
		t.Errorf("Decode() = %+v, %v", v, err)
	}
}

// TestPartial keeps what stands before something that cannot be read.
func TestPartial(t *testing.T) {
	v, err := v8.Decode([]byte(header + "o\"\x01aI\x02\"\x01b\\m"))
	if a := v.Get("A"); !errors.Is(err, v8.ErrForeign) || a == nil || a.Number != 1 {
		t.Errorf("Decode() = %+v, %v", v, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"o\"\x01aI\x02{\x01", "A\x02I\x02_$\x00\x02", "a\x05I\x02T@\x01\x05", ";\"\x01aT:\x02", "'I\x02,\x01", "B\x02xxVB\x00\x02\x00", "~\x01\x05x", "rRm\"\x01xs\"\x01y.", "Z\x11\x01\x02\x03\x04\x05\x06\x07\x08", "R\"\x01a\x02", "\\L\x02\x01\x02", "^\x00"} {
		f.Add([]byte(header + s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, _ := v8.Decode(b)
		if n := count(v); n > 2*len(b)+2 {
			t.Errorf("%d values in %d bytes", n, len(b))
		}
	})
}

func count(v *v8.Value) int {
	if v == nil {
		return 0
	}
	n := 1
	for _, f := range v.Fields {
		n += count(f.Value)
	}
	return n
}

func BenchmarkDecode(b *testing.B) {
	one := "o\"\x02id\"\x0d1600000000000\"\x07creator\"\x0a8:orgid:xx\"\x07content\"\x20" + strings.Repeat("x", 32) + "{\x03"
	text := []byte(header + "A\xe8\x07" + strings.Repeat(one, 1000) + "$\x00\xe8\x07")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v8.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}
