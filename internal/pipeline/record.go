package pipeline

import (
	"errors"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/source"
)

// record hands messages to the sink, one at a time, and keeps what must be
// known of a link across pieces: that it was told, and how often it was seen.
type record struct {
	job    Job
	mu     sync.Mutex
	links  map[string]*known
	redact redactor
	deaf   bool // the sink failed
}

type known struct {
	link  overgrant.Link
	seen  int
	files map[overgrant.Spot]int  // sightings in files, where suppressions count them
	head  map[overgrant.Spot]bool // what HEAD holds
}

// count notes a sighting. A file of a worktree that HEAD holds too is one.
func (k *known) count(s *overgrant.Sighting) {
	k.seen++
	spot := s.Spot()
	switch {
	case s.InHead != nil && *s.InHead:
		if k.head == nil {
			k.head = map[overgrant.Spot]bool{}
		}
		k.head[spot] = true
	case s.Repository == "":
		if k.files == nil {
			k.files = map[overgrant.Spot]int{}
		}
		k.files[spot]++
	}
}

// distinct returns how many sightings a report shows.
func (k *known) distinct() int {
	n := k.seen
	for spot := range k.head {
		n -= k.files[spot]
	}
	return n
}

func newRecord(j Job) *record {
	return &record{job: j, links: map[string]*known{}, redact: redactor{j.Finder}}
}

// skipped counts what could not be read.
func (r *record) skipped(s overgrant.Skipped) error {
	r.redact.place(&s.Place)
	s.Detail = r.redact.text(s.Detail)
	return r.put(overgrant.Message{Skipped: &s})
}

// failed counts sources that could not be read, or not to their end.
func (r *record) failed(faults []error) error {
	for _, err := range faults {
		s := overgrant.Skipped{Reason: "unreadable target", Detail: err.Error()}
		var at *source.Skip
		if errors.As(err, &at) {
			s = at.Skipped
		}
		if err := r.skipped(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) put(m overgrant.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tell(m)
}

// tell hands a message to the sink. The caller holds the lock.
func (r *record) tell(m overgrant.Message) error {
	err := r.job.Sink(m)
	r.deaf = r.deaf || err != nil
	return err
}

// broken reports whether the sink failed.
func (r *record) broken() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deaf
}

// found tells of a link unless it was told already as fully.
func (r *record) found(l overgrant.Link) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.links[l.ID]
	if k == nil {
		k = &known{}
		r.links[l.ID] = k
		r.job.Meter.cases.Add(1)
	} else if !l.Fuller(k.link) {
		return nil
	}
	k.link = l
	if err := r.tell(overgrant.Message{Found: &overgrant.Found{Link: l}}); err != nil {
		return err
	}
	v := judge.Judge(l.Grant, r.job.Now, r.job.Config.Policy)
	return r.tell(overgrant.Message{Judged: &overgrant.Judged{ID: l.ID, Status: l.Grant.Status(r.job.Now), Verdict: v}})
}

// seen tells of one sighting of a link that was found.
func (r *record) seen(s overgrant.Seen) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch k := r.links[s.ID]; {
	case k == nil:
	case len(r.job.Config.Suppressions) == 0:
		k.seen++
	default:
		k.count(&s.Sighting)
	}
	r.redact.sighting(&s.Sighting)
	return r.tell(overgrant.Message{Seen: &s})
}

// close tells which links were seen nowhere that counts, and which suppressions
// hold.
func (r *record) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, k := range r.links {
		if k.seen == 0 {
			if err := r.tell(overgrant.Message{Dropped: &overgrant.Dropped{ID: id}}); err != nil {
				return err
			}
			continue
		}
		h, ok := r.job.Config.Suppress(judge.Standing{ID: id, Sightings: k.distinct()}, r.job.Now)
		if !ok {
			continue
		}
		if err := r.tell(overgrant.Message{Hushed: h}); err != nil {
			return err
		}
	}
	return nil
}
