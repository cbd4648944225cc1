package fake

import "strings"

// child is an entry of a directory: another, or a file.
type child struct {
	name   string // from the root
	folder bool
	file   Object
}

// children returns a page of what is in a directory, "" or one that ends in a
// slash: its own entries, or all below it. next is where to go on, empty at the
// end. Directories are there because something is in them, or as objects in
// State Folder.
func (c *container) children(dir, from string, most int, deep bool) (all []child, next string) {
	name, skip := readMarker(from)
	a := ask{prefix: dir, from: max(name, dir)}
	a.shown[Current], a.shown[Folder] = true, true
	w := walk{c: c, a: &a, i: c.seek(a.from), e: c.seekObject(a.from)}
	for {
		name, ok := w.peek()
		if !ok || !strings.HasPrefix(name, dir) {
			return all, ""
		}
		before := c.previous(name)
		entries := c.folders(dir, before, name)
		if slash := strings.IndexByte(name[len(dir):], '/'); slash >= 0 && !deep {
			entries = []child{{name: name[:len(dir)+slash], folder: true}}
			w.behind(name[:len(dir)+slash+1])
		} else {
			for _, o := range w.take(name) {
				entries = append(entries, child{name: name, folder: o.State == Folder, file: o})
			}
		}
		for k := skip; k < len(entries); k++ {
			if len(all) == most {
				return all, marker(name, k)
			}
			all = append(all, entries[k])
		}
		skip = 0
	}
}

// behind goes on behind all names with a prefix.
func (w *walk) behind(prefix string) {
	next := above(prefix)
	w.i, w.e = w.c.seek(next), w.c.seekObject(next)
}

// folders returns the directories below dir that name is the first to lie in,
// where before is the name that stands before it.
func (c *container) folders(dir, before, name string) (all []child) {
	for k := len(dir); k < len(name); k++ {
		if name[k] != '/' || strings.HasPrefix(before, name[:k+1]) {
			continue
		}
		if o, ok := c.find(name[:k], ""); ok && o.State == Folder {
			continue
		}
		all = append(all, child{name: name[:k], folder: true})
	}
	return all
}

// previous returns the last name below name; empty if it is the first.
func (c *container) previous(name string) string {
	last := ""
	if i := c.seek(name); i > 0 {
		last = string(c.cycle.shape.name(nil, i-1))
	}
	if e := c.seekObject(name); e > 0 {
		last = max(last, c.objects[e-1].Name)
	}
	return last
}

// isFolder reports whether path is a directory.
func (c *container) isFolder(path string) bool {
	if path == "" {
		return true
	}
	if o, ok := c.find(path, ""); ok {
		return o.State == Folder
	}
	all, _ := c.children(path+"/", "", 1, false)
	return len(all) > 0
}
