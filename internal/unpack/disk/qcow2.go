package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// qcow2, versions 2 and 3, after docs/interop/qcow2.txt of QEMU.
const (
	qcowDataFile = 1 << 2 // incompatible features
	qcowPacking  = 1 << 3
	qcowExtended = 1 << 4
	qcowKnown    = 0x1f // dirty and corrupt, which only matter to writers, and those above

	qcowPlace      = 0x00fffffffffffe00 // of an entry: where its table or cluster is
	qcowCompressed = 1 << 62
)

func isQcow2(head, _ []byte) bool { return bytes.HasPrefix(head, []byte("QFI\xfb")) }

// qcow2 maps the disk by tables of two levels.
type qcow2 struct {
	r       io.ReaderAt
	file    int64 // bytes in r
	tables  *pages
	size    int64
	cluster int64
	l1      int64 // where the first level is
	l1Count int64
	zstd    bool
	wide    bool // entries of the second level have a map of 32 parts of their cluster

	cache unpacked
}

// openQcow2 opens an image that stands alone and is not encrypted.
func openQcow2(r io.ReaderAt, size int64) (plain, error) {
	head := make([]byte, 112)
	if n, err := r.ReadAt(head, 0); n < 72 {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return plain{}, err
	}
	be := binary.BigEndian
	version, clusterBits := be.Uint32(head[4:]), be.Uint32(head[20:])
	if version != 2 && version != 3 {
		return plain{}, unsupported(fmt.Sprintf("version %d of qcow", version))
	}
	if clusterBits < 9 || clusterBits > 21 {
		return plain{}, corrupt("size of a cluster")
	}
	switch be.Uint32(head[32:]) {
	case 0:
	case 1:
		return plain{}, &Gap{Reason: Encrypted, Detail: "AES", Bytes: size}
	default:
		return plain{}, &Gap{Reason: Encrypted, Detail: "LUKS", Bytes: size}
	}
	if at, n := int64(be.Uint64(head[8:])), int64(be.Uint32(head[16:])); at != 0 {
		return plain{}, &Gap{Reason: Parent, Detail: qcowBacking(r, at, n)}
	}
	q := &qcow2{
		r: r, file: size, tables: newPages(r, size, 4<<20), cluster: 1 << clusterBits, size: int64(be.Uint64(head[24:])),
		l1: int64(be.Uint64(head[40:])), l1Count: int64(be.Uint32(head[36:])),
	}
	q.cache.limit = int(max(2, (8<<20)/q.cluster))
	if version == 3 {
		if err := q.features(be.Uint64(head[72:]), head); err != nil {
			return plain{}, err
		}
	}
	if q.size <= 0 || q.size > maxDisk || q.l1 < 0 || q.l1 > size {
		return plain{}, corrupt("header")
	}
	return plain{&mapped{below: r, size: q.size, find: q.find}, q.size}, nil
}

func qcowBacking(r io.ReaderAt, at, n int64) string {
	if at < 0 || n > 1023 {
		return ""
	}
	name := make([]byte, n)
	if _, err := readFull(r, name, at); err != nil {
		return ""
	}
	return printable(string(name))
}

func (q *qcow2) features(bits uint64, head []byte) error {
	switch {
	case bits&qcowDataFile != 0:
		return &Gap{Reason: Parent, Detail: "its data are in another file"}
	case bits&^qcowKnown != 0:
		return unsupported("features of qcow2")
	}
	q.wide = bits&qcowExtended != 0
	if bits&qcowPacking != 0 && binary.BigEndian.Uint32(head[100:]) > 104 {
		if head[104] > 1 {
			return unsupported("compression of qcow2")
		}
		q.zstd = head[104] == 1
	}
	return nil
}

