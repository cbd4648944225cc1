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
// several goroutines at once.
type Crowd struct {
	hashes []uint64 // sorted, distinct; at most crowdLimit
	full   bool     // some were left out
	loose  int      // hashes at the end that are not in order yet
}

const crowdLimit = 1 << 16

// Join counts the member with this hash. The hash must be spread over all 64
// bits, and must be keyed where members could be guessed.
func (c *Crowd) Join(hash uint64) {
	c.hashes = append(c.hashes, hash)
	c.loose++
	if c.loose > 1024 && c.loose > len(c.hashes)/4 {
		c.settle()
	}
}

func (c *Crowd) settle() {
	if c.loose > 0 {
		slices.Sort(c.hashes)
		c.hashes = slices.Compact(c.hashes)
		c.loose = 0
	}
	if len(c.hashes) > crowdLimit {
		c.hashes = slices.Clip(c.hashes[:crowdLimit])
		c.full = true
	}
}

// Add counts all members of other in.
func (c *Crowd) Add(other Crowd) {
	if len(other.hashes) == 0 {
		return
	}
	c.hashes = append(slices.Clip(c.hashes), other.hashes...)
	c.loose = len(c.hashes)
	c.full = c.full || other.full
	c.settle()
}

// Count returns the number of members, and whether it is exact.
func (c *Crowd) Count() (n int64, exact bool) {
	c.settle()
	if !c.full || len(c.hashes) < crowdLimit {
		return int64(len(c.hashes)), !c.full
	}
	// The k-th smallest of n evenly spread hashes stands at about k/n of the way.
	part := float64(c.hashes[crowdLimit-1]) / (1 << 64)
	return int64(float64(crowdLimit-1) / part), false
}

// IsZero reports whether nobody is in it.
func (c Crowd) IsZero() bool { return len(c.hashes) == 0 }

// MarshalText writes the hashes.
func (c Crowd) MarshalText() ([]byte, error) {
	own := Crowd{hashes: slices.Clone(c.hashes), full: c.full, loose: c.loose}
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
