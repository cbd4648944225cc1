package manifest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ParseStatement reads an in-toto statement on a model, as Statement writes it.
// Nothing says who made it: it is for manifests that were not signed yet. It
// fails with ErrSyntax, ErrOld or ErrTooLarge.
func ParseStatement(data []byte, l Limits) (*Manifest, error) {
	l = l.orDefault()
	if int64(len(data)) > l.Bytes {
		return nil, fmt.Errorf("read the statement: %w: more than %d bytes", ErrTooLarge, l.Bytes)
	}
	p := &parsing{walker: newWalker(bytes.NewReader(data)), most: l.Resources, m: &Manifest{}}
	if err := p.statement(); err != nil {
		if !errors.Is(err, ErrOld) && !errors.Is(err, ErrTooLarge) {
			err = fmt.Errorf("%w: %w", ErrSyntax, unended(err))
		}
		return nil, fmt.Errorf("read the statement: %w", err)
	}
	return p.m, nil
}

// unended says in words that JSON ends too soon.
func unended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too soon")
	}
	return err
}

// parsing is a statement on its way to a manifest.
type parsing struct {
	walker
	most int
	m    *Manifest

	kind, predicate, method, root string
	subjects                      int
	serialization, resources      bool   // were met
	hash, algorithm               string // of serialization, of the resources
	names                         map[string]struct{}
}

func (p *parsing) statement() error {
	err := p.object(func(name string) error {
		switch name {
		case "_type":
			return p.text(&p.kind)
		case "predicateType":
			return p.text(&p.predicate)
		case "subject":
			return p.array(p.subject)
		case "predicate":
			return p.object(p.inPredicate)
		}
		return p.skip()
	})
	switch {
	case p.predicate == oldPredicate:
		return ErrOld
	case err != nil:
		return err
	}
	if err := p.end(); err != nil {
		return err
	}
	return p.settle()
}

// settle makes sure that what was read belongs together.
func (p *parsing) settle() error {
	switch {
	case p.kind != statementType:
		return fmt.Errorf("_type %q: want %s", p.kind, statementType)
	case p.predicate != predicateType:
		return fmt.Errorf("predicateType %q: want %s", p.predicate, predicateType)
	case p.subjects != 1:
		return fmt.Errorf("it has %d subjects; want one", p.subjects)
	case !p.serialization:
		return errors.New("it does not say how the files were read: serialization is missing")
	case !p.resources:
		return errors.New("resources are missing")
	case len(p.m.Resources) == 0:
		return errors.New("it covers no file")
	case p.root != p.m.RootHex():
		return errors.New("the digest of the model is not that of its resources")
	}
	var err error
	if p.m.Hash, err = ParseHash(p.hash); err != nil {
		return err
	}
	if p.algorithm != p.hash {
		return fmt.Errorf("resources have algorithm %q where serialization has %q", p.algorithm, p.hash)
	}
	switch p.method {
	case methodFiles:
		if p.m.ShardSize != 0 {
			return errors.New("shard_size stands without shards")
		}
	case methodShards:
		if p.m.ShardSize <= 0 {
			return fmt.Errorf("shard_size %d: want 1 or more", p.m.ShardSize)
		}
	default:
		return fmt.Errorf("method %q: want files or shards", p.method)
	}
	p.names = make(map[string]struct{}, len(p.m.Resources))
	for i := range p.m.Resources {
		if err := p.settleResource(&p.m.Resources[i]); err != nil {
			return err
		}
	}
	return p.m.whole()
}

// whole makes sure that the shards of each file cover all of it.
func (m *Manifest) whole() error {
	if m.ShardSize == 0 {
		return nil
	}
	type span struct{ bytes, end int64 }
	spans := map[string]span{}
	for _, r := range m.Resources {
		s := spans[r.Path]
		spans[r.Path] = span{s.bytes + r.End - r.Start, max(s.end, r.End)}
	}
	for path, s := range spans {
		if s.bytes != s.end { // they begin at multiples of the size, each once
			return fmt.Errorf("resource %q: its shards leave bytes out", path)
		}
	}
	return nil
}

// settleResource checks a resource against the method, which may stand behind it.
func (p *parsing) settleResource(r *Resource) error {
	if len(r.Digest) != p.m.Hash.Size() {
		return fmt.Errorf("resource %q: its digest has %d bytes; want %d", r.Path, len(r.Digest), p.m.Hash.Size())
	}
	if _, twice := p.names[r.Path]; twice {
		return fmt.Errorf("resource %q stands twice", r.Path)
	}
	p.names[r.Path] = struct{}{}
	if p.m.ShardSize > 0 {
		if err := r.cut(p.m.ShardSize); err != nil {
			return err
		}
	}
	if err := checkSigned(r.Path); err != nil {
		return fmt.Errorf("resource: %w", err)
	}
	return nil
}

