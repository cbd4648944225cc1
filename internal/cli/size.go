package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes as a flag: 500MB, 20GiB, 4096.
type byteSize int64

// units are the suffixes of sizes, those that end in others first.
var units = []struct {
	name  string
	bytes float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1},
}

// Set reads a size.
func (b *byteSize) Set(text string) error {
	for _, u := range units {
		number, ok := cutSuffixFold(strings.TrimSpace(text), u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || v < 0 || v*u.bytes > math.MaxInt64/2 || math.IsNaN(v) {
			break
		}
		*b = byteSize(v * u.bytes)
		return nil
	}
	return fmt.Errorf("want a size such as 500MB, 20GiB or 0")
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if len(s) < len(suffix) || !strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s, false
	}
	return s[:len(s)-len(suffix)], true
}

// String writes the size as it can be read.
func (b *byteSize) String() string {
	for i := 3; i >= 0; i-- {
		if u := units[i]; *b > 0 && int64(*b)%int64(u.bytes) == 0 {
			return strconv.FormatInt(int64(*b)/int64(u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Type names the flag's value in the help.
func (b *byteSize) Type() string { return "size" }
