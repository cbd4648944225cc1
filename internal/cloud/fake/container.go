package fake

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"
	"time"
)

// Container is a container of blobs: those of a Kind, made by rule, and those
// that Objects names. The zero value of every field but Name is fine.
type Container struct {
	Name      string
	Kind      Kind
	Blobs     int64 // how many are made by rule
	Objects   []Object
	Public    string // what anybody may do: "", blob, container
	Versions  int64  // every so manieth blob made by rule has an earlier version; 0 means none
	Snapshots int64  // ... a snapshot
	Deleted   int64  // ... a soft-deleted predecessor
	Gone      bool   // the container itself is soft-deleted
	Modified  time.Time
}

// container is a Container made ready: it is not changed any more.
type container struct {
	Container
	seed    uint64
	count   int64
	cycle   *cycle
	objects []Object // in order of names; a current one after what came before it
}

func newContainer(c Container) *container {
	out := &container{Container: c, count: c.Blobs, cycle: cycleOf(c.Kind), objects: slices.Clone(c.Objects)}
	for i := range len(c.Name) {
		out.seed = mix(out.seed + uint64(c.Name[i]))
	}
	for i := range out.objects {
		out.objects[i].settle(mix(^out.seed + uint64(i)))
	}
	slices.SortStableFunc(out.objects, func(x, y Object) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), cmp.Compare(age(x.State), age(y.State)), strings.Compare(x.Stamp, y.Stamp))
	})
	if out.Modified.IsZero() {
		out.Modified = time.Unix(newest, 0).UTC()
	}
	return out
}

// age puts what is current last.
func age(s State) int {
	if s == Current || s == Folder {
		return 1
	}
	return 0
}

// seek returns the first index of a name not below name.
func (c *container) seek(name string) int64 {
	if name == "" {
		return 0
	}
	var scratch [256]byte
	return int64(sort.Search(int(c.count), func(i int) bool {
		return string(c.cycle.shape.name(scratch[:0], int64(i))) >= name
	}))
}

// seekObject is seek among the objects that are named.
func (c *container) seekObject(name string) int {
	return sort.Search(len(c.objects), func(i int) bool { return c.objects[i].Name >= name })
}

// extras yields the states of which the container has extra entries, in the
// order of the listing.
func (c *container) extras() iter.Seq[State] {
	return func(yield func(State) bool) {
		for _, s := range [...]State{Deleted, Snapshot, Version} {
			if c.every(s) > 0 && !yield(s) {
				return
			}
		}
	}
}

// versioned reports whether earlier versions are kept: only then do current
// blobs have a version of their own.
func (c *container) versioned() bool {
	for i := range c.objects {
		if c.objects[i].State == Version {
			return true
		}
	}
	return c.every(Version) > 0
}

// every returns the distance between blobs that have an extra entry.
func (c *container) every(s State) int64 {
	switch s {
	case Deleted:
		return c.Deleted
	case Snapshot:
		return c.Snapshots
	case Version:
		return c.Versions
	}
	return 0
}

func (c *container) countExtras(s State) int64 { return (c.count + c.every(s) - 1) / c.every(s) }

func (c *container) bytesExtras(s State) (sum int64) {
	for i := int64(0); i < c.count; i += c.every(s) {
		sum += c.cycle.rows[i%c.cycle.period].size
	}
	return sum
}

// object returns what is at index i, in the given state.
func (c *container) object(i int64, s State) Object {
	r := &c.cycle.rows[i%c.cycle.period]
	h := mix(c.seed + uint64(i))
	md5 := make([]byte, 24)
	putMD5(md5, h)
	o := Object{
		Name: string(c.cycle.shape.name(nil, i)), Size: r.size, Type: c.cycle.shape.leaf(i).media, Tier: r.tier, State: s, Blob: 'b',
		Created: time.Unix(r.created, 0).UTC(), Modified: time.Unix(r.modified, 0).UTC(), ETag: c.etagOf(i), MD5: decodeMD5(md5),
	}
	if s != Current {
		o.Modified = o.Created
		o.ETag = ""
		o.settle(h + uint64(s))
	}
	if s == Current && c.Versions > 0 {
		o.Stamp = o.Modified.Format("2006-01-02T15:04:05.0000000Z")
	}
	o.At = c.content(i)
	return o
}

// find returns the object of a name. stamp is that of a version or snapshot,
// empty for the current one.
func (c *container) find(name, stamp string) (Object, bool) {
	for _, o := range c.objects[c.seekObject(name):] {
		if o.Name != name {
			break
		}
		if o.State != Deleted && (o.Stamp == stamp || stamp == "" && age(o.State) == 1) {
			return o, true
		}
	}
	i := c.seek(name)
	if i == c.count || string(c.cycle.shape.name(nil, i)) != name {
		return Object{}, false
	}
	if o := c.object(i, Current); stamp == "" || o.Stamp == stamp {
		return o, true
	}
	for s := range c.extras() {
		if i%c.every(s) == 0 && s != Deleted {
			if o := c.object(i, s); o.Stamp == stamp {
				return o, true
			}
		}
	}
	return Object{}, false
}
