package disk

import (
	"encoding/binary"
	"io"
)

// The log of a VHDX holds writes to its metadata that may not have reached
// their place; [MS-VHDX] 2.3.
const (
	vhdxLogSector = 4096
	vhdxLongest   = 4 << 20 // bytes of log that are replayed; writers make 1 MiB
)

// patch is what the log puts in the place of other bytes.
type patch struct {
	at   int64
	n    int64
	data []byte // nil for zeros
}

// patched is a reader over which patches are laid, the last one uppermost.
type patched struct {
	r       io.ReaderAt
	patches []patch
}

func (p *patched) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.r.ReadAt(b, off)
	for _, q := range p.patches {
		from, to := max(off, q.at), min(off+int64(n), q.at+q.n)
		if from >= to {
			continue
		}
		if into := b[from-off : to-off]; q.data == nil {
			clear(into)
		} else {
			copy(into, q.data[from-q.at:])
		}
	}
	return n, err
}

// replayVHDX reads the newer of the headers and lays the log over r in memory.
func replayVHDX(r io.ReaderAt, size int64) (io.ReaderAt, error) {
	var head []byte
	le := binary.LittleEndian
	for i := range int64(2) {
		b := make([]byte, 4096)
		if _, err := readFull(r, b, vhdxHeaders+i*(64<<10)); err != nil {
			return nil, err
		}
		if string(b[:4]) == "head" && sealed(b) && (head == nil || le.Uint64(b[8:]) > le.Uint64(head[8:])) {
			head = b
		}
	}
	if head == nil {
		return nil, corrupt("headers")
	}
	id := [16]byte(head[48:])
	if id == ([16]byte{}) {
		return r, nil
	}
	n, at := int64(le.Uint32(head[68:])), int64(le.Uint64(head[72:]))
	switch {
	case n > vhdxLongest:
		return nil, unsupported("a log of this size")
	case at < 0 || n%vhdxLogSector != 0 || at > size-n:
		return nil, corrupt("place of the log")
	}
	ring := make([]byte, n)
	if _, err := readFull(r, ring, at); err != nil {
		return nil, err
	}
	patches, err := (&vhdxLog{ring: ring, id: id}).replay()
	if err != nil {
		return nil, err
	}
	return &patched{r: r, patches: patches}, nil
}

type vhdxLog struct {
	ring []byte
	id   [16]byte
}

// vhdxEntry is one entry of the log.
type vhdxEntry struct {
	at, n, tail int64
	seq         uint64
}

// body gives the n bytes at a place of the ring; they may run over its end.
func (l *vhdxLog) body(at, n int64) []byte {
	if at+n <= int64(len(l.ring)) {
		return l.ring[at : at+n]
	}
	b := append(make([]byte, 0, n), l.ring[at:]...)
	return append(b, l.ring[:n-int64(len(b))]...)
}

// entry reads the entry at a place of the ring.
func (l *vhdxLog) entry(at int64) (vhdxEntry, bool) {
	le := binary.LittleEndian
	h := l.ring[at:]
	n := int64(le.Uint32(h[8:]))
	if string(h[:4]) != "loge" || [16]byte(h[32:]) != l.id || n < vhdxLogSector || n%vhdxLogSector != 0 || n > int64(len(l.ring)) {
		return vhdxEntry{}, false
	}
	body := l.body(at, n)
	e := vhdxEntry{at: at, n: n, tail: int64(le.Uint32(body[12:])), seq: le.Uint64(body[16:])}
	return e, e.seq != 0 && sealed(body)
}

// replay finds the newest run of entries that begins with the tail that its
// last one names, and gives what they write.
func (l *vhdxLog) replay() ([]patch, error) {
	size := int64(len(l.ring))
	found := map[int64]vhdxEntry{}
	for at := int64(0); at < size; at += vhdxLogSector {
		if string(l.ring[at:at+4]) != "loge" {
			continue
		}
		if e, ok := l.entry(at); ok {
			found[at] = e
		}
	}
	var best []vhdxEntry
	for _, first := range found {
		run := l.run(found, first)
		last := run[len(run)-1]
		if last.tail == first.at && (best == nil || last.seq > best[len(best)-1].seq) {
			best = run
		}
	}
	if best == nil && len(found) > 0 {
		return nil, corrupt("log")
	}
	var all []patch
	for _, e := range best {
		p, err := e.patches(l.body(e.at, e.n))
		if err != nil {
			return nil, err
		}
		all = append(all, p...)
	}
	return all, nil
}

// run gives the entries that follow first without a break, first included.
func (l *vhdxLog) run(found map[int64]vhdxEntry, first vhdxEntry) []vhdxEntry {
	run := []vhdxEntry{first}
	for e, used := first, first.n; ; {
		next, ok := found[(e.at+e.n)%int64(len(l.ring))]
		used += next.n
		if !ok || next.seq != e.seq+1 || used > int64(len(l.ring)) {
			return run
		}
		run, e = append(run, next), next
	}
}

// patches gives what an entry writes. A data sector holds all of its page but
// the first eight and the last four bytes, which are in the descriptor.
func (vhdxEntry) patches(body []byte) ([]patch, error) {
	le := binary.LittleEndian
	count := int64(le.Uint32(body[24:]))
	if count > int64(len(body)-64)/32 {
		return nil, corrupt("log")
	}
	data := body[roundUp(64+32*count, vhdxLogSector):]
	var all []patch
	for d := body[64 : 64+32*count]; len(d) >= 32; d = d[32:] {
		p := patch{at: int64(le.Uint64(d[16:])), n: vhdxLogSector}
		switch string(d[:4]) {
		case "zero":
			p.n = int64(le.Uint64(d[8:]))
		case "desc":
			if len(data) < vhdxLogSector || string(data[:4]) != "data" {
				return nil, corrupt("log")
			}
			p.data = make([]byte, 0, vhdxLogSector)
			p.data = append(append(append(p.data, d[8:16]...), data[8:4092]...), d[4:8]...)
			data = data[vhdxLogSector:]
		default:
			return nil, corrupt("log")
		}
		if p.at < 0 || p.n < 0 || p.at > maxDisk || p.n > maxDisk {
			return nil, corrupt("log")
		}
		all = append(all, p)
	}
	return all, nil
}
