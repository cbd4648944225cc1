package classify

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/overgrant/overgrant"
)

// keytabReader counts the keys of a Kerberos keytab and who they belong to.
var keytabReader = Reader{
	Name:  "keytab",
	Doc:   "Kerberos keytabs: how many keys, of how many principals.",
	Sniff: func(head, _ []byte) bool { return len(head) >= 16 && head[0] == 5 && head[1] == 2 && head[2] == 0 },
	Read: func(_ context.Context, p Piece) (Result, error) {
		raw := make([]byte, min(p.Size, p.limit(), smallStore))
		n, err := p.At.ReadAt(raw, 0)
		if n < len(raw) && err != nil && err != io.EOF {
			return Result{}, fmt.Errorf("read keytab: %w", err)
		}
		keys, crowd, ok := readKeytab(raw[:n], p.Salt)
		if keys == 0 {
			return Result{}, ErrOther
		}
		f := credentialDump.Find(p, keys)
		f.Unit, f.People, f.Hint = "keys", crowd, "Kerberos keytab"
		if !ok {
			return found(raw[:n], Damaged, f), nil
		}
		return found(raw[:n], "", f), nil
	},
}

// readKeytab reads entries: a size, the parts of a principal after its realm,
// then the key. A negative size is a hole.
//
// Source: MIT Kerberos, "Keytab file format".
func readKeytab(raw []byte, salt uint64) (keys int64, crowd overgrant.Crowd, ok bool) {
	c := cursor{raw: raw[2:]}
	for len(c.raw) >= 4 {
		hole := c.raw[0]&0x80 != 0
		size := c.number()
		if hole {
			c.skip(1<<31 - size)
			if c.failed {
				return keys, crowd, false
			}
			continue
		}
		if size == 0 {
			break
		}
		if size > len(c.raw) {
			return keys, crowd, false
		}
		e := cursor{raw: c.raw[:size]}
		c.skip(size)
		parts := e.short()
		whole := e.raw
		for range min(parts, 16) + 1 {
			e.skip(e.short())
		}
		if e.failed || parts == 0 || len(e.raw) < 8 {
			return keys, crowd, false
		}
		keys++
		crowd.Join(hash(salt, bytes.ToLower(whole[:len(whole)-len(e.raw)])))
	}
	return keys, crowd, true
}
