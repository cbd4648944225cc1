package measure

import (
	"bytes"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
)

// roots counts things that are made of many files: backups, profiles. Listings
// are in order, so the root of a name is nearly always that of the name before.
type roots struct {
	in    string // what the names begin with, to tell those of other containers apart
	class *classify.Class
	last  []byte
}

// count counts the thing that a file of the class belongs to, once.
func (r *roots) count(held *overgrant.ClassHeld, c *classify.Class, name []byte) {
	if c.Root == nil {
		return
	}
	if r.class == c && len(r.last) > 0 && bytes.HasPrefix(name, r.last) && len(name) > len(r.last) && isSeparator(name[len(r.last)]) {
		return
	}
	root := c.Root(name)
	r.class, r.last = c, append(r.last[:0], root...)
	held.Items.Join(spread(append([]byte(r.in), root...)))
	held.Count, _ = held.Items.Count()
	held.Unit = c.Unit
}

func isSeparator(b byte) bool { return b == '/' || b == '\\' || b == '!' }
