package usage

// doubles remembers which requests were counted, so that one that was exported
// twice counts once, however far apart its records lie. It keeps 32 bits of each
// in tables of fixed size, each larger than the one before; a table is made when
// those before it are full. Two different requests are taken for one with a
// probability of one in 40 million. When the last table is full it forgets, at
// random, one for each that comes, and counts that.
type doubles struct {
	tables []table32
	sizes  []int // slots of the tables that may be made
	forgot int64
}

// doubleSizes are the slots of the tables: 4 bytes each, 329 MiB in all. They
// hold 73 million requests, which is 100 GB of resource logs.
var doubleSizes = []int{1 << 18, 1 << 21, 1 << 24, 1 << 26}

// table32 is a table of buckets of 16 slots, a cache line each.
type table32 struct {
	slots []uint32
	room  int // for so many more
}

const bucket = 16

// seen reports whether the request with this hash was met before, and remembers
// it.
func (d *doubles) seen(h uint64) bool {
	mark := uint32(h)
	if mark == 0 {
		mark = 1
	}
	for i := range d.tables {
		t := &d.tables[i]
		if t.has(t.first(h), mark) || t.has(t.second(h), mark) {
			return true
		}
	}
	last := len(d.tables) - 1
	if last < 0 || d.tables[last].room == 0 {
		if last+1 < len(d.sizes) {
			n := max(d.sizes[last+1], bucket)
			d.tables = append(d.tables, table32{slots: make([]uint32, n), room: n / 100 * 85})
			last++
		}
	}
	if last < 0 {
		return false
	}
	t := &d.tables[last]
	if t.put(t.first(h), mark) || t.put(t.second(h), mark) {
		t.room = max(t.room-1, 0)
		return false
	}
	t.slots[t.first(h)+int(h>>59)%bucket] = mark
	d.forgot++
	return false
}

// first and second are the buckets in which a request may be.
func (t *table32) first(h uint64) int { return t.at(h >> 32) }
func (t *table32) second(h uint64) int {
	return t.at(mix(h, mixC) >> 32)
}

func (t *table32) at(x uint64) int {
	return int(x*uint64(len(t.slots)/bucket)>>32) * bucket
}

func (t *table32) has(at int, mark uint32) bool {
	for _, s := range t.slots[at : at+bucket] {
		if s == mark {
			return true
		}
		if s == 0 {
			return false
		}
	}
	return false
}

func (t *table32) put(at int, mark uint32) bool {
	for i, s := range t.slots[at : at+bucket] {
		if s == 0 {
			t.slots[at+i] = mark
			return true
		}
	}
	return false
}
