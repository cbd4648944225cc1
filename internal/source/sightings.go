package source

import (
	"math"
	"strings"

	"github.com/overgrant/overgrant"
)

// Sightings keeps what was seen in a source until it can be traced, in little
// memory: a link stands in every version of a file, so there are far more
// sightings than there are texts, and all but where it stands is kept once. The
// zero value is empty. It is for one goroutine at a time.
type Sightings struct {
	Texts   []overgrant.Seen // what sightings share: all but what is in a Spot
	Objects []string         // ids of git objects, each once; empty for what is in none

	spots   [][]Spot // all but the last are full
	texts   map[text]uint32
	objects map[string]uint32
}

// Spot is what one sighting has of its own: 24 bytes.
type Spot struct {
	span         uint64 // start and, in the low bits, size
	Line, Column uint32 // 0 if it is not known
	Text, Object uint32 // indexes of Texts and Objects
}

const (
	sizeBits  = 24      // of a span: links have no 16 MiB, and pieces no TiB
	spotsFull = 1 << 12 // spots that are allocated at once: they are never moved
)

// Span returns where in its piece the sighting is, in bytes.
func (s *Spot) Span() [2]int64 {
	from := int64(s.span >> sizeBits)
	return [2]int64{from, from + int64(s.span&(1<<sizeBits-1))}
}

// text is a text as it stands at a place, to tell equal ones.
type text struct {
	id, written, encoding string
	at                    overgrant.Place
}

// Add keeps a sighting. What it says of commits is not kept: that is for the
// trace to find out.
func (k *Sightings) Add(s overgrant.Seen) {
	at := &s.Sighting
	size := min(uint64(at.Span[1]-at.Span[0]), 1<<sizeBits-1)
	spot := Spot{span: uint64(at.Span[0])<<sizeBits | size, Line: narrow(at.Line), Column: narrow(at.Column),
		Text: k.text(s), Object: k.object(at.Object)}
	last := len(k.spots) - 1
	if last < 0 || len(k.spots[last]) == spotsFull {
		k.spots = append(k.spots, make([]Spot, 0, spotsFull))
		last++
	}
	k.spots[last] = append(k.spots[last], spot)
}

// Len returns how many sightings there are.
func (k *Sightings) Len() int {
	last := len(k.spots) - 1
	if last < 0 {
		return 0
	}
	return last*spotsFull + len(k.spots[last])
}

// Spot returns what sighting i has of its own. They are in the order in which
// they were added.
func (k *Sightings) Spot(i int) *Spot { return &k.spots[i/spotsFull][i%spotsFull] }

// At returns sighting i as it was added.
func (k *Sightings) At(i int) overgrant.Seen {
	spot := k.Spot(i)
	s := k.Texts[spot.Text]
	s.Sighting.Object = k.Objects[spot.Object]
	s.Sighting.Span = spot.Span()
	s.Sighting.Line, s.Sighting.Column = int(spot.Line), int(spot.Column)
	return s
}

// text returns the index of what a sighting shares with others.
func (k *Sightings) text(s overgrant.Seen) uint32 {
	at := &s.Sighting
	name := text{id: s.ID, written: at.Written, at: at.Place}
	if len(at.Encoding) > 0 {
		name.encoding = strings.Join(at.Encoding, "\x00")
	}
	name.at.Object = ""
	if i, ok := k.texts[name]; ok {
		return i
	}
	if k.texts == nil {
		k.texts = map[text]uint32{}
	}
	i := uint32(len(k.Texts))
	k.texts[name] = i
	shared := overgrant.Sighting{Place: name.at, Encoding: at.Encoding, Written: at.Written}
	k.Texts = append(k.Texts, overgrant.Seen{ID: s.ID, Sighting: shared})
	return i
}

// object returns the index of an id. It is copied, so that it does not hold on
// to the memory of a whole walk's ids.
func (k *Sightings) object(id string) uint32 {
	if n := k.Len(); n > 0 {
		if last := k.Spot(n - 1).Object; k.Objects[last] == id {
			return last
		}
	}
	if i, ok := k.objects[id]; ok {
		return i
	}
	if k.objects == nil {
		k.objects = map[string]uint32{}
	}
	id = strings.Clone(id)
	i := uint32(len(k.Objects))
	k.objects[id] = i
	k.Objects = append(k.Objects, id)
	return i
}

// narrow returns a number in 32 bits, and 0, which stands for unknown, if it
// does not fit: so far into a line no one looks.
func narrow(n int) uint32 {
	if n < 0 || int64(n) > math.MaxUint32 {
		return 0
	}
	return uint32(n)
}
