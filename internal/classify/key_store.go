package classify

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/overgrant/overgrant"
)

// smallStore is the size in bytes up to which key stores are read whole.
const smallStore = 4 << 20

// keyStoreReader counts the private keys in key stores that are no text.
var keyStoreReader = Reader{
	Name: "key_store",
	Doc:  "Java key stores (JKS, JCEKS), PKCS#12, keys in DER, rings of OpenPGP, key pairs of .NET (.snk): how many private keys, of which algorithm and size, and whether a password protects them.",
	Sniff: func(head, _ []byte) bool {
		return javaKeys(head) || pkcs12(head) || derKey(head) || pgpKey(head) || keyBlob(head)
	},
	Read: func(_ context.Context, p Piece) (Result, error) {
		size := min(p.Size, p.limit(), smallStore)
		raw := make([]byte, size)
		n, err := p.At.ReadAt(raw, 0)
		if n < len(raw) && err != nil && err != io.EOF {
			return Result{}, fmt.Errorf("read key store: %w", err)
		}
		raw = raw[:n]
		r := readKeyStore(p, raw)
		if r.Reason == "" && int64(n) < p.Size {
			r.Complete, r.Reason = false, Limited
		}
		return r, nil
	},
}

func readKeyStore(p Piece, raw []byte) Result {
	like := map[string]int64{}
	switch {
	case javaKeys(raw):
		n, ok := countJavaKeys(raw)
		if !ok {
			return found(raw, Damaged, keysFind(p, map[string]int64{"key in a Java key store, encrypted": max(n, 1)}))
		}
		like["key in a Java key store, encrypted"] = n
	case pkcs12(raw):
		// The bags of keys can be counted where they are not encrypted
		// themselves, which is the rule.
		n := int64(bytes.Count(raw, shroudedBag))
		if plain := int64(bytes.Count(raw, keyBag)); plain > 0 {
			like["key in PKCS#12, not encrypted"] = plain
		}
		like["key in PKCS#12, encrypted"] = max(n, 1)
	case derKey(raw):
		var f privateKeyFound
		f.der(raw)
		like[f.String()] = 1
	case pgpKey(raw):
		f := privateKeyFound{in: "PGP"}
		like[f.described(raw)] = int64(max(f.packets(raw), 1))
	case keyBlob(raw):
		like[privateKeyFound{in: ".NET", algorithm: "RSA", bits: int(binary.LittleEndian.Uint32(raw[12:]))}.String()] = 1
	}
	for what, n := range like {
		if n == 0 {
			delete(like, what)
		}
	}
	if len(like) == 0 {
		return found(raw, "")
	}
	return found(raw, "", keysFind(p, like))
}

// described reads the packets and returns what the first secret key is.
func (f *privateKeyFound) described(raw []byte) string {
	own := *f
	own.packets(raw)
	return own.String()
}

func keysFind(p Piece, like map[string]int64) overgrant.Find {
	n := int64(0)
	for _, times := range like {
		n += times
	}
	f := privateKey.Find(p, n)
	f.Hint = told(like)
	return f
}

// found is the result of a reader that looked at raw. A reason says what it
// could not look into.
func found(raw []byte, reason string, finds ...overgrant.Find) Result {
	return Result{Finds: finds, Read: int64(len(raw)), Complete: reason == "", Reason: reason}
}

// limit is Limit, filled in.
func (p Piece) limit() int64 {
	if p.Limit <= 0 {
		return p.Size
	}
	return p.Limit
}

// readHead reads the first HeadSize bytes, or all there are.
func readHead(p Piece) ([]byte, error) {
	head := make([]byte, min(HeadSize, p.limit(), p.Size))
	n, err := p.At.ReadAt(head, 0)
	if n < len(head) && err != nil && err != io.EOF {
		return nil, fmt.Errorf("read the beginning: %w", err)
	}
	return head[:n], nil
}

func javaKeys(head []byte) bool {
	return len(head) >= 12 && (bytes.HasPrefix(head, []byte{0xfe, 0xed, 0xfe, 0xed}) || bytes.HasPrefix(head, []byte{0xce, 0xce, 0xce, 0xce}))
}

