package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/model/manifest"
)

// remoteModel is a model behind a link.
type remoteModel struct {
	from   source.Lister
	prefix string
	gaps   []overgrant.Skipped // what could not be listed

	names    []string          // of files that were signed, to ask for where nothing is listed
	unsigned manifest.Unsigned // whether others matter
	asked    bool              // the names were asked for
	met      bool              // what the prefix names was listed
}

// giving is who takes the objects of a link.
type giving struct {
	several bool // containers are reached: names begin with theirs
	yield   func(manifest.File, error) bool
}

// files yields the objects that the link reaches, earlier versions among them.
// Where it reads and does not list, those are asked for whose names are known.
func (r *remoteModel) files(ctx context.Context) iter.Seq2[manifest.File, error] {
	return func(yield func(manifest.File, error) bool) {
		todo, give := []source.Range{{}}, giving{yield: yield}
		listed := false
		for len(todo) > 0 {
			at := todo[0]
			todo = todo[1:]
			if at.Container != "" {
				if r.onlyOne(at) {
					continue
				}
				listed = true
				if more := r.list(ctx, at, give); !more {
					return
				}
				continue
			}
			e, err := r.from.Expand(ctx, at)
			if err != nil {
				yield(manifest.File{}, err)
				return
			}
			for _, gap := range e.Gaps {
				r.gap(gap)
			}
			for _, in := range e.Ranges {
				if in.Service == "queue" || in.Service == "table" {
					continue
				}
				give.several = give.several || in.Container == ""
				todo = append(todo, in)
			}
		}
		if !listed {
			r.known(ctx, give.yield)
		}
	}
}

func (r *remoteModel) gap(s overgrant.Skipped) {
	if !s.Benign {
		r.gaps = append(r.gaps, s)
	}
}

// list yields the objects of a container.
func (r *remoteModel) list(ctx context.Context, at source.Range, give giving) (more bool) {
	in := within{at: at, below: r.prefix}
	if give.several {
		container, rest, _ := strings.Cut(r.prefix, "/")
		if r.prefix != "" && container != at.Container {
			return true
		}
		if in.below = rest; r.prefix == "" {
			in.head = at.Container + "/"
		}
	}
	if in.below != "" && at.Prefix == "" && at.Marker == "" {
		in.at.Prefix = in.below + "/"
	}
	found, more := r.pages(ctx, in, give)
	r.met = r.met || found > 0
	if !more || found > 0 || in.at.Prefix == at.Prefix {
		return more
	}
	// It is no folder: it may be an object. In a listing of what begins with its name
	// it is the first.
	in.at.Prefix, in.first = in.below, true
	if k, ok := r.from.(source.Knower); ok && at.Service == "file" {
		in.at, ok = k.Known(at.Container, in.below)
		if !ok {
			return true
		}
	}
	found, more = r.pages(ctx, in, give)
	r.met = r.met || found > 0
	return more
}

// within says which objects of a range belong to the model.
type within struct {
	at    source.Range
	below string // the prefix, without the container
	head  string // before each name
	first bool   // one page is enough
}

// pages yields the objects of a range, and counts them.
func (r *remoteModel) pages(ctx context.Context, in within, give giving) (found int, more bool) {
	for page, err := range r.from.Pages(ctx, in.at) {
		var skip *source.Skip
		switch {
		case errors.As(err, &skip):
			r.gap(skip.Skipped)
			continue
		case err != nil:
			give.yield(manifest.File{}, err)
			return found, false
		}
		for _, o := range page.Objects {
			if o.State == source.Folder || o.Kind == 'm' || o.Kind == 'e' {
				continue
			}
			name, belongs := under(string(o.Name), in.at.Prefix, in.below)
			if !belongs || in.first && string(o.Name) != in.below {
				continue
			}
			found++
			if !give.yield(r.file(in.at, o, in.head+name), nil) {
				return found, false
			}
		}
		if in.first {
			break
		}
	}
	return found, true
}

// under returns the name of an object in the model: below the folder that the
// link is for, and below the one that the user named.
func under(name, folder, below string) (string, bool) {
	if name == folder { // the link, or the prefix, is for this object
		return path.Base(name), true
	}
	if below != "" {
		return strings.CutPrefix(name, below+"/")
	}
	return strings.CutPrefix(name, folder)
}

// told writes what could not be listed, and returns it.
func (r *remoteModel) told(w World) []overgrant.Skipped {
	if r == nil {
		return nil
	}
	r.settle()
	for _, g := range r.gaps {
		where := pipeline.Redact(g.Place.Path)
		if where != "" {
			where += ": "
		}
		fmt.Fprintf(w.Err, "overgrant: %s%s: %s\n", where, g.Reason, pipeline.Redact(g.Detail))
	}
	return r.gaps
}

// settle forgets services that are not asked because no host of theirs is known,
// where what the prefix names was found in another.
func (r *remoteModel) settle() {
	if r.prefix == "" || !r.met {
		return
	}
	kept := r.gaps[:0]
	for _, g := range r.gaps {
		if g.Reason != "service not asked" {
			kept = append(kept, g)
		}
	}
	r.gaps = kept
}
