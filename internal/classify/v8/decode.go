package v8

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

// Errors of Decode. With each of them comes what was read before.
var (
	ErrDamaged = errors.New("read a stored script value: damaged")
	ErrForeign = errors.New("read a stored script value: it holds an object of the browser")
	ErrLarge   = errors.New("read a stored script value: it is too large or too deep")
)

// Bounds of one value.
const (
	maxDepth  = 200
	maxValues = 1 << 20
)

// IsEnvelope reports whether head begins a serialised value with the versions of
// Blink and V8 in front.
func IsEnvelope(head []byte) bool {
	d := decoder{b: head}
	return d.envelope() == nil && d.blink >= 13 && d.version >= 9 && d.version < 64 && d.blink < 64
}

// Decode reads a serialised value. If it fails it returns what it read until
// then, or nil.
func Decode(b []byte) (*Value, error) {
	d := &decoder{b: b, left: maxValues}
	if err := d.envelope(); err != nil {
		return nil, err
	}
	v := &Value{}
	err := d.value(v, maxDepth)
	return v, err
}

type decoder struct {
	b              []byte
	blink, version uint64 // of the two formats
	left           int    // values that may still come
	spare          []Value
}

const (
	tagVersion = 0xff
	tagTrailer = 0xfe
)

// envelope reads the versions.
func (d *decoder) envelope() error {
	for len(d.b) > 0 && d.b[0] == tagVersion {
		d.b = d.b[1:]
		v, err := d.varint()
		if err != nil {
			return err
		}
		d.blink, d.version = d.version, v
		if len(d.b) > 0 && d.b[0] == tagTrailer {
			if len(d.b) < 13 { // where the trailer is and how long
				return ErrDamaged
			}
			d.b = d.b[13:]
		}
	}
	if d.version == 0 {
		return ErrDamaged
	}
	return nil
}

func (d *decoder) varint() (uint64, error) {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		return 0, ErrDamaged
	}
	d.b = d.b[n:]
	return v, nil
}

// take returns the next n bytes.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.b)) {
		return nil, ErrDamaged
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b, nil
}

