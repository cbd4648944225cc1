package gitpack

// Copy says that a part of an object is the same as a part of its delta base.
type Copy struct {
	At   int64 // where it stands in the object
	From int64 // where it stands in the base
	Size int64 // bytes
}

// delta is an inflated delta: a program that makes an object from its base.
type delta struct {
	base, size int64 // sizes of the base and of the object
	ops        []byte
}

// openDelta reads the two sizes at its start.
func openDelta(data []byte) (d delta, err error) {
	var n, m int
	if d.base, n = deltaSize(data); n == 0 {
		return d, corrupt("delta is cut short")
	}
	if d.size, m = deltaSize(data[n:]); m == 0 {
		return d, corrupt("delta is cut short")
	}
	d.ops = data[n+m:]
	return d, nil
}

// deltaSize reads a number of seven bits a byte, lowest first, and how many
// bytes it takes: 0 if it does not end.
func deltaSize(data []byte) (n int64, used int) {
	for i, c := range data {
		if i == 8 {
			break
		}
		n |= int64(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			return n, i + 1
		}
	}
	return 0, 0
}

// op is one step of a delta: bytes to insert, or a part of the base to copy.
type op struct {
	insert     []byte // nil for a copy
	from, size int
}

// nextOp takes the first step off a program. It returns a size of 0 for one
// that is invalid. Source: git's Documentation/gitformat-pack.txt.
func nextOp(p []byte) (op, []byte) {
	c := p[0]
	p = p[1:]
	if c&0x80 == 0 {
		n := int(c)
		if n == 0 || n > len(p) {
			return op{}, nil
		}
		return op{insert: p[:n], size: n}, p[n:]
	}
	var o op
	if len(p) >= 7 {
		at := 0
		if c&0x01 != 0 {
			o.from = int(p[at])
			at++
		}
		if c&0x02 != 0 {
			o.from |= int(p[at]) << 8
			at++
		}
		if c&0x04 != 0 {
			o.from |= int(p[at]) << 16
			at++
		}
		if c&0x08 != 0 {
			o.from |= int(p[at]) << 24
			at++
		}
		if c&0x10 != 0 {
			o.size = int(p[at])
			at++
		}
		if c&0x20 != 0 {
			o.size |= int(p[at]) << 8
			at++
		}
		if c&0x40 != 0 {
			o.size |= int(p[at]) << 16
			at++
		}
		p = p[at:]
	} else {
		for i := range 7 {
			if c>>i&1 == 0 {
				continue
			}
			if len(p) == 0 {
				return op{}, nil
			}
			if i < 4 {
				o.from |= int(p[0]) << (8 * i)
			} else {
				o.size |= int(p[0]) << (8 * (i - 4))
			}
			p = p[1:]
		}
	}
	if o.size == 0 {
		o.size = 0x10000
	}
	return o, p
}

// appendCopy adds a copy to a list, into the last one if they go on in both.
func appendCopy(list []Copy, c Copy) []Copy {
	if n := len(list); n > 0 {
		last := &list[n-1]
		if last.At+last.Size == c.At && last.From+last.Size == c.From {
			last.Size += c.Size
			return list
		}
	}
	return append(list, c)
}

// copies reads a delta through once: it checks every step against the size of
// the base, and that they make exactly the object, and lists what is copied.
func (d delta) copies(list []Copy) ([]Copy, error) {
	at := int64(0)
	for p := d.ops; len(p) > 0; {
		var o op
		o, p = nextOp(p)
		if o.size == 0 {
			return list, corrupt("delta has an invalid step")
		}
		if int64(o.size) > d.size-at {
			return list, corrupt("delta makes more than %d bytes", d.size)
		}
		if o.insert == nil {
			if int64(o.from) > d.base-int64(o.size) {
				return list, corrupt("delta copies from outside of its base")
			}
			list = appendCopy(list, Copy{at, int64(o.from), int64(o.size)})
		}
		at += int64(o.size)
	}
	if at != d.size {
		return list, corrupt("delta makes %d bytes instead of %d", at, d.size)
	}
	return list, nil
}
