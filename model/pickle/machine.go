package pickle

import (
	"context"
	"encoding/binary"
	"fmt"
)

// machine runs one pickle after another. What it holds in arrays and maps is
// emptied between two of them and used again.
type machine struct {
	source
	course
	stack   stack
	memo    memo
	ring    []slot // the items of tuples, the oldest overwritten
	sizes   sizes
	shelves [shelves]shelf

	globals  []global
	byName   map[name]int32
	byLines  map[string]int32 // by module and name as they stand, for the protocol at hand
	derived  []derived
	pinned   map[int64]string // texts that an import was made of
	reported map[reportKey]struct{}
	keys     map[string]struct{}    // of storages
	handed   map[handedKey]struct{} // constants that a loader got
}

// course is how far the run of one pickle has come. It is new for each.
type course struct {
	ctx     context.Context
	opt     Options
	res     Result
	ringAt  int64
	proto   int
	opAt    int64 // where the opcode stands
	op      byte
	done    bool
	frame   int64 // end of the frame, 0 for none
	serial  int64 // of lists, dicts and sets
	lost    bool  // something was dropped that might have mattered
	inner   int   // constants handed to Inner
	lastPut [4]struct {
		idx uint32
		v   slot
	} // the latest memo entries: the names of imports are among them
	puts            int
	top             slot
	big             [bigKept]struct{ off, n int64 } // the latest long constants
	bigAt           int
	calls           int  // within calls
	hooks           int  // findings of values under names that the unpickler calls
	sums            int  // calls that compute with what was computed
	unfolds, hashes bool // a value that does without end was told, and a key
	minor           int  // of the PyTorch 2 that weights_only needs
	making          bool // the next call makes an object by __new__ alone, without __init__
}

// bigKept is of how many long constants the length is remembered.
const bigKept = 16

type reportKey struct{ rule, what string }

// ringMax bounds the ring of tuple items; it grows up to there.
const ringMax = 1 << 18

// tuple stores a tuple of the items; only the first few are kept.
func (m *machine) tuple(items []slot) slot {
	n := count(items)
	start := m.ringAt
	keep := items[:min(len(items), tupleKept)]
	m.ringAt += int64(len(keep))
	if m.ringAt > int64(len(m.ring)) && len(m.ring) < ringMax {
		m.ring = append(m.ring, make([]slot, len(m.ring))...)
	}
	ring := m.ring
	for i, v := range keep {
		ring[(start+int64(i))&int64(len(ring)-1)] = v
	}
	return mk(kTuple, (int64(m.sized(items))<<ringAtBits|start)<<ringLenBits|min(n, ringLenMax))
}

// tupleOf stores a tuple of one item, which is no run.
func (m *machine) tupleOf(v slot) slot {
	start := m.ringAt
	if start >= int64(len(m.ring)) && len(m.ring) < ringMax {
		m.ring = append(m.ring, make([]slot, len(m.ring))...)
	}
	m.ring[start&int64(len(m.ring)-1)] = v
	m.ringAt++
	return mk(kTuple, (int64(max(1, m.sizeOf(v)))<<ringAtBits|start)<<ringLenBits|1)
}

// tupleKept is how many items of a tuple are kept.
const tupleKept = 16

// items returns the kept items of a tuple and its length, at most ringLenMax; ok
// is false if they are no longer known or if t is no tuple.
func (m *machine) items(t slot) (items []slot, n int64, ok bool) {
	if t.kind() != kTuple {
		return nil, 0, false
	}
	n = t.payload() & ringLenMax
	start := t.payload() >> ringLenBits & ringAtMask
	kept := min(n, tupleKept)
	if m.ringAt-start > int64(len(m.ring)) {
		return nil, n, false
	}
	items = make([]slot, kept)
	for i := range items {
		items[i] = m.ring[(start+int64(i))&int64(len(m.ring)-1)]
	}
	return items, n, true
}

// need makes n bytes of argument stand in the buffer. It is false, and the run
// over, where the file ends before.
func (m *machine) need(n int) bool {
	if m.frame != 0 {
		m.cross(int64(n))
	}
	if len(m.buf)-m.i >= n || m.fill(n) {
		return true
	}
	m.truncated()
	return false
}

func (m *machine) truncated() {
	m.fault("the file ends in the middle")
	m.done = true
}

// cross sees whether an argument of n bytes reaches over the end of the frame.
func (m *machine) cross(n int64) {
	at := m.at()
	if at >= m.frame {
		m.frame = 0
		return
	}
	if at+n <= m.frame {
		return
	}
	m.res.Straddles = true
	if m.opt.Frames {
		m.skip(m.frame - at)
		m.frame = 0
	}
}