// cut takes the range off the name of a shard. Names may hold colons.
func (r *Resource) cut(size int64) error {
	name := r.Path
	head, end, ok := cutLast(name)
	path, start, ok2 := cutLast(head)
	if !ok || !ok2 {
		return fmt.Errorf("resource %q: want PATH:START:END", name)
	}
	r.Path, r.Start, r.End = path, start, end
	if start%size != 0 || end <= start || end-start > size {
		return fmt.Errorf("resource %q: not a shard of %d bytes", name, size)
	}
	return nil
}

// cutLast cuts a decimal number off, with the colon before it.
func cutLast(s string) (head string, n int64, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.ParseInt(s[i+1:], 10, 64)
	return s[:i], n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s[i+1:]
}

func (p *parsing) subject() error {
	p.subjects++
	if p.subjects > 1 {
		return p.skip()
	}
	return p.object(func(name string) error {
		switch name {
		case "name":
			return p.text(&p.m.Name)
		case "digest":
			return p.object(func(name string) error {
				if name == string(SHA256) {
					return p.text(&p.root)
				}
				return p.skip()
			})
		}
		return p.skip()
	})
}

func (p *parsing) inPredicate(name string) error {
	switch name {
	case "serialization":
		p.serialization = true
		return p.object(p.inSerialization)
	case "resources":
		p.resources = true
		return p.array(p.resource)
	}
	return p.skip()
}

func (p *parsing) inSerialization(name string) error {
	switch name {
	case "method":
		return p.text(&p.method)
	case "hash_type":
		return p.text(&p.hash)
	case "shard_size":
		return p.number(&p.m.ShardSize)
	case "allow_symlinks":
		return p.truth(&p.m.FollowsLinks)
	case "ignore_paths":
		return p.array(func() error {
			var path string
			if err := p.text(&path); err != nil {
				return err
			}
			if len(p.m.Ignored) == p.most {
				return fmt.Errorf("%w: more than %d paths left out", ErrTooLarge, p.most)
			}
			p.m.Ignored = append(p.m.Ignored, strings.TrimSuffix(path, "/"))
			return nil
		})
	}
	return p.skip()
}

func (p *parsing) resource() error {
	if len(p.m.Resources) == p.most {
		return fmt.Errorf("%w: more than %d resources", ErrTooLarge, p.most)
	}
	r := Resource{End: -1}
	var algorithm, digest string
	err := p.object(func(name string) error {
		switch name {
		case "name":
			return p.text(&r.Path)
		case "algorithm":
			return p.text(&algorithm)
		case "digest":
			return p.text(&digest)
		case "annotations":
			var err error
			r.Noted, err = p.noted()
			return err
		}
		return p.skip()
	})
	if err != nil {
		return err
	}
	raw, err := hex.DecodeString(digest)
	if err != nil || digest == "" || digest != strings.ToLower(digest) {
		return fmt.Errorf("resource %q: its digest is not lower-case hexadecimal", r.Path)
	}
	if len(p.m.Resources) == 0 {
		p.algorithm = algorithm
	}
	if algorithm != p.algorithm {
		return fmt.Errorf("resource %q: algorithm %q where others have %q", r.Path, algorithm, p.algorithm)
	}
	r.Digest = string(raw)
	p.m.Resources = append(p.m.Resources, r)
	return nil
}

// noted reads annotations. Those of others are passed over, in whatever form;
// ours that cannot be read are not known.
func (p *parsing) noted() (*Noted, error) {
	t, err := p.d.Token()
	if err != nil || t != json.Delim('{') {
		if t == json.Delim('[') {
			return nil, errors.New("want an object")
		}
		return nil, err
	}
	n, ours := Noted{Size: -1}, false
	err = p.members(func(name string) error {
		value, err := p.scalar()
		ours = n.take(name, value) || ours
		return err
	})
	if err != nil || !ours {
		return nil, err
	}
	return &n, nil
}

// md5Size is how many bytes an MD5 has.
const md5Size = 16

// take takes an annotation if it is one of ours.
func (n *Noted) take(name string, value json.Token) bool {
	text, _ := value.(string)
	switch name {
	case "overgrant.size":
		number, _ := value.(json.Number)
		if size, ok := integer(number); ok && size >= 0 {
			n.Size = size
		}
	case "overgrant.etag":
		n.ETag = text
	case "overgrant.version":
		n.Version = text
	case "overgrant.md5":
		if sum, err := base64.StdEncoding.DecodeString(text); err == nil && len(sum) == md5Size {
			n.MD5 = string(sum)
		}
	case "overgrant.modified":
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			n.Modified = at.UTC()
		}
	default:
		return false
	}
	return true
}
