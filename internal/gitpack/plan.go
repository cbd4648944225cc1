package gitpack

import "slices"

// PlanOptions says what to walk. The zero value asks for every object of every
// pack, in shards of a useful size.
type PlanOptions struct {
	Shards int           // about how many shards; 0 means as many as the store is large
	Types  TypeSet       // what to yield
	Want   func(ID) bool // which objects to yield; nil means all
	Skip   []*Pack       // packs of the store whose objects are not yielded, also where other packs hold them
	Loose  []ID          // loose objects to yield; those that a pack holds are left out
}

// Shard is a part of a plan: deltas with their bases, loose objects, or both.
// Shards of a plan are independent, and may be walked at the same time.
type Shard struct {
	Objects int   // objects to be yielded that were asked for
	Packed  int64 // bytes they take in the packs

	store  *Store
	groups []group
	loose  []ID
}

// group is a set of trees of a forest under one node, or of roots.
type group struct {
	part *part
	over int32 // the node they are deltas of; negative for roots
	kids []uint32
}

// part is what a plan asks of one pack.
type part struct {
	pack   *Pack
	forest *forest
	wanted bitset // nodes to yield; nil means all
	needed bitset // nodes to yield, and those under which they come; nil means all
	cut    bitset // nodes that have a group of their own; nil means none
}

// bitset is a set of nodes.
type bitset []uint64

func newBitset(n int) bitset       { return make(bitset, (n+63)/64) }
func (b bitset) has(i uint32) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitset) add(i uint32)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) remove(i uint32)   { b[i/64] &^= 1 << (i % 64) }

func (p *part) isWanted(i uint32) bool { return p.wanted == nil || p.wanted.has(i) }
func (p *part) isNeeded(i uint32) bool { return p.needed == nil || p.needed.has(i) }
func (p *part) isCut(i uint32) bool    { return p.cut != nil && p.cut.has(i) }

// What an object weighs in a plan beside its packed bytes, and the bounds of the
// weight of a shard whose number was not asked for.
const (
	objectWeight = 256
	shardLeast   = 1 << 20
	shardMost    = 16 << 20
	shardsUsual  = 64
)

// Plan divides a store into shards. Each object that was asked for is in one of
// them, once, however many packs hold it; deltas are with their bases unless a
// tree of them is too large for one shard, which is then cut: each part of it
// reads the bases above it again, without yielding them.
//
// Plan reads the heads of all packed objects the first time it meets a pack.
func Plan(s *Store, opt PlanOptions) []Shard {
	s.once.Do(s.start)
	parts := make([]*part, len(s.Packs))
	for i, p := range s.Packs {
		parts[i] = &part{pack: p, forest: p.shape()}
	}
	choose(parts, opt)
	weights := make([][]int64, len(parts))
	var total int64
	for i, p := range parts {
		weights[i] = p.weigh()
		for n, w := range weights[i] {
			if p.isWanted(uint32(n)) {
				total += w
			}
		}
	}
	b := &builder{store: s, target: target(total, opt.Shards)}
	for i, p := range parts {
		b.divide(p, weights[i])
	}
	b.loose(opt.Loose)
	return b.finish()
}

// target returns the weight of one shard.
func target(total int64, shards int) int64 {
	if shards > 0 {
		return max(1, total/int64(shards))
	}
	return min(max(total/shardsUsual, shardLeast), shardMost)
}

// choose fills in which nodes are wanted, and which are needed for them.
func choose(parts []*part, opt PlanOptions) {
	for _, p := range parts {
		p.dropUnlisted()
	}
	if len(parts) > 1 {
		dropDoubles(parts, opt.Skip)
	}
	for _, p := range parts {
		if slices.Contains(opt.Skip, p.pack) {
			p.wanted = newBitset(len(p.forest.base))
		} else if opt.Want != nil || opt.Types != 0 {
			p.filter(opt)
		}
		if p.wanted != nil {
			p.spread()
		}
	}
}

// all makes the set of wanted nodes hold everything, if it is not there yet.
func (p *part) all() bitset {
	if p.wanted == nil {
		p.wanted = newBitset(len(p.forest.base))
		for i := range p.wanted {
			p.wanted[i] = ^uint64(0)
		}
	}
	return p.wanted
}

// dropUnlisted takes out the nodes that have no ID.
func (p *part) dropUnlisted() {
	for i, pos := range p.forest.pos {
		if pos == unlisted {
			p.all().remove(uint32(i))
		}
	}
}

