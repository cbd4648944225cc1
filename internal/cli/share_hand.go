package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/model/manifest"
)

// ending is the ending of a file's name, in small letters.
func ending(name string) string { return strings.ToLower(filepath.Ext(name)) }

// handout is the file for the links. It is opened before they are made, so that
// none is made for which there is no place.
type handout struct {
	name string
	file *os.File // nil for none
}

// openHandout opens a file beside the one that is meant, which takes its place
// once it is whole. A file that is there already is left alone.
func openHandout(name string) (*handout, error) {
	h := &handout{name: name}
	if name == "" {
		return h, nil
	}
	if _, err := os.Lstat(name); err == nil {
		return nil, fmt.Errorf("write %s: it is there already, and may hold links that are needed; give -o another name", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".overgrant-*") // for its owner alone
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	h.file = f
	return h, nil
}

// write puts the links in place.
func (h *handout) write(c *share.Card) error {
	if h.file == nil {
		return nil
	}
	var err error
	switch ending(h.name) {
	case ".html", ".htm":
		err = c.WritePage(h.file)
	case ".json":
		err = c.WriteList(h.file)
	default:
		err = c.WriteLinks(h.file)
	}
	err = errors.Join(err, h.file.Chmod(0o600), h.file.Sync(), h.file.Close())
	if err == nil {
		err = settle(h.file.Name(), h.name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", h.name, err)
	}
	return nil
}

// settle gives a file its name. It fails if somebody has made one of that name
// meanwhile; where files cannot have two names, as far as can be told.
func settle(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// drop removes what is not in place.
func (h *handout) drop() error {
	if h.file == nil {
		return nil
	}
	_ = h.file.Close() // once more is no harm
	if err := os.Remove(h.file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tidy up: %w", err)
	}
	return nil
}

// signed is the signature of what is shared.
type signed struct {
	bundle []byte // nil without --sign-key
	root   string
}

// sign reads all objects for their digests, if that is asked for, and signs
// them.
func (j *sharer) sign(ctx context.Context, p *share.Plan) (signed, error) {
	if j.signKey == "" && !j.sums {
		return signed{}, nil
	}
	var signer manifest.Signer
	if j.signKey != "" {
		var err error
		if signer, err = (&signing{key: j.signKey}).signer(j.world); err != nil {
			return signed{}, fmt.Errorf("read --sign-key: %w", err)
		}
	}
	var read atomic.Int64
	done := (&manifestTarget{quiet: j.quiet}).progress(j.world, &read)
	m, err := manifest.Build(ctx, p.Name, j.files(p), manifest.BuildOptions{Hash: manifest.SHA256, Notes: manifest.NoteMD5, Workers: remoteJobs,
		Read: func(n int) { read.Add(int64(n)) }})
	done()
	if err != nil {
		return signed{}, fmt.Errorf("read what is to be shared: %w", err)
	}
	sums := map[string]string{}
	for _, r := range m.Resources {
		sums[r.Path] = hex.EncodeToString([]byte(r.Digest))
	}
	for i := range p.Objects {
		p.Objects[i].SHA256 = sums[below(p, p.Objects[i].Name)]
	}
	s := signed{root: m.RootHex()}
	if j.signKey != "" {
		p.Signed = s.root
		if s.bundle, err = manifest.Sign(m, signer, rand.Reader); err != nil {
			return signed{}, err
		}
	}
	return s, nil
}

// below is the name of an object in the model: below the prefix that all share.
func below(p *share.Plan, name string) string {
	common := ""
	if len(p.Objects) > 0 {
		common = path.Dir(p.Objects[0].Name)
	}
	for _, o := range p.Objects {
		for common != "." && !strings.HasPrefix(o.Name, common+"/") {
			common = path.Dir(common)
		}
	}
	return strings.TrimPrefix(name, common+"/")
}

// files yields the objects that are shared as files of a model.
func (j *sharer) files(p *share.Plan) iter.Seq2[manifest.File, error] {
	return func(yield func(manifest.File, error) bool) {
		for _, o := range p.Objects {
			at := j.yard.where[o.Name]
			md5, _ := hex.DecodeString(o.MD5)
			f := manifest.File{
				Path:  below(p, o.Name),
				Noted: manifest.Noted{Size: o.Size, MD5: string(md5), ETag: strings.Trim(at.Tag, `"`), Modified: o.Modified},
				Open:  func(ctx context.Context) (manifest.Content, error) { return j.yard.Content(ctx, at) },
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

// handOut writes the links where they were asked for.
func (j *sharer) handOut(h *handout, p *share.Plan, links []cloud.Minted, s signed) error {
	c := &share.Card{Name: p.Name, Purpose: p.Purpose, Owner: p.Owner, Container: p.At.Container, Form: share.Form(j.out.Scope), Expiry: p.Expiry,
		IP: j.out.IP, Total: p.Total, Listing: share.Listing(strings.Contains(j.out.Rights, "l"))}
	for i := range links {
		f := share.CardFile{Link: links[i].Link.Secret, Object: share.Object{Name: p.Wishes[i].Path, Size: p.Total.Bytes}}
		if c.Form == share.Objects {
			f.Object = p.Objects[i]
			f.Name = below(p, f.Name)
		} else if f.Name == "" {
			f.Name = p.At.Container
		}
		c.Files = append(c.Files, f)
		j.out.IDs = append(j.out.IDs, links[i].Link.ID)
	}
	if s.bundle != nil {
		c.Signature, c.Root = p.Name+".sig", s.root
		j.out.Signature = filepath.Join(filepath.Dir(j.sharing.out), c.Signature)
		if err := writeNew(j.world, j.out.Signature, s.bundle); err != nil {
			return err
		}
	}
	j.out.State = "made"
	c.Reveal = reveal
	if err := h.write(c); err != nil {
		return err
	}
	j.out.File = h.name
	if !j.reveal {
		c.Reveal = nil
	} else {
		for i := range links {
			j.out.Links = append(j.out.Links, reveal(links[i].Link.Secret))
		}
	}
	var text bytes.Buffer
	if err := c.WriteSnippet(&text); err != nil {
		return err
	}
	j.out.Snippet = text.String()
	return nil
}
