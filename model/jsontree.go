package model

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of one JSON text.
const (
	jsonDepth   = 400     // values inside values; Python's own limit is near 1,000
	jsonNodes   = 100_000 // values kept
	jsonString  = 2 << 20 // bytes kept of one string
	jsonStrings = 8 << 20 // bytes kept of all strings
)

// errJSON means that a text is no JSON as Python reads it.
var errJSON = errors.New("not JSON")

// errJSONLarge means that more was there than is kept.
var errJSONLarge = errors.New("more JSON than is kept")

// jnode is a JSON value. Unlike most readers it keeps repeated keys, since
// readers differ in which they believe.
type jnode struct {
	kind byte // '{' '[' '"' '0' for a number, 't', 'f', 'n'
	s    string
	keys []string // of an object, as many as kids
	kids []jnode
}

// get returns the values of a key, in the order of the file.
func (n *jnode) get(key string) []*jnode {
	var out []*jnode
	for i, k := range n.keys {
		if k == key {
			out = append(out, &n.kids[i])
		}
	}
	return out
}

// text returns the last string of a key, as Python would.
func (n *jnode) text(key string) string {
	s := ""
	for _, v := range n.get(key) {
		s = ""
		if v.kind == '"' {
			s = v.s
		}
	}
	return s
}

func (n *jnode) has(key string) bool {
	return len(n.get(key)) > 0
}

// jsonReader reads JSON in one pass.
type jsonReader struct {
	r       *bufio.Reader
	at      int64 // bytes read
	depth   int
	nodes   int
	strings int
	cut     bool // something was not kept that matters
	minor   bool // what is read now does not matter much: half of the budget is not for it
}

func newJSON(r io.Reader) *jsonReader {
	return &jsonReader{r: bufio.NewReaderSize(r, windowSize)}
}

// parseJSON reads a whole text into a tree. Where the tree would be too large
// it returns what fits, and errJSONLarge.
func parseJSON(r io.Reader) (*jnode, error) {
	j := newJSON(r)
	n, err := j.value(true)
	if err == nil && j.space() != 0 {
		err = errJSON
	}
	if err == nil && j.cut {
		err = errJSONLarge
	}
	return &n, err
}

// eachKey reads a text that is an object, key by key. Values are built where
// keep says so and passed over otherwise. It stops where visit returns false.
func (j *jsonReader) eachKey(keep func(key string) bool, visit func(key string, v *jnode) bool) error {
	if j.space() != '{' {
		return errJSON
	}
	j.byte()
	if j.space() == '}' {
		j.byte()
		return nil
	}
	for {
		if j.space() != '"' {
			return errJSON
		}
		key, err := j.str(true)
		if err != nil {
			return err
		}
		if j.space() != ':' {
			return errJSON
		}
		j.byte()
		v, err := j.value(keep(key))
		if err != nil && v.kind == 0 {
			return err
		}
		if !visit(key, &v) {
			return nil
		}
		if err != nil {
			return err
		}
		switch j.space() {
		case ',':
			j.byte()
		case '}':
			j.byte()
			return nil
		default:
			return errJSON
		}
	}
}

func (j *jsonReader) byte() byte {
	c, err := j.r.ReadByte()
	if err != nil {
		return 0
	}
	j.at++
	return c
}

// space passes white space and returns what stands behind it, 0 at the end.
func (j *jsonReader) space() byte {
	for {
		c, err := j.r.ReadByte()
		if err != nil {
			return 0
		}
		j.at++
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			_ = j.r.UnreadByte()
			j.at--
			return c
		}
	}
}

func (j *jsonReader) budget(all int) int {
	if j.minor {
		return all / 2
	}
	return all
}

// full says that no more nodes are kept.
func (j *jsonReader) full() bool {
	return j.nodes >= j.budget(jsonNodes)
}

// spare takes one node from the budget.
func (j *jsonReader) spare(keep bool) bool {
	if keep && j.full() {
		j.cut = j.cut || !j.minor
		return false
	}
	if keep {
		j.nodes++
	}
	return keep
}

