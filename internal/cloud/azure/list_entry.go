package azure

import (
	"bytes"
	"fmt"

	"github.com/overgrant/overgrant/internal/source"
)

// field is a part of an entry that is read.
type field uint8

const (
	unread field = iota
	nameField
	sizeField
	modifiedField
	createdField
	tagField
	md5Field
	typeField
	tierField
	versionField
	snapshotField
	currentField
	deletedField
	kindField
	resourceField
	fields // how many
)

// fieldOf returns what an element of an entry says. Sources: "List Blobs", "List
// Containers", "List Shares", "List Directories and Files", "List Queues".
func fieldOf(name []byte, in section) field {
	if in == entrySection {
		switch string(name) {
		case "Name":
			return nameField
		case "Snapshot":
			return snapshotField
		case "VersionId", "Version":
			return versionField
		case "IsCurrentVersion":
			return currentField
		case "Deleted", "HasVersionsOnly":
			return deletedField
		}
		return unread
	}
	switch string(name) {
	case "Content-Length":
		return sizeField
	case "Last-Modified", "LastWriteTime":
		return modifiedField
	case "Creation-Time", "CreationTime":
		return createdField
	case "Etag":
		return tagField
	case "Content-MD5":
		return md5Field
	case "Content-Type":
		return typeField
	case "AccessTier":
		return tierField
	case "BlobType":
		return kindField
	case "ResourceType":
		return resourceField
	}
	return unread
}

// section says where in an entry an element stands.
type section bool

const (
	entrySection      section = false
	propertiesSection section = true
)

// constant reports whether an element has the same value in most entries.
func constant(name []byte, f field) bool {
	switch f {
	case currentField, deletedField, kindField, resourceField:
		return true
	case unread:
		switch string(name) {
		case "LeaseStatus", "LeaseState", "ServerEncrypted", "AccessTierInferred", "OrMetadata":
			return true
		}
	}
	return false
}

// listing is one page of a list as it was read. It is used again for the next.
type listing struct {
	objects []source.Object
	marker  []byte // where the service says to go on, as a part of the text or of the arena
	arena   []byte // names that had to be decoded
	sums    []byte // checksums
	unsized int    // objects whose size cannot be read, and is taken for 0

	templates [4]template
	recent    int  // the template that fitted last
	slow      bool // every entry is read element by element
	learned   int
	hits      int
	last      memo
	values    values
	noting    recorder
}

// values are the fields of one entry, as written.
type values struct {
	raw     [fields][]byte
	seen    uint32 // which fields, a bit each
	escaped bool   // the name is percent-encoded
	folder  bool   // a prefix or a directory
	file    bool
}

// memo keeps the last date, which the next entry often has too.
type memo struct {
	text [29]byte
	unix int64
}

// parse reads a page. What it returned before is no longer valid.
func (l *listing) parse(text []byte) error {
	l.objects, l.arena, l.sums, l.marker = l.objects[:0], l.arena[:0], l.sums[:0], nil
	l.learned, l.hits, l.unsized = 0, 0, 0
	if len(text) > maxPage {
		return fmt.Errorf("%w: it has more than %d bytes", errListing, maxPage)
	}
	s := scanner{text: text}
	root, err := s.next()
	if err != nil {
		return err
	}
	if string(root.name) != "EnumerationResults" {
		return fmt.Errorf("%w: it begins with the element %.40q", errListing, root.name)
	}
	if root.form == empty {
		return nil
	}
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		if t.form == closing {
			if !bytes.Equal(t.name, root.name) {
				return s.fail("an element ends that did not begin")
			}
			return nil
		}
		if err := l.part(&s, t); err != nil {
			return err
		}
	}
}

// part reads one element of the root.
func (l *listing) part(s *scanner, t tag) error {
	switch string(t.name) {
	case "Blobs", "Containers", "Shares", "Queues", "Entries":
		if t.form == empty {
			return nil
		}
		return l.entries(s, t)
	case "NextMarker":
		text, ok, err := s.value(t)
		if err != nil || !ok {
			return err
		}
		l.marker, err = l.plain(text)
		return err
	}
	_, _, err := s.value(t)
	return err
}

// plain returns text with its entities undone.
func (l *listing) plain(text []byte) ([]byte, error) {
	if bytes.IndexByte(text, '&') < 0 {
		return text, nil
	}
	start := len(l.arena)
	var err error
	l.arena, err = decode(l.arena, text)
	return l.arena[start:len(l.arena):len(l.arena)], err
}

// entries reads all entries up to the end of the element that holds them.
func (l *listing) entries(s *scanner, all tag) error {
	for {
		if l.fast(s) {
			continue
		}
		start := s.at
		t, err := s.next()
		if err != nil {
			return err
		}
		if t.form == closing {
			if !bytes.Equal(t.name, all.name) {
				return s.fail("an element ends that did not begin")
			}
			return nil
		}
		if len(l.objects) >= maxEntries {
			return fmt.Errorf("%w: it has more than %d entries", errListing, maxEntries)
		}
		if t.form == empty {
			continue
		}
		if err := l.entry(s, t, start); err != nil {
			return err
		}
	}
}

