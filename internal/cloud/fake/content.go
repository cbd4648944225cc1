package fake

import (
	"encoding/base64"
	"encoding/binary"
	"io"
)

// content is what stands in a blob made by rule.
type content uint8

const (
	noise content = iota // bytes without meaning
	text                 // lines of words
	pem                  // what looks like a private key, and is none
)

// content returns what the blob at index i holds.
func (c *container) content(i int64) io.ReaderAt {
	l := c.cycle.shape.leaf(i)
	seed := mix(c.seed ^ mix(uint64(i)))
	switch l.kind {
	case text:
		return textAt(seed)
	case pem:
		return pemAt{seed: seed, size: c.cycle.rows[i%c.cycle.period].size}
	}
	return noiseAt(seed)
}

// noiseAt holds bytes that no one can guess, without an end.
type noiseAt uint64

// ReadAt fills p.
func (n noiseAt) ReadAt(p []byte, off int64) (int, error) {
	var word [8]byte
	for i := 0; i < len(p); {
		at := off + int64(i)
		binary.LittleEndian.PutUint64(word[:], mix(uint64(n)+uint64(at>>3)))
		i += copy(p[i:], word[at&7:])
	}
	return len(p), nil
}

// textAt holds lines of 64 characters, without an end.
type textAt uint64

var words = [...]string{"archive", "balance", "cluster", "default", "example", "feature", "gateway", "history", "invoice", "journal", "kernels", "library", "machine", "network", "options", "project"}

// ReadAt fills p: each line is eight words of seven letters.
func (t textAt) ReadAt(p []byte, off int64) (int, error) {
	var line [64]byte
	for i := 0; i < len(p); {
		at := off + int64(i)
		h := mix(uint64(t) + uint64(at>>6))
		for w := range 8 {
			copy(line[w*8:], words[h>>(4*w)&15])
			line[w*8+7] = ' '
		}
		line[63] = '\n'
		i += copy(p[i:], line[at&63:])
	}
	return len(p), nil
}

// The frame of a key. It is put together here so that no line of this file is
// one.
const (
	dashes   = "-----"
	pemBegin = dashes + "BEGIN RSA PRIVATE KEY" + dashes + "\n"
	pemEnd   = "\n" + dashes + "END RSA PRIVATE KEY" + dashes + "\n"
)

// pemAt is a file of a size that looks like a private key.
type pemAt struct {
	seed uint64
	size int64
}

// ReadAt fills p up to the end of the file.
func (k pemAt) ReadAt(p []byte, off int64) (int, error) {
	whole := make([]byte, 0, k.size)
	whole = append(whole, pemBegin...)
	raw := make([]byte, k.size)
	_, _ = noiseAt(k.seed).ReadAt(raw, 0)
	body := base64.StdEncoding.EncodeToString(raw)
	for room := int(k.size) - len(pemBegin) - len(pemEnd); room > 0; room -= 65 {
		n := min(64, room)
		whole = append(whole, body[:n]...)
		body = body[n:]
		if room > 64 {
			whole = append(whole, '\n')
		}
	}
	whole = append(whole, pemEnd...)[:k.size]
	if off >= k.size {
		return 0, io.EOF
	}
	n := copy(p, whole[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// decodeMD5 reads what putMD5 wrote.
func decodeMD5(text []byte) []byte {
	raw := make([]byte, 18)
	n, _ := base64.StdEncoding.Decode(raw, text)
	return raw[:n]
}