func (j *jsonReader) value(keep bool) (jnode, error) {
	keep = j.spare(keep)
	switch c := j.space(); {
	case c == '{' || c == '[':
		j.depth++
		defer func() { j.depth-- }()
		if j.depth > jsonDepth {
			return jnode{kind: c}, fmt.Errorf("%w: deeper than %d", errJSONLarge, jsonDepth)
		}
		if c == '{' {
			return j.object(keep)
		}
		return j.array(keep)
	case c == '"':
		s, err := j.str(keep)
		return jnode{kind: '"', s: s}, err
	case c == '-' || c >= '0' && c <= '9' || c == 'N' || c == 'I':
		word := j.word()
		if _, err := strconv.ParseFloat(word, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			return jnode{}, errJSON
		}
		return jnode{kind: '0', s: word}, nil
	case c == 't' || c == 'f' || c == 'n':
		word := j.word()
		if word != "true" && word != "false" && word != "null" {
			return jnode{}, errJSON
		}
		return jnode{kind: c}, nil
	}
	return jnode{}, errJSON
}

func (j *jsonReader) word() string {
	var b []byte
	for {
		c, err := j.r.ReadByte()
		if err != nil {
			break
		}
		if !strings.ContainsRune("+-.", rune(c)) && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			_ = j.r.UnreadByte()
			break
		}
		j.at++
		if len(b) < 64 {
			b = append(b, c)
		}
	}
	return string(b)
}

func (j *jsonReader) object(keep bool) (jnode, error) {
	n := jnode{kind: '{'}
	err := j.eachKey(
		func(string) bool { return keep },
		func(key string, v *jnode) bool {
			if keep && !j.full() {
				n.keys = append(n.keys, key)
				n.kids = append(n.kids, *v)
			}
			return true
		})
	return n, err
}

func (j *jsonReader) array(keep bool) (jnode, error) {
	n := jnode{kind: '['}
	j.byte()
	if j.space() == ']' {
		j.byte()
		return n, nil
	}
	for {
		v, err := j.value(keep)
		if keep && v.kind != 0 && !j.full() {
			n.kids = append(n.kids, v)
		}
		if err != nil {
			return n, err
		}
		switch j.space() {
		case ',':
			j.byte()
		case ']':
			j.byte()
			return n, nil
		default:
			return n, errJSON
		}
	}
}

// str reads a string. What is beyond the budget is passed over.
func (j *jsonReader) str(keep bool) (string, error) {
	j.byte()
	var b []byte
	add := func(c ...byte) {
		switch {
		case !keep:
		case len(b) >= jsonString || j.strings >= j.budget(jsonStrings):
			j.cut = j.cut || !j.minor
		default:
			b = append(b, c...)
			j.strings += len(c)
		}
	}
	var high rune
	for {
		c, err := j.r.ReadByte()
		if err != nil {
			return "", errJSON
		}
		j.at++
		switch {
		case c == '"':
			return string(b), nil
		case c != '\\':
			add(c)
			continue
		}
		c = j.byte()
		if c != 'u' {
			i := strings.IndexByte(`"\/bfnrt`, c)
			if i < 0 {
				return "", errJSON
			}
			add("\"\\/\b\f\n\r\t"[i])
			continue
		}
		r, ok := j.hex()
		if !ok {
			return "", errJSON
		}
		if pair := utf16.DecodeRune(high, r); pair != utf8.RuneError {
			r = pair
		}
		high = 0
		if utf16.IsSurrogate(r) {
			high = r
			continue
		}
		add(utf8.AppendRune(nil, r)...)
	}
}

func (j *jsonReader) hex() (rune, bool) {
	var r rune
	for range 4 {
		c := j.byte()
		i := strings.IndexByte("0123456789abcdef", c|0x20)
		if i < 0 || c == 0 {
			return 0, false
		}
		r = r<<4 | rune(i)
	}
	return r, true
}

// stream reads a piece from its beginning to its end.
func (p piece) stream() io.Reader {
	size := p.size
	if size < 0 {
		size = math.MaxInt64
	}
	return io.NewSectionReader(p.at, 0, size)
}
