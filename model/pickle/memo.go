package pickle

const pageSize = 512

type page [pageSize]slot

// memo is that of the unpickler: sparse, and bounded. Beyond its bound it keeps
// imports and what was computed, and of the rest only that it was put.
type memo struct {
	dense   []*page
	sparse  map[uint32]*page
	special map[uint32]slot
	pages   int
	max     int    // pages; beyond it only what matters is kept
	grow    func() // if not nil, called where max is reached: it raises max, once
	count   int64  // entries put, each index once: the index that MEMOIZE takes
	lossy   bool
	free    []*page      // empty ones, of the pickle before
	latest  [64]struct { // of the sparse pages
		no uint32
		p  *page
	}
}

const denseMax = 1 << 14 // pages

func (m *memo) page(no uint32) *page {
	if int(no) < len(m.dense) {
		return m.dense[no]
	}
	l := &m.latest[no%64]
	if l.p == nil || l.no != no {
		l.no, l.p = no, m.sparse[no]
	}
	return l.p
}

func (m *memo) put(idx uint32, v slot) {
	no := idx / pageSize
	p := m.page(no)
	if p == nil {
		if m.pages >= m.max && m.grow != nil {
			m.grow()
			m.grow = nil
		}
		if m.pages >= m.max {
			m.keep(idx, v)
			return
		}
		p = m.add(no)
	}
	if p[idx%pageSize] == 0 {
		m.count++
	}
	p[idx%pageSize] = v
}

func (m *memo) add(no uint32) *page {
	p := m.blank()
	m.pages++
	if no >= denseMax {
		if m.sparse == nil {
			m.sparse = map[uint32]*page{}
		}
		m.sparse[no] = p
		return p
	}
	for len(m.dense) <= int(no) {
		m.dense = append(m.dense, nil)
	}
	m.dense[no] = p
	return p
}

// blank returns a page without entries.
func (m *memo) blank() *page {
	if n := len(m.free); n > 0 {
		p := m.free[n-1]
		m.free = m.free[:n-1]
		return p
	}
	return new(page)
}

// specialMax bounds what is kept once the pages are full.
const specialMax = 1 << 15

// keep holds on to v where there is no page for it.
func (m *memo) keep(idx uint32, v slot) {
	m.lossy = true
	if _, ok := m.special[idx]; !ok {
		m.count++
	}
	switch v.kind() {
	case kGlobal, kDerived, kObject:
		m.pin(idx, v)
	default:
		delete(m.special, idx)
	}
}

// pin keeps a value that is known to matter.
func (m *memo) pin(idx uint32, v slot) {
	if m.page(idx/pageSize) != nil {
		return
	}
	if m.special == nil {
		m.special = map[uint32]slot{}
	}
	if len(m.special) < specialMax {
		m.special[idx] = v
	}
}

// get returns kEmpty for what was never put.
func (m *memo) get(idx uint32) slot {
	if p := m.page(idx / pageSize); p != nil {
		if v := p[idx%pageSize]; v != 0 || !m.lossy {
			return v
		}
	}
	if v, ok := m.special[idx]; ok {
		return v
	}
	if m.lossy {
		return mk(kUnknown, 0)
	}
	return 0
}
