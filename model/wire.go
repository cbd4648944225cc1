package model

// Protocol buffers are read without their schemas: a message is a list of
// numbered fields, and only those that can hide something are entered.
// Source: https://protobuf.dev/programming-guides/encoding/

// protoDepth is how deep messages are entered.
const protoDepth = 100

// field is one field of a message. A field of bytes stands at [off, end).
type field struct {
	num    int
	wire   int    // 0 a number, 1 eight bytes, 2 bytes, 5 four bytes
	n      uint64 // of wire 0
	off    int64
	end    int64
	inside int // messages around it
}

// bytes says whether the field is bytes or a message.
func (f field) bytes() bool { return f.wire == 2 }

// fields calls visit for every field of the message at [m.off, m.end). What it
// passes over is not read. It fails where the message is broken, after the
// fields before.
func (w *window) fields(m field, visit func(f field) error) error {
	if m.inside > protoDepth {
		return errSense
	}
	for at := m.off; at < m.end; {
		f, next, err := w.field(at, m.end)
		if err != nil {
			return err
		}
		f.inside = m.inside + 1
		if f.wire != 3 && f.wire != 4 { // the marks of groups hold nothing
			if err := visit(f); err != nil {
				return err
			}
		}
		at = next
	}
	return nil
}

// field reads the field at at and tells where the next one begins.
func (w *window) field(at, end int64) (f field, next int64, err error) {
	tag, at, err := w.varint(at, end)
	if err != nil {
		return f, at, err
	}
	if tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return f, at, errSense
	}
	f.num, f.wire = int(tag>>3), int(tag&7)
	switch f.wire {
	case 0:
		f.n, at, err = w.varint(at, end)
		return f, at, err
	case 1, 5:
		f.off, f.end = at, at+8
		if f.wire == 5 {
			f.end = at + 4
		}
	case 2:
		var n uint64
		if n, at, err = w.varint(at, end); err != nil {
			return f, at, err
		}
		if n > uint64(end-at) {
			return f, at, errShort
		}
		f.off, f.end = at, at+int64(n)
	case 3, 4:
		return f, at, nil
	default:
		return f, at, errSense
	}
	if f.end > end {
		return f, at, errShort
	}
	return f, f.end, nil
}

func (w *window) varint(at, end int64) (n uint64, next int64, err error) {
	for shift := 0; shift < 70; shift += 7 {
		if at >= end {
			return 0, at, errShort
		}
		b, err := w.slice(at, 1)
		if err != nil {
			return 0, at, err
		}
		at++
		n |= uint64(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			return n, at, nil
		}
	}
	return 0, at, errSense
}

// text reads a field of bytes as a string, at most max of it.
func (w *window) text(f field, max int64) string {
	if f.wire != 2 {
		return ""
	}
	b, err := w.slice(f.off, int(min(f.end-f.off, max)))
	if err != nil {
		return ""
	}
	return string(b)
}
