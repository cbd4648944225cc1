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
	Spots   []Spot           // in the order in which they were added

	texts   map[text]uint32
	objects map[string]uint32
}

// Spot is what one sighting has of its own: 32 bytes.
type Spot struct {
	From         int64  // start of the span
	Size         uint32 // bytes of the span
	Line, Column uint32 // 0 if it is not known
	Text, Object uint32 // indexes of Texts and Objects
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
	k.Spots = append(k.Spots, Spot{
		From: at.Span[0], Size: narrow(at.Span[1] - at.Span[0]), Line: narrow(int64(at.Line)), Column: narrow(int64(at.Column)),
		Text: k.text(s), Object: k.object(at.Object),
	})
}

// At returns sighting i as it was added.
func (k *Sightings) At(i int) overgrant.Seen {
	spot := &k.Spots[i]
	s := k.Texts[spot.Text]
	s.Sighting.Object = k.Objects[spot.Object]
	s.Sighting.Span = [2]int64{spot.From, spot.From + int64(spot.Size)}
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
	if n := len(k.Spots); n > 0 {
		if last := k.Spots[n-1].Object; k.Objects[last] == id {
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
func narrow(n int64) uint32 {
	if n < 0 || n > math.MaxUint32 {
		return 0
	}
	return uint32(n)
}