// filter takes out the nodes that were not asked for. What cannot be read at all
// has no type, and stays in, so that it is reported.
func (p *part) filter(opt PlanOptions) {
	wanted := p.all()
	for i, kind := range p.forest.kind {
		n := uint32(i)
		if kind != 0 && !opt.Types.Has(kind) ||
			opt.Want != nil && wanted.has(n) && !opt.Want(p.pack.index.id(int(p.forest.pos[i]))) {
			wanted.remove(n)
		}
	}
}

// spread adds the bases of all wanted nodes to the needed ones.
func (p *part) spread() {
	p.needed = slices.Clone(p.wanted)
	p.forest.upward(func(i uint32) {
		if b := p.forest.base[i]; b >= 0 && p.needed.has(i) {
			p.needed.add(uint32(b))
		}
	})
}

// weigh returns the weight of each node.
func (p *part) weigh() []int64 {
	f := p.forest
	w := make([]int64, len(f.base))
	for i := range w {
		w[i] = f.off[i+1] - f.off[i] + objectWeight
	}
	return w
}

// builder gathers groups into shards.
type builder struct {
	store  *Store
	target int64
	shards []Shard
	last   Shard
	weight int64 // of last
}

// divide cuts the trees of a part that are too large, and adds all of it.
func (b *builder) divide(p *part, weights []int64) {
	f := p.forest
	counts := make([]int32, len(f.base))
	var cuts []group
	f.upward(func(i uint32) {
		if !p.isNeeded(i) {
			weights[i] = 0
			return
		}
		if p.isWanted(i) {
			counts[i]++
		}
		var kids int64
		for _, k := range f.deltas(i) {
			kids += weights[k]
		}
		if kids > b.target {
			cuts = append(cuts, p.cutUnder(i, weights, b.target)...)
		}
		for _, k := range f.deltas(i) {
			if p.isNeeded(k) && !p.isCut(k) {
				weights[i] += weights[k]
				counts[i] += counts[k]
			}
		}
	})
	for i, base := range f.base {
		if base < 0 && p.isNeeded(uint32(i)) {
			b.add(p, -1, uint32(i), weights[i], int(counts[i]))
		}
	}
	for _, c := range cuts {
		for _, k := range c.kids {
			b.add(p, c.over, k, weights[k], int(counts[k]))
		}
	}
}

// cutUnder takes kids of a node off it, in groups of about half a shard. The
// lightest ones, to the weight of one group, stay.
func (p *part) cutUnder(i uint32, weights []int64, target int64) (cuts []group) {
	if p.cut == nil {
		p.cut = newBitset(len(p.forest.base))
	}
	var g group
	var weight int64
	for _, k := range p.forest.deltas(i) {
		if weights[k] == 0 {
			continue
		}
		g.kids = append(g.kids, k)
		if weight += weights[k]; weight >= target/2 {
			for _, k := range g.kids {
				p.cut.add(k)
			}
			cuts = append(cuts, group{p, int32(i), g.kids})
			g, weight = group{}, 0
		}
	}
	return cuts
}

// add puts one tree into the shard that is being filled.
func (b *builder) add(p *part, over int32, node uint32, weight int64, count int) {
	if n := len(b.last.groups); n > 0 && b.last.groups[n-1].part == p && b.last.groups[n-1].over == over {
		g := &b.last.groups[n-1]
		g.kids = append(g.kids, node)
	} else {
		b.last.groups = append(b.last.groups, group{p, over, []uint32{node}})
	}
	b.last.Objects += count
	b.last.Packed += max(0, weight-objectWeight*int64(count))
	b.grow(weight)
}

// grow counts what was added, and begins a new shard if this one is full.
func (b *builder) grow(weight int64) {
	if b.weight += weight; b.weight >= b.target {
		b.shards = append(b.shards, b.last)
		b.last, b.weight = Shard{}, 0
	}
}

// looseWeight stands for the packed bytes of a loose object, which only reading
// tells.
const looseWeight = 2048

func (b *builder) loose(ids []ID) {
	for _, id := range ids {
		if _, _, packed := b.store.locate(id); packed {
			continue
		}
		b.last.loose = append(b.last.loose, id)
		b.last.Objects++
		b.grow(looseWeight)
	}
}

// finish returns the shards.
func (b *builder) finish() []Shard {
	if b.weight > 0 {
		b.shards = append(b.shards, b.last)
	}
	for i := range b.shards {
		b.shards[i].store = b.store
	}
	return b.shards
}