// countJavaKeys counts the private and secret keys among the entries.
//
// Source: OpenJDK, sun.security.provider.JavaKeyStore.
func countJavaKeys(raw []byte) (n int64, ok bool) {
	b := cursor{raw: raw[8:]}
	for range b.number() {
		tag := b.number()
		b.skip(b.short()) // alias
		b.skip(8)         // when it was made
		chain := 1
		switch tag {
		case 1:
			n++
			b.skip(b.number())
			chain = b.number()
		case 2:
		default: // a secret key of unknown length
			return n + 1, false
		}
		for range chain {
			b.skip(b.short())
			b.skip(b.number())
			if b.failed {
				return n, false
			}
		}
		if b.failed {
			return n, false
		}
	}
	return n, true
}

// cursor reads numbers, high byte first. Reading beyond the end fails and
// gives zero.
type cursor struct {
	raw    []byte
	failed bool
}

func (c *cursor) skip(n int) {
	if n < 0 || n > len(c.raw) {
		c.raw, c.failed = nil, true
		return
	}
	c.raw = c.raw[n:]
}

func (c *cursor) number() int {
	if len(c.raw) < 4 {
		c.raw, c.failed = nil, true
		return 0
	}
	n := binary.BigEndian.Uint32(c.raw)
	c.raw = c.raw[4:]
	return int(n & 0x7fffffff)
}

func (c *cursor) short() int {
	if len(c.raw) < 2 {
		c.raw, c.failed = nil, true
		return 0
	}
	n := binary.BigEndian.Uint16(c.raw)
	c.raw = c.raw[2:]
	return int(n)
}

// The kinds of bags in PKCS#12: a key as it is, and one that is encrypted.
//
// Source: RFC 7292, 4.2.
var (
	keyBag      = []byte{0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01}
	shroudedBag = []byte{0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02}
)

// inSequence returns what is in the DER sequence that head begins with.
func inSequence(head []byte) ([]byte, bool) {
	if len(head) < 2 || head[0] != 0x30 {
		return nil, false
	}
	switch l := head[1]; {
	case l < 0x80:
		return head[2:], true
	case l <= 0x84 && len(head) >= 2+int(l&0x7f):
		return head[2+int(l&0x7f):], true
	default:
		return nil, false
	}
}

func pkcs12(head []byte) bool {
	in, ok := inSequence(head)
	return ok && bytes.HasPrefix(in, []byte{0x02, 0x01, 0x03, 0x30})
}

func derKey(head []byte) bool {
	in, ok := inSequence(head)
	if !ok || len(in) < 16 || in[0] != 0x02 || in[1] != 0x01 || in[2] > 1 {
		return false
	}
	var f privateKeyFound
	f.der(head)
	return f.algorithm != "" || in[3] == 0x30 && bytes.Contains(in[:min(len(in), 32)], []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01})
}

// pgpKey reports whether an OpenPGP secret key begins here: the packet, its
// version, and a time that is not before 1991.
func pgpKey(head []byte) bool {
	if len(head) < 16 || head[0] != 0x94 && head[0] != 0x95 && head[0] != 0xc5 {
		return false
	}
	at := 2
	switch {
	case head[0] == 0x95, head[0] == 0xc5 && 192 <= head[1] && head[1] < 224:
		at = 3
	case head[0] == 0xc5 && head[1] == 255:
		at = 6
	}
	return 3 <= head[at] && head[at] <= 6 && binary.BigEndian.Uint32(head[at+1:]) > 660_000_000
}

// keyBlob reports whether a key pair as Windows and .NET keep it begins here.
//
// Source: Microsoft, PRIVATEKEYBLOB; RSAPUBKEY.
func keyBlob(head []byte) bool {
	return len(head) >= 16 && bytes.HasPrefix(head, []byte{0x07, 0x02, 0x00, 0x00}) && bytes.Equal(head[8:12], []byte("RSA2"))
}
