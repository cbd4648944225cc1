package usage

// doubles remembers which requests were counted, so that one that was exported
// twice counts once, however far apart its records lie. It keeps 32 bits of each
// in tables of fixed size, each larger than the one before; a table is made when
// those before it are full. Two different requests are taken for one with a
// probability of one in 40 million. When the last table is full it forgets, at
// random, one for each that comes, and counts that.
type doubles struct {
	tables []table32
	sizes  []int      // slots of the tables that may be made
	spare  func() int // bytes that there is room for when the last is made; nil for its size
	forgot int64
}

// doubleSizes are the slots of the tables: 4 bytes each, 105 MiB in all, which
// hold 23 million requests, 33 GB of resource logs. The last table is larger, up
// to mostDoubles, where tokens leave room: then they hold 42 million, 59 GB.
var doubleSizes = []int{1 << 18, 1 << 21, 1 << 23, 1 << 24}

const mostDoubles = 40 << 20

// size returns the slots of the next table.
func (d *doubles) size() int {
	n := d.sizes[len(d.tables)]
	if d.spare != nil && len(d.tables) == len(d.sizes)-1 {
		left := d.spare() / 4
		for _, t := range d.tables {
			left -= len(t.slots)
		}
		n = min(max(n, left/bucket*bucket), mostDoubles)
	}
	return max(n, bucket)
}

// table32 is a table of buckets of 16 slots, a cache line each.
type table32 struct {
	slots []uint32
	room  int // for so many more before the next table is made
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
		if t.has(h, mark) {
			return true
		}
	}
	d.put(h, mark)
	return false
}

// put remembers a mark in the last table, or in a new one when that is full.
func (d *doubles) put(h uint64, mark uint32) {
	for {
		last := len(d.tables) - 1
		grows := last+1 < len(d.sizes)
		if last >= 0 {
			t := &d.tables[last]
			if (t.room > 0 || !grows) && t.put(h, mark) {
				t.room--
				return
			}
			if !grows {
				t.slots[t.at(h, 0)+int(h>>59)%bucket] = mark
				d.forgot++
				return
			}
		}
		n := d.size()
		d.tables = append(d.tables, table32{slots: make([]uint32, n), room: n / 100 * 85})
	}
}

// tries are the buckets in which a request may be: the first of them that had
// room. Filled to 85 in 100, one in thousands finds none.
const tries = 8

// at returns where the bucket of a try begins.
func (t *table32) at(h uint64, try int) int {
	if try > 0 {
		h = mix(h+uint64(try), mixC)
	}
	return int((h>>32)*uint64(len(t.slots)/bucket)>>32) * bucket
}

func (t *table32) has(h uint64, mark uint32) bool {
	for try := range tries {
		at := t.at(h, try)
		for _, s := range t.slots[at : at+bucket] {
			if s == mark {
				return true
			}
			if s == 0 {
				return false
			}
		}
	}
	return false
}

func (t *table32) put(h uint64, mark uint32) bool {
	for try := range tries {
		at := t.at(h, try)
		for i, s := range t.slots[at : at+bucket] {
			if s == 0 {
				t.slots[at+i] = mark
				return true
			}
		}
	}
	return false
}
