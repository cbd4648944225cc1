package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/model/manifest"
)

// place returns where an object of the model is. A name in a model of several
// containers begins with that of its own.
func (r *remoteModel) place(name string) (source.Range, bool) {
	k, ok := r.from.(source.Knower)
	if !ok {
		return source.Range{}, false
	}
	full := strings.Trim(r.prefix+"/"+name, "/")
	if at, ok := k.Known("", full); ok {
		return at, true
	}
	container, rest, _ := strings.Cut(full, "/")
	return k.Known(container, rest)
}

// onlyOne reports whether a range is one object of several that were signed and
// can be asked for: the link reads a whole container, and its address names the
// object.
func (r *remoteModel) onlyOne(at source.Range) bool {
	if at.Marker == "" || len(r.names) == 0 {
		return false
	}
	_, ok := r.place(r.names[0])
	return ok
}

// known yields the files that were signed as they are now, each asked for by its
// name: several at once, in the order of the names. That others were added shows
// nowhere, which is a gap.
func (r *remoteModel) known(ctx context.Context, yield func(manifest.File, error) bool) {
	if len(r.names) == 0 {
		return
	}
	if _, ok := r.place(r.names[0]); !ok {
		return
	}
	r.asked = true
	r.blind()
	for names := r.names; len(names) > 0; {
		some := names[:min(remoteJobs, len(names))]
		names = names[len(some):]
		var got [remoteJobs]struct {
			file manifest.File
			err  error
		}
		var busy sync.WaitGroup
		for i, name := range some {
			busy.Go(func() { got[i].file, got[i].err = r.ask(ctx, name) })
		}
		busy.Wait()
		for i := range some {
			switch g := got[i]; {
			case errors.Is(g.err, errNotThere):
				continue
			case !yield(g.file, g.err):
				return
			}
		}
	}
}

// errNotThere says that there is no object of a name.
var errNotThere = errors.New("it is not there")

// ask asks for one file by its name. One that is refused can be yielded, and not
// read.
func (r *remoteModel) ask(ctx context.Context, name string) (f manifest.File, err error) {
	at, ok := r.place(name)
	if !ok {
		return unaskable(name, errors.New("the link does not open it")), nil
	}
	err = errNotThere
	for page, fault := range r.from.Pages(ctx, at) {
		var skip *source.Skip
		switch {
		case errors.As(fault, &skip) && skip.Reason == "not there":
		case errors.As(fault, &skip):
			f, err = unaskable(name, fmt.Errorf("%s: %s", skip.Reason, skip.Detail)), nil
		case fault != nil:
			return manifest.File{}, fault
		default:
			for _, o := range page.Objects {
				f, err = r.file(at, o, name), nil
			}
		}
	}
	return f, err
}

// unaskable is a file of which nothing is known.
func unaskable(name string, why error) manifest.File {
	return manifest.File{
		Path: name, Noted: manifest.Noted{Size: -1},
		Open: func(context.Context) (manifest.Content, error) { return nil, why },
	}
}

// blind turns the gaps of a link that does not list into one: all that was signed
// was asked for, and only what was added is unknown.
func (r *remoteModel) blind() {
	r.gaps = nil
	if r.unsigned == manifest.TolerateUnsigned {
		return
	}
	r.gap(overgrant.Skipped{
		Reason: "not listable",
		Detail: "the files that were signed were asked for by their names; whether others were added this link cannot tell (--ignore-unsigned does without)",
	})
}