// fault records why CPython stops here. The machine goes on as other readers
// may, and what it finds then weighs less.
func (m *machine) fault(why string) {
	if m.res.Fault == "" {
		m.res.Fault, m.res.FaultAt = why, m.opAt
	}
}

func (m *machine) underflow() { m.fault("too few values on the stack") }

// exhaust ends the run.
func (m *machine) exhaust(why string) {
	m.res.Exhausted = why
	m.done = true
}

// checkEvery is after how many opcodes the context and the limits are asked.
const checkEvery = 1 << 14

func (m *machine) run() {
	for next := int64(checkEvery); !m.done; next += checkEvery {
		limit := min(next, m.opt.Opcodes)
		for m.res.Opcodes < limit && !m.done {
			m.step()
		}
		switch {
		case m.done:
		case m.res.Opcodes >= m.opt.Opcodes:
			m.exhaust("more opcodes than may be run")
		case m.stack.full:
			m.exhaust("more values on the stack than may be kept")
		case m.ctx.Err() != nil:
			m.exhaust("the time is up")
		}
	}
	m.res.End = m.at()
	if m.err != nil && m.res.Exhausted == "" {
		m.res.Exhausted = "read: " + m.err.Error()
	}
}

func (m *machine) step() {
	if m.i >= len(m.buf) && !m.fill(1) {
		m.opAt = m.at()
		m.fault("the file ends before STOP")
		m.done = true
		return
	}
	m.opAt = m.base + int64(m.i)
	m.op = m.buf[m.i]
	m.i++
	m.res.Opcodes++
	if !weightsOps[m.op] && m.res.WeightsOnly == "" {
		m.refuse("opcode " + opName(m.op) + " is not supported")
	}
	switch m.op {
	case 'K': // BININT1
		if m.need(1) {
			m.stack.push(mk(kInt, int64(m.buf[m.i])))
			m.i++
		}
	case 'M': // BININT2
		if m.need(2) {
			m.stack.push(mk(kInt, int64(binary.LittleEndian.Uint16(m.buf[m.i:]))))
			m.i += 2
		}
	case 'J': // BININT
		if m.need(4) {
			m.stack.push(mk(kInt, int64(int32(binary.LittleEndian.Uint32(m.buf[m.i:])))))
			m.i += 4
		}
	case 'G': // BINFLOAT
		if m.need(8) {
			m.stack.push(mk(kNone, 0))
			m.i += 8
		}
	case 'N', 0x88, 0x89: // NONE NEWTRUE NEWFALSE
		m.stack.push(mk(kNone, 0))
	case 'q': // BINPUT
		if m.need(1) {
			m.i++
			m.put(int64(m.buf[m.i-1]))
		}
	case 'r': // LONG_BINPUT
		if m.need(4) {
			m.i += 4
			m.put(int64(binary.LittleEndian.Uint32(m.buf[m.i-4:])))
		}
	case 0x94: // MEMOIZE
		m.put(m.memo.count)
	case 'h': // BINGET
		if m.need(1) {
			m.i++
			m.get(int64(m.buf[m.i-1]))
		}
	case 'j': // LONG_BINGET
		if m.need(4) {
			m.i += 4
			m.get(int64(binary.LittleEndian.Uint32(m.buf[m.i-4:])))
		}
	case 0x8c, 'U': // SHORT_BINUNICODE SHORT_BINSTRING
		if m.need(1) {
			n := int(m.buf[m.i])
			m.i++
			if m.need(n) {
				m.stack.push(mk(kText, m.at()<<lenBits|int64(n)))
				if n >= peekMin && (m.buf[m.i] == 'g' || m.buf[m.i] == '8') {
					m.peekText(int64(n))
				}
				m.i += n
			}
		}
	case '2': // DUP
		m.dup()
	case '(': // MARK
		if !m.stack.mark() {
			m.exhaust("more marks than may be kept")
		}
	case 0x85: // TUPLE1
		if t := &m.stack; len(t.s) > t.fence() && t.s[len(t.s)-1].kind() != kRun {
			t.s[len(t.s)-1] = m.tupleOf(t.s[len(t.s)-1])
		} else {
			m.smallTuple(1)
		}
	case 0x86, 0x87: // TUPLE2 TUPLE3
		m.smallTuple(int(m.op) - 0x84)
	case ')': // EMPTY_TUPLE
		m.stack.push(mk(kTuple, m.ringAt<<ringLenBits))
	case ']': // EMPTY_LIST
		m.stack.push(m.fresh(kList))
	case '}': // EMPTY_DICT
		m.stack.push(m.fresh(kDict))
	case '.': // STOP
		m.stop()
	default:
		m.rare()
	}
}

