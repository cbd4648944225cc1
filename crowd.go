package overgrant

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
)

// Crowd is a set of people, or of anything else of which only the number is to
// be known, across shards. It holds keyed hashes, no names. Up to crowdLimit
// members it counts exactly; beyond that it keeps the smallest hashes and
// estimates, within half a percent. The zero value is empty. It is not safe for
// several goroutines at once, and a copy of it must not be changed.
type Crowd struct {
	hashes []uint64 // sorted, distinct
	recent []uint64 // sorted, distinct, none of hashes: room for a few that came since
	full   bool     // some were left out
}

const crowdLimit = 1 << 16

// Join counts the member with this hash. The hash must be spread over all 64
// bits, and must be keyed where members could be guessed.
func (c *Crowd) Join(hash uint64) {
	if c.full && len(c.hashes) == crowdLimit && hash > c.hashes[crowdLimit-1] {
		return
	}
	if _, in := slices.BinarySearch(c.hashes, hash); in {
		return
	}
	at, in := slices.BinarySearch(c.recent, hash)
	if in {
		return
	}
	c.recent = slices.Insert(c.recent, at, hash)
	if len(c.recent) > 256+len(c.hashes)/16 {
		c.settle()
	}
}

// settle makes one sorted run of the members, of the smallest crowdLimit hashes.
func (c *Crowd) settle() {
	if len(c.recent) > 0 {
		c.hashes, c.recent = united(c.hashes, c.recent), c.recent[:0]
	}
	if len(c.hashes) > crowdLimit {
		c.hashes, c.full = slices.Clip(c.hashes[:crowdLimit]), true
	}
}

// united returns the members of two sorted runs, each once, in a new one.
func united(a, b []uint64) []uint64 {
	all := make([]uint64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			all, a = append(all, a[0]), a[1:]
		case b[0] < a[0]:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// Add counts all members of other in.
func (c *Crowd) Add(other Crowd) {
	if len(other.hashes)+len(other.recent) > 256 {
		c.settle()
		c.hashes = united(c.hashes, other.hashes)
	} else {
		for _, h := range other.hashes {
			c.Join(h)
		}
	}
	for _, h := range other.recent {
		c.Join(h)
	}
	c.full = c.full || other.full
	if len(c.hashes) > crowdLimit {
		c.settle()
	}
}

// Count returns the number of members, and whether it is exact.
func (c *Crowd) Count() (n int64, exact bool) {
	n = int64(len(c.hashes) + len(c.recent))
	if n > crowdLimit || c.full {
		c.settle()
		n = int64(len(c.hashes))
	}
	if !c.full || n < crowdLimit {
		return n, !c.full
	}
	// The k-th smallest of n evenly spread hashes stands at about k/n of the way.
	part := float64(c.hashes[crowdLimit-1]) / (1 << 64)
	return int64(float64(crowdLimit-1) / part), false
}

// IsZero reports whether nobody is in it.
func (c Crowd) IsZero() bool { return len(c.hashes)+len(c.recent) == 0 }

// MarshalText writes the hashes.
func (c Crowd) MarshalText() ([]byte, error) {
	own := Crowd{hashes: slices.Clone(c.hashes), recent: slices.Clone(c.recent), full: c.full}
	own.settle()
	raw := []byte{0}
	if own.full {
		raw[0] = 1
	}
	for _, h := range own.hashes {
		raw = binary.LittleEndian.AppendUint64(raw, h)
	}
	return base64.StdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText reads what MarshalText wrote.
func (c *Crowd) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil || len(raw)%8 != 1 || len(raw)/8 > crowdLimit {
		return fmt.Errorf("read a crowd of %d characters: damaged", len(text))
	}
	*c = Crowd{full: raw[0] == 1}
	for rest := raw[1:]; len(rest) > 0; rest = rest[8:] {
		c.Join(binary.LittleEndian.Uint64(rest))
	}
	c.settle()
	return nil
}
