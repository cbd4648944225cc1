package model

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// comparedMax is up to how many members the headers of all are read, and
// comparedSize up to how large an archive. In larger ones, where each header is
// another request to a store, only those of the members that are looked into are,
// and those that stand near the one before.
const (
	comparedMax  = 256
	comparedSize = 8 << 20 // bytes
	comparedNear = 4 << 10 // bytes
)

// compare looks for names that readers resolve in different ways, and for what
// tensors hide.
func (a *archive) compare() {
	if !a.torch && !a.script && !a.npz {
		return
	}
	seen := make(map[string]string, len(a.members))
	for i := range a.members {
		m := &a.members[i]
		near := a.p.size <= comparedSize || i > 0 && m.header >= a.members[i-1].header && m.header-a.members[i-1].header <= comparedNear
		if len(a.members) <= comparedMax && near {
			a.locate(m)
			a.record(m)
		}
		fold := strings.ToLower(m.name)
		first, ok := seen[fold]
		if !ok {
			seen[fold] = m.name
			continue
		}
		what := "two members of the name " + m.name
		if first != m.name {
			what = "members " + first + " and " + m.name + ", which PyTorch does not tell apart"
		}
		a.s.find(a.p, Finding{Rule: "zip-duplicate", What: what, Why: "one reader takes the first, another the last", Offset: m.header, Severity: Medium})
	}
	a.roots()
}

// roots looks for more than one folder on top.
func (a *archive) roots() {
	if !a.torch {
		return
	}
	root := ""
	for i := range a.members {
		top, _, ok := strings.Cut(a.members[i].name, "/")
		if !ok {
			continue
		}
		if root == "" {
			root = top
		}
		if top != root {
			a.s.find(a.p, Finding{Rule: "zip", What: "two folders on top, " + root + " and " + top, Why: "PyTorch reads one of them or none", Severity: Medium})
			return
		}
	}
}

// record looks whether the record of a tensor begins like a pickle.
func (a *archive) record(m *member) {
	if !a.torch || m.method != 0 || len(m.head) < 3 || strings.HasSuffix(strings.ToLower(m.name), ".pkl") {
		return
	}
	if pickleHead(m.head) && m.head[1] >= 2 && startsPickle[m.head[2]] {
		if in, ok := a.open(m); ok {
			a.s.aside(in, 0, "in the place of a tensor")
		}
	}
}

// outside looks at the bytes that belong to no member.
func (a *archive) outside() {
	s, p := a.s, a.p
	if a.carved {
		return
	}
	if a.start > 0 {
		s.find(p, Finding{Rule: "zip-outside", What: fmt.Sprintf("%d bytes before the archive", a.start), Why: "Python reads the archive behind them, PyTorch refuses it", Severity: Medium})
		s.format(p.part(0, a.start, "before the archive"))
	}
	if n := p.size - a.end; n > 0 {
		s.format(p.part(a.end, n, "behind the archive"))
	}
	a.gaps()
}

// gapMax is how many bytes may stand between two members without being looked
// at: a header with its padding, and what follows a member.
const gapMax = 512

// gapsMost bounds the gaps that are looked at in an archive larger than
// comparedSize. There each is another request to a store, and a checkpoint whose
// tensors are aligned to pages has as many as it has tensors. What PyTorch loads,
// the directory names.
const gapsMost = 64

// gaps looks for members that the directory does not name.
func (a *archive) gaps() {
	order := make([]int32, len(a.members))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int { return cmp.Compare(a.members[x].header, a.members[y].header) })
	at := a.start
	for n, i := range order {
		m := &a.members[i]
		if n > 0 && m.header < at {
			a.s.find(a.p, Finding{Rule: "zip", What: "members that lie in one another", Why: "a small archive unpacks to a large one so, and readers disagree about what is in it", Offset: m.header, Severity: Medium})
		}
		a.gap(at, m.header)
		header := int64(localSize + len(m.name))
		if m.data > 0 {
			header = m.data - m.header
		}
		at = max(at, m.header+header+m.packed)
	}
	a.gap(at, a.listing)
}

func (a *archive) gap(from, to int64) {
	const window = 1 << 20
	if to-from <= gapMax || a.gapsSeen >= gapsMost && a.p.size > comparedSize {
		return
	}
	a.gapsSeen++
	b := readUpTo(a.p.at, from, int(min(to-from, window)))
	i := bytes.Index(b, []byte(localMark))
	if i < 0 {
		return
	}
	hidden := &archive{s: a.s, p: a.p}
	if !hidden.carve(from+int64(i), to) {
		return
	}
	a.s.find(a.p, Finding{Rule: "zip-outside", What: fmt.Sprintf("%d members that the directory does not name", len(hidden.members)), Why: "readers that go by the members' own headers see them", Offset: from + int64(i), Severity: Medium})
	hidden.all(func(*member) bool { return true })
}

// carve finds members by their own headers, between from and to.
func (a *archive) carve(from, to int64) bool {
	a.carved = true
	a.members = nil
	for at := from; at < to && a.s.members < a.s.lim.Members && a.s.ctx.Err() == nil; {
		h := readUpTo(a.p.at, at, peekSize)
		if len(h) < localSize || string(h[:4]) != localMark {
			next := a.nextLocal(at+1, to)
			if next < 0 {
				break
			}
			at = next
			continue
		}
		le := binary.LittleEndian
		m := member{
			flags: le.Uint16(h[6:]), method: le.Uint16(h[8:]), crc: le.Uint32(h[14:]), packed: int64(le.Uint32(h[18:])), size: int64(le.Uint32(h[22:])),
			header: at,
		}
		name, extra := int(le.Uint16(h[26:])), int(le.Uint16(h[28:]))
		rest := readUpTo(a.p.at, at+localSize, name+extra)
		m.name = clean(string(rest[:min(name, len(rest))]))
		m.large(rest[min(name, len(rest)):])
		m.header = at
		m.data = at + localSize + int64(name+extra)
		at = m.data + m.packed
		if m.flags&8 != 0 && m.packed == 0 { // the sizes follow the bytes
			at = a.nextLocal(m.data, to)
			if at < 0 {
				at = to
			}
			m.packed = at - m.data
		}
		a.s.members++
		a.members = append(a.members, m)
	}
	return len(a.members) > 0
}

// carveMax bounds the bytes in which headers are looked for.
const carveMax = 64 << 20

// nextLocal returns where the next header of a member stands, or -1.
func (a *archive) nextLocal(from, to int64) int64 {
	const step = 64 << 10
	for at := from; at < min(to, from+carveMax) && a.s.ctx.Err() == nil; at += step {
		b := readUpTo(a.p.at, at, step+3)
		if i := bytes.Index(b, []byte(localMark)); i >= 0 {
			return at + int64(i)
		}
		if len(b) < step {
			break
		}
	}
	return -1
}
