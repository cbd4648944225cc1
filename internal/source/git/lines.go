package git

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// lines fills in the lines of sightings in files that came without. Each file
// is read once.
func (t *trace) lines() {
	var without []int
	for i := range t.found {
		s := &t.found[i].Sighting
		if s.Line == 0 && s.Object != "" && s.Part == "" && !strings.Contains(s.Path, "!") {
			without = append(without, i)
		}
	}
	slices.SortFunc(without, func(a, b int) int {
		x, y := &t.found[a].Sighting, &t.found[b].Sighting
		return cmp.Or(strings.Compare(x.Object, y.Object), cmp.Compare(x.Span[0], y.Span[0]))
	})
	var object string
	var data []byte
	var line, at, start int
	for _, i := range without {
		s := &t.found[i].Sighting
		if s.Object != object {
			object, data = s.Object, nil
			line, at, start = 1, 0, 0
			if id, err := gitpack.ParseID(object); err == nil {
				_, data, _ = t.source.store.Get(id)
			}
		}
		if s.Span[0] > int64(len(data)) || data == nil {
			continue
		}
		part := data[at:s.Span[0]]
		if n := bytes.Count(part, []byte{'\n'}); n > 0 {
			line += n
			start = at + bytes.LastIndexByte(part, '\n') + 1
		}
		at = int(s.Span[0])
		s.Line, s.Column = line, at-start+1
	}
}
