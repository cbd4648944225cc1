package disk

import (
	"io"
	"time"
)

// node is a file in a tree of folders.
type node struct {
	id       uint64 // its number, the same under each of its names; 0 where it has none
	links    int    // how many names it has
	dir      bool
	size     int64
	modified time.Time
	link     string
	open     func() (io.ReaderAt, error) // nil for folders and what has no bytes
}

// tree is a file system whose folders are read one by one.
type tree struct {
	w     *walk
	read  func(folder node, each func(name string, n node, err error) error) error // calls each for every entry but . and ..
	dirs  map[uint64]bool                                                          // folders that were seen, so that none leads back
	files map[uint64]bool                                                          // files of several names that were yielded
	held  int64
}

// folder is one that is yet to be read.
type folder struct {
	path  string
	depth int
	node  node
}

// list yields all that is below root. The folders to come are a stack, so that
// what lies near is read near in time.
func (t *tree) list(root node) error {
	t.dirs, t.files = map[uint64]bool{root.id: true}, map[uint64]bool{}
	stack := []folder{{node: root}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		t.held -= int64(160 + len(at.path))
		first := len(stack)
		err := t.read(at.node, func(name string, n node, err error) error {
			path := at.path + element(name)
			if err != nil {
				return t.w.gap(err, path)
			}
			again, err := t.seen(n)
			if err != nil {
				return err
			}
			if n.dir {
				if again {
					return t.w.gap(&Gap{Reason: Corrupt, Detail: "a folder that leads back"}, path)
				}
				if stack, err = t.push(stack, folder{path + "/", at.depth + 1, n}); err != nil {
					return err
				}
			}
			return t.w.file(File{Path: path, Size: n.size, Modified: n.modified, Dir: n.dir, Again: again, Link: n.link, open: n.open})
		})
		if err != nil {
			if err := t.w.gap(err, at.path); err != nil {
				return err
			}
		}
		reverse(stack[first:])
	}
	return nil
}

func reverse(s []folder) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

// push puts a folder on the stack, unless it lies too deep.
func (t *tree) push(stack []folder, f folder) ([]folder, error) {
	if f.depth > t.w.lim.Depth || len(f.path) > longestPath {
		return stack, t.w.out(File{}, &Gap{Path: f.path, Reason: Limit, Detail: "folders inside folders"})
	}
	if t.held += int64(160 + len(f.path)); t.held > t.w.lim.Held {
		return stack, exhausted("memory for folders")
	}
	return append(stack, f), nil
}

// seen reports whether n was yielded before, under another name.
func (t *tree) seen(n node) (bool, error) {
	seen := t.files
	switch {
	case n.id == 0:
		return false, nil
	case n.dir:
		seen = t.dirs
	case n.links < 2:
		return false, nil
	}
	if seen[n.id] {
		return true, nil
	}
	seen[n.id] = true
	if t.held += 16; t.held > t.w.lim.Held {
		return false, exhausted("memory for folders")
	}
	return false, nil
}
