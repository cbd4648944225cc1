// Package kindtest holds texts with a link in them, and texts that only look as
// if they had one, for tests of whatever looks for links. The secrets in them
// are made anew from a seed; nothing in them opens anything.
package kindtest

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

//go:embed vectors
var files embed.FS

// Vector is one text.
type Vector struct {
	Kind string // the kind it is about
	Text string
	Find bool // it holds a link of the kind that could be real; else it must be left alone
}

// Vectors returns the texts for one kind, with secrets that depend on seed. It
// fails if there are none or one cannot be read.
func Vectors(kind string, seed uint64) ([]Vector, error) {
	b, err := files.ReadFile("vectors/" + kind + ".txt")
	if err != nil {
		return nil, fmt.Errorf("read vectors of %s: %w", kind, err)
	}
	var all []Vector
	s := source{seed: seed}
	for i, line := range strings.Split(string(b), "\n") {
		verb, text, _ := strings.Cut(line, " ")
		switch verb {
		case "", "#":
			continue
		case "find", "leave":
		default:
			return nil, fmt.Errorf("read vectors of %s: line %d: unknown word %q", kind, i+1, verb)
		}
		all = append(all, Vector{Kind: kind, Text: s.fill(strings.ReplaceAll(text, `\n`, "\n")), Find: verb == "find"})
	}
	return all, nil
}

// source makes values that look random and are the same for the same seed.
type source struct{ seed, n uint64 }

// fill puts secrets in the place of [[form:bytes]]: pct is base64 with percent
// signs, raw plain base64, url base64url without padding, hex, cf the base64 of
// CloudFront, uuid, and key a raw account key.
func (s *source) fill(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "[[")
		b.WriteString(before)
		form, after, closed := strings.Cut(rest, "]]")
		if !ok || !closed {
			return b.String()
		}
		b.WriteString(s.value(form))
		text = after
	}
}

func (s *source) value(form string) string {
	form, size, _ := strings.Cut(form, ":")
	n, _ := strconv.Atoi(size)
	switch form {
	case "pct":
		return url.QueryEscape(base64.StdEncoding.EncodeToString(s.bytes(n)))
	case "raw":
		return base64.StdEncoding.EncodeToString(s.bytes(n))
	case "url":
		return base64.RawURLEncoding.EncodeToString(s.bytes(n))
	case "hex":
		return hex.EncodeToString(s.bytes(n))
	case "HEX":
		return strings.ToUpper(hex.EncodeToString(s.bytes(n)))
	case "cf":
		return strings.NewReplacer("+", "-", "=", "_", "/", "~").Replace(base64.StdEncoding.EncodeToString(s.bytes(n)))
	case "der":
		return "3045" + hex.EncodeToString(s.bytes(0x45))
	case "uuid":
		h := hex.EncodeToString(s.bytes(16))
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	}
	return "[[" + form + "]]"
}

// bytes returns the next n bytes.
func (s *source) bytes(n int) []byte {
	var out []byte
	for len(out) < n {
		var block [16]byte
		binary.LittleEndian.PutUint64(block[:], s.seed)
		binary.LittleEndian.PutUint64(block[8:], s.n)
		s.n++
		sum := sha256.Sum256(block[:])
		out = append(out, sum[:]...)
	}
	return out[:n]
}
