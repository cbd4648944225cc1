package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// walker reads JSON token by token: names are told apart by every byte, and a
// name that comes twice is refused, so that no two readers can disagree on what
// was signed.
type walker struct{ d *json.Decoder }

func newWalker(r io.Reader) walker {
	d := json.NewDecoder(r)
	d.UseNumber()
	return walker{d}
}

// object calls member for each member of an object; member reads the value. An
// object that has a name twice is refused.
func (w walker) object(member func(name string) error) error {
	if err := w.delim('{'); err != nil {
		return err
	}
	return w.members(member)
}

// members is object behind its opening brace.
func (w walker) members(member func(name string) error) error {
	var few [16]string // most objects have fewer members, and there are very many
	seen := few[:0]
	for w.d.More() {
		t, err := w.d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string) // all else was refused by the decoder
		for _, s := range seen {
			if s == name {
				return fmt.Errorf("%q stands twice in one object", name)
			}
		}
		if len(seen) == mostMembers {
			return fmt.Errorf("an object has more than %d members", mostMembers)
		}
		seen = append(seen, name)
		if err := member(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return w.delim('}')
}

// mostMembers bounds an object that is looked into.
const mostMembers = 256

// array calls element for each element of an array; element reads it.
func (w walker) array(element func() error) error {
	if err := w.delim('['); err != nil {
		return err
	}
	for w.d.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return w.delim(']')
}

func (w walker) delim(want json.Delim) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	if d, ok := t.(json.Delim); !ok || d != want {
		return fmt.Errorf("want %v, not %T", want, t)
	}
	return nil
}

// text reads a string.
func (w walker) text(into *string) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	s, ok := t.(string)
	if !ok {
		return fmt.Errorf("want a string, not %T", t)
	}
	*into = s
	return nil
}

// truth reads true or false.
func (w walker) truth(into *bool) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	b, ok := t.(bool)
	if !ok {
		return fmt.Errorf("want true or false, not %T", t)
	}
	*into = b
	return nil
}

// mostExact is the largest whole number that all readers of JSON agree on.
const mostExact = 1 << 53

// number reads a whole number. One written as a float is taken where it is
// whole, as some writers have it.
func (w walker) number(into *int64) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	n, ok := t.(json.Number)
	if !ok {
		return fmt.Errorf("want a number, not %T", t)
	}
	if *into, ok = integer(n); !ok {
		return fmt.Errorf("%s: want a whole number", n)
	}
	return nil
}

func integer(n json.Number) (int64, bool) {
	if i, err := n.Int64(); err == nil {
		return i, true
	}
	f, err := n.Float64()
	if err != nil || f > mostExact || f < -mostExact || f != float64(int64(f)) {
		return 0, false
	}
	return int64(f), true
}

// skip passes over one value.
func (w walker) skip() error {
	_, err := w.scalar()
	return err
}

// scalar reads one value and returns it if it is a string, a number or a truth.
// Arrays and objects are passed over.
func (w walker) scalar() (value json.Token, err error) {
	for depth := 0; ; {
		t, err := w.d.Token()
		if err != nil {
			return nil, err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > mostDepth {
				return nil, fmt.Errorf("nested more than %d levels deep", mostDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		default:
			if depth == 0 {
				return t, nil
			}
		}
		if depth == 0 {
			return nil, nil
		}
	}
}

// mostDepth bounds what is passed over.
const mostDepth = 64

// end makes sure that nothing follows.
func (w walker) end() error {
	if _, err := w.d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON")
	}
	return nil
}
