package git

import (
	"bytes"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
)

// mostSubmodules bounds how many submodules are named.
const mostSubmodules = 1000

// submodules names the repositories that HEAD has inside: their history is not
// in this one, and is not read. Where they are checked out, they lie below
// modules in the folder of this one, for whoever walks the files to meet.
func (s *Source) submodules() {
	for set := range settings(s.modules()) {
		if set.section != "submodule" || set.name != "path" {
			continue
		}
		what := overgrant.Skipped{Reason: "submodule", Detail: "a repository of its own", Benign: true}
		what.Place.Path = set.value
		s.skip(what)
		if len(s.skipped) >= mostSubmodules {
			return
		}
	}
}

// modules reads .gitmodules as HEAD has it.
func (s *Source) modules() []byte {
	for _, t := range s.refs.tips {
		if !t.head {
			continue
		}
		kind, data, err := s.store.Get(t.id)
		if err != nil || kind != gitpack.Commit {
			return nil
		}
		line, _ := cut(data, '\n')
		tree, _, ok := cutID(bytes.TrimPrefix(line, []byte("tree ")))
		if !ok {
			return nil
		}
		_, data, err = s.store.Get(tree)
		for err == nil && len(data) > 0 {
			e, ok := parseEntry(data, s.layout.format.Size())
			if !ok {
				return nil
			}
			if string(e.name) == ".gitmodules" {
				id, _ := gitpack.IDFrom(data[e.size-s.layout.format.Size() : e.size])
				_, text, _ := s.store.Get(id)
				return text
			}
			data = data[e.size:]
		}
		return nil
	}
	return nil
}
