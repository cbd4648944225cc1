package measure

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/internal/source"
)

// sample keeps, of each class, the objects whose names have the lowest hashes:
// an even choice that does not depend on the order in which they come.
type sample struct {
	each   int
	groups map[string]*group
	last   *group // of the class before
	key    groupKey
}

type groupKey struct {
	class *classify.Class
	look  classify.Look
}

// group is the sample of one class, a heap with the highest hash on top.
type group struct {
	look  classify.Look
	class *classify.Class
	kept  []chosen
}

// chosen is an object of the sample.
type chosen struct {
	hash  uint64
	name  string
	size  int64
	tag   string
	group *group
}

func newSample(each int, r source.Range) *sample {
	if r.Leg > 0 && each <= defaultSample {
		each = min(each, laterSample)
	}
	return &sample{each: each, groups: map[string]*group{}}
}

// laterSample is how many objects of a class are kept of a shard that is one of
// several of its container: together they have more than enough. More is kept
// only where more was asked for.
const laterSample = 64

// offer takes an object into the sample, if its hash is low enough.
func (s *sample) offer(o *source.Object, guess classify.Guess) {
	g := s.of(guess)
	h := spread(o.Name)
	full := len(g.kept) >= s.each
	if full && h >= g.kept[0].hash {
		return
	}
	c := chosen{hash: h, name: string(o.Name), size: o.Size, tag: string(o.Tag), group: g}
	if full {
		g.kept[0] = c
		g.sink()
		return
	}
	g.kept = append(g.kept, c)
	g.rise()
}

func (s *sample) of(guess classify.Guess) *group {
	key := groupKey{guess.Class, guess.Look}
	if s.last != nil && s.key == key {
		return s.last
	}
	name := groupName(guess)
	g := s.groups[name]
	if g == nil {
		g = &group{look: guess.Look, class: guess.Class}
		s.groups[name] = g
	}
	s.last, s.key = g, key
	return g
}

// groupName names what is sampled together: a class, or what has none by how it
// is read.
func groupName(guess classify.Guess) string {
	if guess.Class != nil {
		return guess.Class.Name
	}
	return looks[guess.Look]
}

var looks = [...]string{
	classify.Never: "", classify.Text: "text", classify.Structure: "structure",
	classify.Container: "archive", classify.Disk: "disk image", classify.Model: modelEnding,
}

// modelEnding is the group of what has the ending of a model, and no more of its
// name.
const modelEnding = "model by its ending"

func (g *group) rise() {
	for i := len(g.kept) - 1; i > 0; {
		up := (i - 1) / 2
		if g.kept[up].hash >= g.kept[i].hash {
			return
		}
		g.kept[up], g.kept[i] = g.kept[i], g.kept[up]
		i = up
	}
}

func (g *group) sink() {
	for i := 0; ; {
		big := i
		for _, c := range [...]int{2*i + 1, 2*i + 2} {
			if c < len(g.kept) && g.kept[c].hash > g.kept[big].hash {
				big = c
			}
		}
		if big == i {
			return
		}
		g.kept[i], g.kept[big] = g.kept[big], g.kept[i]
		i = big
	}
}

// all returns the sample in a fixed order.
func (s *sample) all() []chosen {
	var all []chosen
	for _, g := range s.groups {
		all = append(all, g.kept...)
	}
	slices.SortFunc(all, func(a, b chosen) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.hash, b.hash))
	})
	return all
}

func (c chosen) candidate(shard string) overgrant.Candidate {
	guess := classify.Guess{Class: c.group.class, Look: c.group.look}
	out := overgrant.Candidate{Shard: shard, Name: c.name, Size: c.size, Tag: c.tag, Class: groupName(guess)}
	if c.group.class != nil {
		out.Severity = c.group.class.Severity
	}
	return out
}

// spread is a hash of 64 bits, the same on every machine.
func spread(b []byte) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xe7037ed1a0b428db
	h := uint64(len(b)) * k1
	for len(b) >= 8 {
		hi, lo := bits.Mul64(h^binary.LittleEndian.Uint64(b), k0)
		h, b = hi^lo^k1, b[8:]
	}
	var last [8]byte
	copy(last[:], b)
	hi, lo := bits.Mul64(h^binary.LittleEndian.Uint64(last[:]), k0)
	h = hi ^ lo
	hi, lo = bits.Mul64(h^k1, k0)
	return hi ^ lo
}
