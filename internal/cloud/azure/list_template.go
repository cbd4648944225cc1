package azure

import (
	"bytes"

	"github.com/overgrant/overgrant/internal/source"
)

// template is the markup of an entry that was read element by element. The next
// entry mostly has the same, with other values: then it is enough to compare the
// markup and to take what stands between. Equal markup around values without a
// bracket is the same elements, so nothing is read in another way than by the
// scanner.
type template struct {
	text  []byte // of the entry
	gaps  []gap
	proto source.Object // what the markup says by itself
	named bool          // the name is percent-encoded
	taken bool          // the time of the snapshot, not the id of the version, tells it apart
}

// gap is where in a template a value stands, and which.
type gap struct {
	from, to int // of the markup before it
	field    field
}

// maxTemplate bounds the entries whose markup is kept, in bytes.
const maxTemplate = 8 << 10

// recorder notes where the values of an entry stand.
type recorder struct {
	gaps  []gap
	start int
	after int // end of the last value
	off   bool
}

// record begins to note an entry that starts at text[start]. Markup is learned
// as long as it pays.
func (l *listing) record(start int) *recorder {
	r := &l.noting
	*r = recorder{gaps: r.gaps[:0], start: start, after: start, off: l.learned > 16+l.hits/16}
	return r
}

// drop gives up an entry that says something twice, or has a value whose absence
// means something else.
func (r *recorder) drop() { r.off = true }

// value notes a value of n bytes at text[from].
func (r *recorder) value(f field, from, n int) {
	if !r.off {
		r.gaps = append(r.gaps, gap{from: r.after - r.start, to: from - r.start, field: f})
		r.after = from + n
	}
}

// keep makes a template of the entry that ends at text[end], in the place of the
// oldest.
func (l *listing) keep(r *recorder, text []byte, end int, o *source.Object) {
	if r.off || end-r.start > maxTemplate {
		return
	}
	t := &l.templates[l.learned%len(l.templates)]
	l.learned++
	t.text = append(t.text[:0], text[r.start:end]...)
	t.gaps = append(append(t.gaps[:0], r.gaps...), gap{from: r.after - r.start, to: end - r.start})
	t.named, t.taken = l.values.escaped, len(l.values.raw[snapshotField]) > 0
	t.proto = source.Object{Kind: o.Kind, State: o.State}
}

// fast reads the next entry by one of the templates. If none fits, nothing has
// happened.
func (l *listing) fast(s *scanner) bool {
	if l.slow || len(l.objects) >= maxEntries {
		return false
	}
	for i := range l.templates {
		i = (l.recent + i) % len(l.templates)
		t := &l.templates[i]
		if len(t.gaps) == 0 {
			continue
		}
		if end, ok := l.match(t, s.text, s.at); ok {
			s.at = end
			l.recent = i
			l.hits++
			return true
		}
	}
	return false
}

// match reads the entry at b[at] by a template, and returns where it ends.
func (l *listing) match(t *template, b []byte, at int) (end int, ok bool) {
	n := len(l.objects)
	arena, sums := len(l.arena), len(l.sums)
	l.objects = append(l.objects, t.proto)
	o := &l.objects[n]
	last := len(t.gaps) - 1
	for i := range t.gaps {
		g := &t.gaps[i]
		size := g.to - g.from
		if len(b)-at < size || string(b[at:at+size]) != string(t.text[g.from:g.to]) {
			break
		}
		at += size
		if i == last {
			return at, true
		}
		size = bytes.IndexByte(b[at:], '<')
		if size < 0 || !l.take(t, o, g.field, b[at:at+size:at+size]) {
			break
		}
		at += size
	}
	l.objects, l.arena, l.sums = l.objects[:n], l.arena[:arena], l.sums[:sums]
	return 0, false
}

// take puts a value into its place. It fails for what the scanner must look at.
func (l *listing) take(t *template, o *source.Object, f field, v []byte) bool {
	switch f {
	case nameField:
		if len(v) == 0 || len(v) > maxName {
			return false
		}
		if t.named || bytes.IndexByte(v, '&') >= 0 {
			name, err := l.name(v, t.named)
			o.Name = name
			return err == nil
		}
		o.Name = v
	case sizeField:
		var ok bool
		o.Size, ok = number(v)
		return ok
	case modifiedField:
		o.Modified = l.date(v)
	case createdField:
		o.Created = l.date(v)
	case tagField:
		o.Tag = v
		return !hasEntity(v)
	case typeField:
		o.Type = v
		return !hasEntity(v)
	case tierField:
		o.Tier = v
		return !hasEntity(v)
	case md5Field:
		o.MD5 = l.md5(v)
	case versionField:
		if !t.taken {
			o.Version = v
		}
		return len(v) > 0
	case snapshotField:
		o.Version = v
		return len(v) > 0
	}
	return true
}

func hasEntity(v []byte) bool { return bytes.IndexByte(v, '&') >= 0 }

// date is unix, faster for the date that came before.
func (l *listing) date(v []byte) int64 {
	if len(v) != len(l.last.text) {
		return unix(v)
	}
	if string(v) != string(l.last.text[:]) {
		l.last.unix = unix(v)
		copy(l.last.text[:], v)
	}
	return l.last.unix
}
