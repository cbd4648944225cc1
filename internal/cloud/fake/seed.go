package fake

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/bits"
	"sync"
	"time"
)

// minPeriod is after how many blobs sizes, times and tiers come again: often
// enough that what comes again fits a cache, seldom enough to look like life.
const minPeriod = 2048

// cycle is what the blobs of one kind have in common with those one period
// later: everything but name, ETag and MD5. It is rendered once.
type cycle struct {
	shape  *shape
	period int64
	rows   []row
	ends   []int64          // length of the entries of a listing, up to and with each row
	bytes  int64            // of one period
	months map[string]Tally // of one period
}

// row is one blob of a cycle. In the text stand places for ETag and MD5.
type row struct {
	size     int64
	created  int64 // seconds since 1970
	modified int64
	tier     string
	text     []byte // from </Name> to </Blob>
	etag     int    // where in text the 15 characters after 0x begin
	md5      int    // where the 24 characters begin
}

var cycles [kinds]struct {
	once sync.Once
	c    *cycle
}

// cycleOf returns the cycle of a kind.
func cycleOf(k Kind) *cycle {
	at := &cycles[k]
	at.once.Do(func() { at.c = newCycle(k) })
	return at.c
}

func newCycle(k Kind) *cycle {
	s := &shapes[k]
	n := int64(len(s.leaves))
	c := &cycle{shape: s, period: (minPeriod + n - 1) / n * n, months: map[string]Tally{}}
	entries := int64(0)
	for i := range c.period {
		r := newRow(s.leaf(i), mix(uint64(k)<<32|uint64(i)))
		c.rows = append(c.rows, r)
		entries += int64(len(opening) + len(s.name(nil, i)) + len(r.text)) // names of a leaf are all of a length
		c.ends = append(c.ends, entries)
		c.bytes += r.size
		month := time.Unix(r.modified, 0).UTC().Format("2006-01")
		t := c.months[month]
		t.Add(Tally{1, r.size})
		c.months[month] = t
	}
	return c
}

// before returns the length of the entries of a listing before index i.
func (c *cycle) before(i int64) int64 {
	n := i / c.period * c.ends[c.period-1]
	if rest := i % c.period; rest > 0 {
		n += c.ends[rest-1]
	}
	return n
}

// first and last modification of what is procedural.
var (
	oldest = time.Date(2017, 3, 1, 8, 0, 0, 0, time.UTC).Unix()
	newest = time.Date(2023, 6, 20, 18, 0, 0, 0, time.UTC).Unix()
)

var tiers = [...]string{"Hot", "Hot", "Hot", "Cool", "Cold"}

// newRow makes the row that the bits of r decide.
func newRow(l *leaf, r uint64) row {
	var out row
	lo, hi := math.Log(float64(l.min+1)), math.Log(float64(l.max+1))
	part := float64(r&0xffffff) / (1 << 24)
	out.size = max(l.min, min(l.max, int64(math.Exp(lo+(hi-lo)*part))-1))
	out.created = oldest + int64(r>>24&0xffffffff)%(newest-oldest)
	out.modified = out.created + int64(r>>40&0xffff)
	out.tier = tiers[r>>56%uint64(len(tiers))]
	o := Object{Size: out.size, Created: time.Unix(out.created, 0), Modified: time.Unix(out.modified, 0), Type: l.media, Tier: out.tier}
	out.text, out.etag, out.md5 = o.tail(nil, placeETag, placeMD5)
	return out
}

// What stands in a row until ETag and MD5 are known.
const (
	placeETag = "8D0000000000000"
	placeMD5  = "AAAAAAAAAAAAAAAAAAAAAA=="
)

// mix scrambles the bits of x: the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const hexDigits = "0123456789ABCDEF"

// putETag writes the 15 characters after 0x of the ETag at index i of a
// container: they rise with time on a live account, here they only differ.
func putETag(dst []byte, h uint64) {
	_ = dst[14]
	dst[0], dst[1] = '8', 'D'
	for i := 2; i < 15; i++ {
		dst[i] = hexDigits[h>>60]
		h <<= 4
	}
}

// putMD5 writes 24 characters of base64.
func putMD5(dst []byte, h uint64) {
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:], h)
	binary.LittleEndian.PutUint64(raw[8:], bits.ReverseBytes64(h*0x9e3779b97f4a7c15))
	base64.StdEncoding.Encode(dst[:24], raw[:])
}

// etagOf returns the ETag without quotes at index i of a container.
func (c *container) etagOf(i int64) string {
	text := make([]byte, 17)
	copy(text, "0x")
	putETag(text[2:], mix(c.seed+uint64(i)))
	return string(text)
}

// Tally counts objects and their bytes.
type Tally struct{ Objects, Bytes int64 }

// Add counts other in.
func (t *Tally) Add(other Tally) {
	t.Objects += other.Objects
	t.Bytes += other.Bytes
}

// Truth is what there is: what a client that lists all of it must find.
type Truth struct {
	Containers int64 // containers, shares, queues and tables
	Tally            // current objects: blobs, and files in shares
	Versions   Tally
	Snapshots  Tally
	Deleted    Tally
	Months     map[string]Tally // current objects, by month of last change: 2021-07
	Messages   int64
	Entities   int64
}

// add counts what is in a container.
func (t *Truth) add(c *container) {
	t.Containers++
	cy := c.cycle
	whole, rest := c.count/cy.period, c.count%cy.period
	t.Tally.Add(Tally{c.count, whole * cy.bytes})
	if whole > 0 {
		for m, of := range cy.months {
			t.month(m, Tally{of.Objects * whole, of.Bytes * whole})
		}
	}
	for _, r := range cy.rows[:rest] {
		t.Bytes += r.size
		t.month(time.Unix(r.modified, 0).UTC().Format("2006-01"), Tally{1, r.size})
	}
	for e := range c.extras() {
		sum := t.of(e)
		sum.Objects += c.countExtras(e)
		sum.Bytes += c.bytesExtras(e)
	}
	for i := range c.objects {
		t.object(&c.objects[i])
	}
}

func (t *Truth) month(name string, of Tally) {
	sum := t.Months[name]
	sum.Add(of)
	t.Months[name] = sum
}

func (t *Truth) object(o *Object) {
	t.of(o.State).Add(Tally{1, o.Size})
	if o.State == Current {
		t.month(o.Modified.UTC().Format("2006-01"), Tally{1, o.Size})
	}
}

// of returns the tally of a state.
func (t *Truth) of(s State) *Tally {
	switch s {
	case Version:
		return &t.Versions
	case Snapshot:
		return &t.Snapshots
	case Deleted:
		return &t.Deleted
	}
	return &t.Tally
}
