package azure

import (
	"context"
	"sync"

	"github.com/overgrant/overgrant/internal/source"
)

// parked is a page that was on its way when its listing was stopped. Whoever
// goes on there takes it over: a measurement stops after so many pages, only to
// go on in its next task.
type parked struct {
	key    string
	l      *lister
	coming <-chan arrival
	cancel context.CancelFunc
	asked  string
}

// maxParked bounds how many pages wait for somebody to go on.
const maxParked = 4

// parking holds the pages that wait. It is safe for concurrent use.
type parking struct {
	mu  sync.Mutex
	all []*parked // the oldest first
}

// parkKey names what a page was asked for. Where a range ends is decided here, so
// it does not matter.
func parkKey(at source.Range) string {
	return at.Service + "\x00" + at.Container + "\x00" + at.Prefix + "\x00" + at.Marker
}

// put parks a page, and lets go of the oldest where there are too many.
func (p *parking) put(page *parked) {
	p.mu.Lock()
	p.all = append(p.all, page)
	var old *parked
	if len(p.all) > maxParked {
		old, p.all = p.all[0], append([]*parked{}, p.all[1:]...)
	}
	p.mu.Unlock()
	if old != nil {
		old.drop()
	}
}

// take returns the page that was parked under a key, nil if there is none.
func (p *parking) take(key string) *parked {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, page := range p.all {
		if page.key == key {
			p.all = append(append([]*parked{}, p.all[:i]...), p.all[i+1:]...)
			return page
		}
	}
	return nil
}

// drop gives up a page that is on its way.
func (p *parked) drop() {
	p.cancel()
	if p.coming != nil {
		<-p.coming
	}
	p.l.release()
}

// maxKept is how large a buffer may be to be used again, in bytes.
const maxKept = 8 << 20

// release gives a lister back.
func (l *lister) release() {
	for i := range l.bodies {
		if cap(l.bodies[i]) > maxKept {
			l.bodies[i] = nil
		}
	}
	listers.Put(l)
}
