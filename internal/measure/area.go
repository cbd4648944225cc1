package measure

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// areas counts objects by where they lie: their container and the first folders
// in it. Listings are in order, so the area of a name is nearly always that of
// the name before.
type areas struct {
	t    *totals
	last *overgrant.Area
	from []byte // what a name of last begins with
	all  map[string]*overgrant.Area
}

// Areas reach so deep below the container. A shard names this many of each
// depth, the largest; the others are counted in the folder above them.
const (
	areaDepth = 2
	maxAreas  = 64
)

func (a *areas) of(name []byte) *overgrant.Area {
	folder := folderOf(name)
	if a.last != nil && bytes.Equal(folder, a.from) {
		return a.last
	}
	if a.all == nil {
		a.all = map[string]*overgrant.Area{}
	}
	a.from = append(a.from[:0], folder...)
	at := a.all[string(folder)]
	if at == nil {
		at = &overgrant.Area{}
		a.all[string(folder)] = at
	}
	a.last = at
	if len(a.all) > 1<<16 { // a hostile listing: each name in a folder of its own
		a.fold()
	}
	return a.last
}

// folderOf returns the first folders of a name, with the slash that ends them.
func folderOf(name []byte) []byte {
	end := 0
	for range areaDepth {
		i := bytes.IndexByte(name[end:], '/')
		if i < 0 {
			break
		}
		end += i + 1
	}
	return name[:end]
}

// fold counts all but the largest areas of each depth in the folder above.
func (a *areas) fold() {
	for depth := areaDepth; depth > 0; depth-- {
		var deep []string
		for folder := range a.all {
			if strings.Count(folder, "/") == depth {
				deep = append(deep, folder)
			}
		}
		if len(deep) <= maxAreas {
			continue
		}
		slices.SortFunc(deep, func(x, y string) int {
			return cmp.Or(cmp.Compare(a.all[y].Bytes, a.all[x].Bytes), cmp.Compare(x, y))
		})
		for _, folder := range deep[maxAreas:] {
			above := folder[:strings.LastIndexByte(folder[:len(folder)-1], '/')+1]
			if a.all[above] == nil {
				a.all[above] = &overgrant.Area{}
			}
			a.all[above].Merge(a.all[folder])
			delete(a.all, folder)
		}
	}
	a.last = nil
}

// finish gives the areas to the exposure of the shard.
func (a *areas) finish(to *overgrant.Exposure) {
	a.fold()
	if len(a.all) == 0 {
		return
	}
	to.Areas = make(map[string]*overgrant.Area, len(a.all))
	for folder, at := range a.all {
		name := strings.TrimSuffix(a.t.m.place(a.t.in, folder).Path, "/")
		if old := to.Areas[name]; old != nil {
			old.Merge(at)
			continue
		}
		to.Areas[name] = at
	}
}