// rare runs the opcodes that a pickle has few of.
func (m *machine) rare() {
	switch m.op {
	case 'a', 'e', 's', 'u', 0x90, 't', 'l', 'd', 0x8f, 0x91:
		m.collect()
	case 'R', 'b', 0x81, 0x92, 'o', 'i', 'c', 0x93, 'P', 'Q', 0x82, 0x83, 0x84:
		m.act()
	case 0x80, 0x95: // PROTO FRAME
		m.header()
	case '0': // POP
		m.popOne()
	case '1': // POP_MARK
		if _, ok := m.stack.popMark(); !ok {
			m.fault("no MARK on the stack")
		}
	case 0x97: // NEXT_BUFFER
		m.stack.push(mk(kNone, 0))
	case 0x98: // READONLY_BUFFER
		if !m.stack.has(1) {
			m.underflow()
		}
	default:
		m.constant()
	}
}

// dup runs DUP, and those that follow in one go.
func (m *machine) dup() {
	t := &m.stack
	switch {
	case len(t.s) > t.fence() && t.s[len(t.s)-1].kind() != kRun:
		v := t.s[len(t.s)-1]
		t.push(v)
		for m.i < len(m.buf) && m.buf[m.i] == '2' {
			m.i++
			m.res.Opcodes++
			t.push(v)
		}
		m.opAt = m.base + int64(m.i) - 1
	case t.has(1):
		v := t.pop()
		t.push(v)
		t.push(v)
	default:
		m.underflow()
	}
}

func (m *machine) popOne() {
	t := &m.stack
	switch {
	case len(t.marks) > 0 && t.fence() == len(t.s):
		t.marks = t.marks[:len(t.marks)-1]
	case t.has(1):
		t.pop()
	default:
		m.underflow()
	}
}

func (m *machine) stop() {
	m.done = true
	m.res.Stopped = true
	if !m.stack.has(1) {
		m.underflow()
		return
	}
	m.top = m.stack.pop()
	m.surplus()
	if m.frame > m.at() && len(m.look(m.frame-1, 1)) == 0 {
		m.report(Finding{Rule: "inconsistent", What: "a frame longer than the file", Why: "the C unpickler stops at it, others read on", Level: Unknown})
	}
}

func (m *machine) header() {
	if m.op == 0x80 {
		if !m.need(1) {
			return
		}
		m.proto = int(m.buf[m.i])
		clear(m.byLines)
		m.i++
		m.res.Version = max(m.res.Version, m.proto)
		if m.proto > 5 {
			m.fault(fmt.Sprintf("protocol %d is not known", m.proto))
		}
		return
	}
	if !m.need(8) {
		return
	}
	n := binary.LittleEndian.Uint64(m.buf[m.i:])
	m.i += 8
	if n > 1<<44 {
		m.fault("a frame longer than any file")
		return
	}
	if m.frame > m.at() && m.at()+int64(n) <= m.frame {
		return
	}
	m.cross(int64(n))
	m.frame = m.at() + int64(n)
}

func (m *machine) put(idx int64) {
	if idx < 0 || idx > 1<<32-1 {
		m.fault("a memo index out of range")
		return
	}
	t := &m.stack
	if len(t.s) <= t.fence() {
		m.underflow()
		return
	}
	v := t.s[len(t.s)-1]
	if v.kind() == kRun {
		v = mk(kUnknown, 0)
	}
	if idx >= 1<<28 && m.memo.count < idx>>8 && m.memo.get(uint32(idx)) == 0 {
		m.report(Finding{Rule: "memo", What: fmt.Sprintf("memo entry %d", idx), Why: "the unpickler makes room for all entries up to it: gigabytes", Level: Unknown})
	}
	m.memo.put(uint32(idx), v)
	m.lastPut[m.puts&3].idx, m.lastPut[m.puts&3].v = uint32(idx), v
	m.puts++
}

func (m *machine) get(idx int64) {
	v := slot(0)
	if idx >= 0 && idx < 1<<32 {
		v = m.memo.get(uint32(idx))
	}
	if v == 0 {
		if m.res.Fault == "" {
			m.fault(fmt.Sprintf("memo entry %d was never written", idx))
		}
		v = mk(kUnknown, 0)
	}
	m.stack.push(v)
}

func (m *machine) smallTuple(n int) {
	t := &m.stack
	if len(t.s)-t.fence() < n && !t.has(n) {
		m.underflow()
		t.push(mk(kUnknown, 0))
		return
	}
	if from := len(t.s) - n; from >= t.fence() && t.s[from].kind() != kRun && t.s[from+n/2].kind() != kRun && t.s[len(t.s)-1].kind() != kRun {
		t.s[from] = m.tuple(t.s[from:])
		t.s = t.s[:from+1]
		return
	}
	for range n {
		t.pop()
	}
	t.push(mk(kUnknown, 0))
}
