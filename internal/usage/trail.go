package usage

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
)

// trail is the use of one case in detail.
type trail struct {
	limits        Limits
	id            string
	published     int64 // nanoseconds; 0 if it is not known
	first, last   int64
	before, after overgrant.Deeds
	days          map[int32]*overgrant.Deeds // since 1970
	callers       crowd
	agents        crowd
	objects       map[uint64]*thing
	swept         bool // objects were forgotten
	folded        map[string]int64
	salt          uint64
}

// crowd is who used a case, by name.
type crowd struct {
	people map[uint64]*person
	size   int
}

type person struct {
	name        string
	first, last int64
	overgrant.Deeds
}

// thing is an object that was touched.
type thing struct {
	name  string
	deeds [deletes + 1]int64
	last  int64
	about bool
}

// step is one request of a trail.
type step struct {
	at            int64
	deeds         overgrant.Deeds
	caller, agent uint64
	from          []byte
}

func newTrail(opt Options) *trail {
	t := &trail{
		limits: opt.Limits, id: opt.Case, salt: opt.Salt,
		days: map[int32]*overgrant.Deeds{}, objects: map[uint64]*thing{}, folded: map[string]int64{},
		callers: crowd{people: map[uint64]*person{}, size: opt.Limits.People},
		agents:  crowd{people: map[uint64]*person{}, size: opt.Limits.People},
	}
	if !opt.Published.IsZero() {
		t.published = opt.Published.UnixNano()
	}
	return t
}

func (t *trail) add(r *record, s step) {
	if t.first == 0 || s.at < t.first {
		t.first = s.at
	}
	t.last = max(t.last, s.at)
	if t.published != 0 && s.at >= t.published {
		t.after.Add(s.deeds)
	} else {
		t.before.Add(s.deeds)
	}
	day := int32(s.at / (24 * hour))
	d := t.days[day]
	switch {
	case d != nil:
		d.Add(s.deeds)
	case len(t.days) < t.limits.Days:
		first := s.deeds
		t.days[day] = &first
	default:
		t.folded["days"]++
	}
	if len(s.from) > 0 && !t.callers.add(s.caller, s.from, s) {
		t.folded["callers"]++
	}
	if agent := r.raw[fAgent]; len(agent) > 0 && !t.agents.add(s.agent, agent, s) {
		t.folded["agents"]++
	}
	if s.deeds.Failed == 0 {
		t.touch(r.object(), s)
	}
}

func (c *crowd) add(hash uint64, name []byte, s step) bool {
	p := c.people[hash]
	if p == nil {
		if len(c.people) >= c.size {
			return false
		}
		p = &person{name: short(name), first: s.at}
		c.people[hash] = p
	}
	p.first, p.last = min(p.first, s.at), max(p.last, s.at)
	p.Add(s.deeds)
	return true
}

// touch counts an object. When there is no room, those that were only read, and
// least often, are forgotten.
func (t *trail) touch(object []byte, s step) {
	if len(object) == 0 {
		return
	}
	h := sum(object, t.salt+2)
	o := t.objects[h]
	if o == nil {
		if len(t.objects) >= t.limits.Objects && !t.sweep() {
			t.folded["objects"]++
			return
		}
		o = &thing{name: text(masked(object[:min(len(object), 1024)])), about: t.swept}
		t.objects[h] = o
	}
	o.deeds[reads] += s.deeds.Reads
	o.deeds[writes] += s.deeds.Writes
	o.deeds[deletes] += s.deeds.Deletes
	o.last = max(o.last, s.at)
}

// sweep forgets objects that were only read, those read least first, until a
// quarter of the room is free. It reports whether any was.
func (t *trail) sweep() bool {
	var only []int64
	for _, o := range t.objects {
		if o.deeds[writes]+o.deeds[deletes] == 0 {
			only = append(only, o.deeds[reads])
		}
	}
	if len(only) == 0 {
		return false
	}
	slices.Sort(only)
	limit := only[min(len(only)-1, t.limits.Objects/4)]
	for h, o := range t.objects {
		if o.deeds[writes]+o.deeds[deletes] == 0 && o.deeds[reads] <= limit {
			t.folded["objects"] += o.deeds[reads]
			delete(t.objects, h)
		}
	}
	t.swept = true
	return true
}

// What of a trail is listed.
const (
	listedCallers = 1000
	listedObjects = 1000
)

// result writes the trail down.
func (t *trail) result() *overgrant.Trail {
	out := &overgrant.Trail{
		Schema: "overgrant.trail/1", ID: t.id, Before: t.before, After: t.after,
		Tokens: []string{}, Days: t.dates(), Folded: t.folded, Objects: t.things(),
	}
	if t.published != 0 {
		out.Published = instant(t.published)
	}
	if t.first != 0 {
		out.First, out.Last = instant(t.first), instant(t.last)
	}
	out.Callers, out.NewCallers = t.callers.list(t.published)
	out.Agents, out.NewAgents = t.agents.list(t.published)
	return out
}

// dates returns the days in order, with how many callers were new on each.
func (t *trail) dates() []overgrant.TrailDay {
	fresh := map[int32]int64{}
	for _, p := range t.callers.people {
		if t.published != 0 && p.first >= t.published {
			fresh[int32(p.first/(24*hour))]++
		}
	}
	all := []overgrant.TrailDay{}
	for _, day := range slices.Sorted(maps.Keys(t.days)) {
		all = append(all, overgrant.TrailDay{Day: instant(int64(day) * 24 * hour).Format(time.DateOnly), Deeds: *t.days[day], New: fresh[day]})
	}
	return all
}

// list returns people, newcomers first, and how many newcomers there are.
func (c *crowd) list(published int64) (all []overgrant.TrailUser, fresh int64) {
	all = []overgrant.TrailUser{}
	for _, p := range c.people {
		u := overgrant.TrailUser{Name: p.name, First: instant(p.first), Last: instant(p.last), Deeds: p.Deeds, New: published != 0 && p.first >= published}
		if u.New {
			fresh++
		}
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b overgrant.TrailUser) int {
		return cmp.Or(-compareBool(a.New, b.New), -compareBool(a.Writes+a.Deletes > 0, b.Writes+b.Deletes > 0),
			cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), listedCallers):min(len(all), listedCallers)], fresh
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// things returns what was touched, deleted and written objects first.
func (t *trail) things() []overgrant.TrailThing {
	var all []overgrant.TrailThing
	for _, o := range t.objects {
		all = append(all, overgrant.TrailThing{Name: o.name, Reads: o.deeds[reads], Writes: o.deeds[writes], Deletes: o.deeds[deletes], Last: instant(o.last), About: o.about})
	}
	slices.SortFunc(all, func(a, b overgrant.TrailThing) int {
		return cmp.Or(cmp.Compare(b.Writes+b.Deletes, a.Writes+a.Deletes), cmp.Compare(b.Reads, a.Reads), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), listedObjects):min(len(all), listedObjects)]
}