// entry reads one entry element by element, and keeps its form for those that
// follow.
func (l *listing) entry(s *scanner, t tag, start int) error {
	v := &l.values
	*v = values{}
	switch string(t.name) {
	case "BlobPrefix", "Directory":
		v.folder = true
	case "File":
		v.file = true
	case "Blob", "Container", "Share", "Queue":
	default:
		return s.skip(t)
	}
	rec := l.record(start)
	if err := l.section(s, t, entrySection, rec); err != nil {
		return err
	}
	if err := l.add(v); err != nil {
		return err
	}
	l.keep(rec, s.text, s.at, &l.objects[len(l.objects)-1])
	return nil
}

// section reads the elements of an entry, or those of its properties.
func (l *listing) section(s *scanner, t tag, in section, rec *recorder) error {
	for {
		e, err := s.next()
		if err != nil {
			return err
		}
		if e.form == closing {
			if !bytes.Equal(e.name, t.name) {
				return s.fail("an element ends that did not begin")
			}
			return nil
		}
		if in == entrySection && e.form == opening && string(e.name) == "Properties" {
			if err := l.section(s, e, propertiesSection, rec); err != nil {
				return err
			}
			continue
		}
		f := fieldOf(e.name, in)
		from := s.at
		text, ok, err := s.value(e)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if f == nameField {
			l.values.escaped = bytes.Contains(e.attrs, []byte(`Encoded="true"`))
		}
		if f == deletedField && string(text) != "true" {
			continue
		}
		if f != unread && l.values.seen&(1<<f) != 0 || len(text) == 0 && (f == versionField || f == snapshotField) {
			rec.drop()
		}
		l.values.seen |= 1 << f
		l.values.raw[f] = text
		if e.form == opening && !constant(e.name, f) {
			rec.value(f, from, len(text))
		}
	}
}

// add makes an object of the values.
func (l *listing) add(v *values) error {
	o := source.Object{Type: v.raw[typeField], Tier: v.raw[tierField]}
	var err error
	if o.Name, err = l.name(v.raw[nameField], v.escaped); err != nil {
		return err
	}
	for _, at := range []*[]byte{&o.Type, &o.Tier} {
		if *at, err = l.plain(*at); err != nil {
			return err
		}
	}
	if o.Tag, err = l.plain(v.raw[tagField]); err != nil {
		return err
	}
	var sized bool
	if o.Size, sized = number(v.raw[sizeField]); !sized && !v.folder && v.seen&(1<<sizeField) != 0 {
		l.unsized++
	}
	o.Modified, o.Created = unix(v.raw[modifiedField]), unix(v.raw[createdField])
	o.MD5 = l.md5(v.raw[md5Field])
	o.Version = v.raw[versionField]
	if snapshot := v.raw[snapshotField]; len(snapshot) > 0 {
		o.Version = snapshot
	}
	o.Kind, o.State = v.kind(), v.state()
	l.objects = append(l.objects, o)
	return nil
}

// name decodes a name. Most stand in the page as they are.
func (l *listing) name(raw []byte, escaped bool) ([]byte, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: an entry has no name", errListing)
	}
	name, err := l.plain(raw)
	if escaped && err == nil {
		start := len(l.arena)
		l.arena = append(l.arena, unescape(string(name))...)
		name = l.arena[start:len(l.arena):len(l.arena)]
	}
	if len(name) > maxName {
		return nil, fmt.Errorf("%w: a name has more than %d bytes", errListing, maxName)
	}
	return name, err
}

// md5 decodes a checksum, nil for what is none.
func (l *listing) md5(text []byte) []byte {
	start := len(l.sums)
	sums, ok := appendMD5(l.sums, text)
	if !ok {
		return nil
	}
	l.sums = sums
	return sums[start : start+md5Size : start+md5Size]
}

func (v *values) kind() byte {
	switch string(v.raw[kindField]) {
	case "BlockBlob":
		return 'b'
	case "PageBlob":
		return 'p'
	case "AppendBlob":
		return 'a'
	}
	if v.file {
		return 'f'
	}
	return 0
}

// state tells a current object from what else a listing holds. Where versions
// are kept, the current one is marked, and has the id of a version too.
func (v *values) state() source.State {
	switch {
	case string(v.raw[deletedField]) == "true":
		return source.Deleted
	case v.folder || string(v.raw[resourceField]) == "directory":
		return source.Folder
	case len(v.raw[snapshotField]) > 0:
		return source.Snapshot
	case len(v.raw[versionField]) > 0 && string(v.raw[currentField]) != "true":
		return source.Version
	}
	return source.Current
}