// counted returns as many bytes as the number in front of them says.
func (d *decoder) counted() ([]byte, error) {
	n, err := d.varint()
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

func (d *decoder) double() (float64, error) {
	b, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
}

// tag returns the next tag, past padding.
func (d *decoder) tag() (byte, error) {
	for i, c := range d.b {
		if c != 0 {
			d.b = d.b[i+1:]
			return c, nil
		}
	}
	return 0, ErrDamaged
}

// peek reports whether the next tag is t, and reads it if so.
func (d *decoder) peek(t byte) bool {
	for i, c := range d.b {
		if c == t {
			d.b = d.b[i+1:]
			return true
		}
		if c != 0 {
			return false
		}
	}
	return false
}

// value reads the next value into v, which keeps what was read if it fails.
func (d *decoder) value(v *Value, depth int) error {
	t, err := d.tag()
	if err != nil {
		return err
	}
	if d.left--; d.left < 0 || depth == 0 {
		return ErrLarge
	}
	switch t {
	case '?': // a check of references
		if _, err = d.varint(); err != nil {
			return err
		}
		return d.value(v, depth-1)
	case 'S', '"', 'c':
		return d.text(v, t)
	case 's': // a string object
		return d.value(v, depth-1)
	case 'o', ';', 'A', 'a', '\'':
		return d.collection(v, t, depth-1)
	case 'r':
		return d.failure(v, depth-1)
	case '\\':
		return d.foreign(v)
	}
	if err := d.scalar(v, t); err != nil {
		return err
	}
	if v.Kind == Bytes && d.peek('V') { // a view of the buffer
		return d.view()
	}
	return nil
}

// scalar reads a value that has no values below it.
func (d *decoder) scalar(v *Value, t byte) (err error) {
	switch t {
	case '_', '0', '-':
	case 'T', 'y':
		v.Kind, v.Number = Bool, 1
	case 'F', 'x':
		v.Kind = Bool
	case 'I':
		n, err := d.varint()
		v.Kind, v.Number = Number, float64(int32(uint32(n)>>1)^-int32(n&1))
		return err
	case 'U':
		n, err := d.varint()
		v.Kind, v.Number = Number, float64(uint32(n))
		return err
	case 'N', 'n':
		v.Kind = Number
		v.Number, err = d.double()
	case 'D':
		v.Kind = Date
		v.Number, err = d.double()
	case 'Z', 'z':
		return d.bigInt(v)
	case '^':
		v.Kind = Reference
		_, err = d.varint()
	case 'R':
		_, err = d.regexp()
	case 'B':
		v.Kind = Bytes
		_, err = d.counted()
	case '~':
		return d.resizable(v)
	case 'V':
		return d.view()
	case 't', 'u', 'p', 'w':
		v.Kind = Other
		_, err = d.varint()
	default:
		return ErrDamaged
	}
	return err
}

func (d *decoder) bigInt(v *Value) error {
	field, err := d.varint()
	if err != nil {
		return err
	}
	digits, err := d.take(field & 0xffffffff >> 1)
	if err != nil {
		return err
	}
	v.Kind = Number
	for i := len(digits) - 1; i >= 0; i-- {
		v.Number = v.Number*256 + float64(digits[i])
	}
	if field&1 != 0 {
		v.Number = -v.Number
	}
	return nil
}

func (d *decoder) text(v *Value, t byte) error {
	b, err := d.counted()
	if err != nil {
		return err
	}
	v.Kind, v.Text.Raw = String, b
	switch t {
	case 'S':
		v.Text.Encoding = UTF8
	case 'c':
		v.Text.Encoding = UTF16
	}
	return nil
}

// regexp reads a pattern and its flags.
func (d *decoder) regexp() (uint64, error) {
	t, err := d.tag()
	if err != nil {
		return 0, err
	}
	if err := d.text(&Value{}, t); err != nil {
		return 0, err
	}
	return d.varint()
}

// resizable reads a buffer that can grow: its length, the longest, its bytes.
func (d *decoder) resizable(v *Value) error {
	n, err := d.varint()
	if err != nil {
		return err
	}
	if _, err := d.varint(); err != nil {
		return err
	}
	v.Kind = Bytes
	_, err = d.take(n)
	return err
}

// view reads what part of a buffer is seen as what.
func (d *decoder) view() error {
	if _, err := d.take(1); err != nil {
		return err
	}
	fields := 2
	if d.version >= 14 {
		fields++
	}
	for range fields {
		if _, err := d.varint(); err != nil {
			return err
		}
	}
	return nil
}

// failure reads an error object.
func (d *decoder) failure(v *Value, depth int) error {
	v.Kind = Object
	for {
		t, err := d.tag()
		if err != nil {
			return err
		}
		switch t {
		case 'E', 'R', 'F', 'S', 'T', 'U': // which error
		case 'm', 's', 'c': // message, stack, cause
			if err := d.value(d.add(v, Text{Raw: []byte{t}}), depth); err != nil {
				return err
			}
		case '.':
			return nil
		default:
			return ErrDamaged
		}
	}
}

// foreign reads an object of the browser, of those that only point elsewhere.
func (d *decoder) foreign(v *Value) error {
	v.Kind = Other
	t, err := d.tag()
	if err != nil {
		return err
	}
	switch t {
	case 'i', 'e': // a blob or a file, by number
		_, err = d.varint()
		return err
	case 'L': // a list of files
		n, err := d.varint()
		for ; err == nil && n > 0; n-- {
			_, err = d.varint()
		}
		return err
	}
	return ErrForeign
}

// add appends a field to v and returns the value to read it into.
func (d *decoder) add(v *Value, name Text) *Value {
	const together = 64 // values and fields are made so many at once, or fewer if they cannot all come
	if len(d.spare) == 0 {
		d.spare = make([]Value, min(together, len(d.b)/2+1))
	}
	child := &d.spare[0]
	d.spare = d.spare[1:]
	if v.Fields == nil {
		v.Fields = make([]Field, 0, min(8, len(d.b)/4+1))
	}
	v.Fields = append(v.Fields, Field{name, child})
	return child
}

// collection reads what has other values below it.
func (d *decoder) collection(v *Value, t byte, depth int) error {
	switch t {
	case 'A':
		return d.dense(v, depth)
	case '\'':
		v.Kind = List
		for !d.peek(',') {
			if err := d.value(d.add(v, Text{}), depth); err != nil {
				return err
			}
		}
		_, err := d.varint()
		return err
	case 'a':
		v.Kind = List
		if _, err := d.varint(); err != nil {
			return err
		}
		return d.properties(v, '@', depth)
	case ';':
		v.Kind = Object
		return d.properties(v, ':', depth)
	}
	v.Kind = Object
	return d.properties(v, '{', depth)
}

// dense reads a list without holes: its items, then properties that it has
// besides.
func (d *decoder) dense(v *Value, depth int) error {
	v.Kind = List
	n, err := d.varint()
	if err != nil {
		return err
	}
	if n > uint64(len(d.b)) {
		return ErrDamaged
	}
	for range n {
		if err := d.value(d.add(v, Text{}), depth); err != nil {
			return err
		}
	}
	return d.properties(v, '$', depth)
}

// properties reads names and values up to the tag end, and the counts behind it.
func (d *decoder) properties(v *Value, end byte, depth int) error {
	for !d.peek(end) {
		var name Value
		if err := d.value(&name, depth); err != nil {
			return err
		}
		text := name.Text
		if name.Kind == Number {
			text.Raw = strconv.AppendFloat(nil, name.Number, 'f', -1, 64)
		}
		if err := d.value(d.add(v, text), depth); err != nil {
			return err
		}
	}
	if _, err := d.varint(); err != nil {
		return err
	}
	if end == '$' || end == '@' {
		_, err := d.varint()
		return err
	}
	return nil
}