// find looks off up in the tables.
func (q *qcow2) find(off int64) (span, error) {
	entrySize := int64(8)
	if q.wide {
		entrySize = 16
	}
	perTable := q.cluster / entrySize
	n, skip := off/q.cluster, off%q.cluster
	i := n / perTable
	if i >= q.l1Count {
		return span{}, corrupt("table of the first level")
	}
	var b [16]byte
	if _, err := q.tables.ReadAt(b[:8], q.l1+8*i); err != nil {
		return span{}, err
	}
	be := binary.BigEndian
	table := int64(be.Uint64(b[:]) & qcowPlace)
	if table == 0 {
		rest := perTable*q.cluster - off%(perTable*q.cluster)
		return span{n: rest, at: hole}, nil
	}
	if _, err := q.tables.ReadAt(b[:entrySize], table+n%perTable*entrySize); err != nil {
		return span{}, err
	}
	entry := be.Uint64(b[:])
	switch {
	case entry&qcowCompressed != 0:
		data, err := q.unpack(entry &^ (3 << 62))
		if err != nil {
			return span{}, err
		}
		return span{n: q.cluster - skip, data: data[skip:]}, nil
	case q.wide:
		return q.part(int64(entry&qcowPlace), be.Uint64(b[8:]), skip), nil
	case entry&1 != 0 || entry&qcowPlace == 0:
		return span{n: q.cluster - skip, at: hole}, nil
	}
	return span{n: q.cluster - skip, at: int64(entry&qcowPlace) + skip}, nil
}

// part finds one of the 32 parts of a cluster: the low half of the map tells
// which are written, the high half which read as zeros.
func (q *qcow2) part(at int64, written uint64, skip int64) span {
	size := q.cluster / 32
	k := skip / size
	s := span{n: size - skip%size, at: hole}
	if written>>k&1 != 0 && written>>(32+k)&1 == 0 && at != 0 {
		s.at = at + skip
	}
	return s
}

// unpack gives a compressed cluster. Its entry tells where it begins, to the
// byte, and how many sectors it runs on for.
func (q *qcow2) unpack(entry uint64) ([]byte, error) {
	bits := 62 - (log2(q.cluster) - 8)
	at := int64(entry & (1<<bits - 1))
	n := int64(entry>>bits+1)*sector - at%sector
	if at >= q.file || n > 2*q.cluster {
		return nil, corrupt("place of a compressed cluster")
	}
	return q.cache.get(at, func() ([]byte, error) {
		packed, err := readUpTo(q.r, at, n, q.file)
		if err != nil {
			return nil, err
		}
		out := make([]byte, q.cluster)
		if q.zstd {
			d, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
			if err != nil {
				return nil, corrupt("compressed cluster")
			}
			defer d.Close()
			return inflated(out, d)
		}
		return inflated(out, flate.NewReader(bytes.NewReader(packed)))
	})
}

// inflated fills out.
func inflated(out []byte, r io.Reader) ([]byte, error) {
	if _, err := io.ReadFull(r, out); err != nil {
		return nil, corrupt("compressed block")
	}
	return out, nil
}

func log2(n int64) int {
	k := 0
	for n > 1 {
		n >>= 1
		k++
	}
	return k
}

// unpacked keeps blocks that were unpacked lately, by where they begin.
type unpacked struct {
	limit int

	mu   sync.Mutex
	held map[int64][]byte
	ring []int64
	next int
}

// get gives the block at a place, made if it is not held. It is not written to.
func (u *unpacked) get(at int64, make func() ([]byte, error)) ([]byte, error) {
	u.mu.Lock()
	b, ok := u.held[at]
	u.mu.Unlock()
	if ok {
		return b, nil
	}
	b, err := make()
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.keep(at, b)
	return b, nil
}

func (u *unpacked) keep(at int64, b []byte) {
	if _, ok := u.held[at]; ok {
		return
	}
	if u.held == nil {
		u.held = map[int64][]byte{}
	}
	if len(u.ring) < u.limit {
		u.ring = append(u.ring, at)
	} else {
		delete(u.held, u.ring[u.next])
		u.ring[u.next] = at
		u.next = (u.next + 1) % u.limit
	}
	u.held[at] = b
}
