package disk

import (
	"encoding/binary"
	"io"
	"time"
)

// NTFS, after the documentation of the Linux-NTFS project.

// ntfs is a volume whose master file table is known.
type ntfs struct {
	w       *walk
	cluster int64 // bytes
	total   int64 // bytes in the volume, by its boot sector
	record  int64 // bytes in a file record
	mft     runList
	mftSize int64 // bytes of the table that were ever written
}

// Numbers of file records and the marks of a reference to one.
const (
	ntfsRoot    = 5
	ntfsOwn     = 16 // the records below it are those of the file system itself
	ntfsRefMask = 1<<48 - 1
)

// listNTFS yields the volume in one run over its master file table.
func listNTFS(w *walk) error {
	fs, err := openNTFS(w)
	if err != nil {
		return err
	}
	return newNTFSTree(fs).sweep()
}

func openNTFS(w *walk) (*ntfs, error) {
	var boot [sector]byte
	if _, err := w.meta.ReadAt(boot[:], 0); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	unit := int64(le.Uint16(boot[0x0b:]))
	fs := &ntfs{w: w, cluster: unit * int64(boot[0x0d])}
	if n := boot[0x0d]; n > 0x80 {
		fs.cluster = unit << (256 - int(n))
	}
	if unit < 256 || unit > 4096 || unit&(unit-1) != 0 || fs.cluster < unit || fs.cluster > 2<<20 || fs.cluster&(fs.cluster-1) != 0 {
		return nil, corrupt("boot sector of NTFS")
	}
	sectors := le.Uint64(boot[0x28:])
	if sectors >= maxDisk/uint64(unit) {
		return nil, corrupt("boot sector of NTFS")
	}
	fs.total = int64(sectors+1) * unit
	if n := int8(boot[0x40]); n > 0 {
		fs.record = int64(n) * fs.cluster
	} else if n > -32 {
		fs.record = 1 << -n
	}
	if fs.record < 512 || fs.record > 64<<10 {
		return nil, corrupt("size of the file records of NTFS")
	}
	first := fs.openMFT(le.Uint64(boot[0x30:]))
	if first == nil {
		return fs, nil
	}
	if second := fs.openMFT(le.Uint64(boot[0x38:])); second != nil {
		return nil, first
	}
	return fs, nil
}

// openMFT finds the pieces of the master file table by its own record, which
// is its first and begins at a cluster.
func (fs *ntfs) openMFT(cluster uint64) error {
	if cluster > uint64(fs.total/fs.cluster) {
		return corrupt("place of the master file table")
	}
	b := make([]byte, fs.record)
	if _, err := fs.w.meta.ReadAt(b, int64(cluster)*fs.cluster); err != nil {
		return err
	}
	rec, err := parseRecord(b)
	if err != nil {
		return err
	}
	var data stream
	if err := rec.collect(&data, attrData); err != nil {
		return err
	}
	if len(data.pieces) == 0 {
		return corrupt("the master file table has no data")
	}
	if err := fs.settle(&data); err != nil {
		return err
	}
	if list := rec.find(attrList); list != nil {
		if err := fs.extendMFT(list, &data); err != nil {
			return err
		}
	}
	return nil
}

// settle makes data the master file table.
func (fs *ntfs) settle(data *stream) error {
	runs, err := fs.runs(data)
	if err != nil {
		return err
	}
	fs.mft, fs.mftSize = runs, min(data.size, data.written, data.mapped(runs))
	if fs.mftSize > fs.total {
		return corrupt("size of the master file table")
	}
	return nil
}

// extendMFT adds the pieces of the table that are told in other records. Each
// must lie in the pieces known before.
func (fs *ntfs) extendMFT(list *attribute, data *stream) error {
	entries, err := fs.attributeBytes(list)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	seen := map[uint64]bool{0: true}
	for e := entries; len(e) >= 26; {
		n := int(le.Uint16(e[4:]))
		if n < 26 || n > len(e) {
			return nil
		}
		ref := le.Uint64(e[16:]) & ntfsRefMask
		if le.Uint32(e) == attrData && e[6] == 0 && !seen[ref] {
			seen[ref] = true
			rec, err := fs.load(ref)
			if err != nil {
				return err
			}
			if err := rec.collect(data, attrData); err != nil {
				return err
			}
			if err := fs.settle(data); err != nil {
				return err
			}
		}
		e = e[n:]
	}
	return nil
}

// load reads one file record.
func (fs *ntfs) load(number uint64) (record, error) {
	if number >= uint64(fs.mftSize/fs.record) {
		return record{}, corrupt("number of a file record")
	}
	b := make([]byte, fs.record)
	if _, err := readFull(fs.mft.reader(fs.w.r, fs.mftSize), b, int64(number)*fs.record); err != nil {
		return record{}, err
	}
	return parseRecord(b)
}

// attributeBytes reads a small attribute whole.
func (fs *ntfs) attributeBytes(a *attribute) ([]byte, error) {
	if a.value != nil {
		return a.value, nil
	}
	var s stream
	s.add(a)
	if s.size > 1<<20 {
		return nil, corrupt("size of an attribute list")
	}
	runs, err := fs.runs(&s)
	if err != nil {
		return nil, err
	}
	b := make([]byte, s.size)
	_, err = readFull(runs.reader(fs.w.r, s.size), b, 0)
	return b, err
}

// runs decodes where the pieces of a stream lie.
func (fs *ntfs) runs(s *stream) (runList, error) {
	var l runList
	for _, p := range s.pieces {
		var err error
		if l, err = fs.decodeRuns(l, p); err != nil {
			return nil, err
		}
	}
	return l, l.sorted()
}

// decodeRuns adds one mapping: pairs of a length and a distance from the run
// before, in clusters, each in as few bytes as it takes.
func (fs *ntfs) decodeRuns(l runList, p piece) (runList, error) {
	limit := fs.total / fs.cluster
	from, at := p.vcn, int64(0)
	for b := p.runs; len(b) > 0 && b[0] != 0; {
		nLen, nOff := int(b[0]&15), int(b[0]>>4)
		if nLen == 0 || nLen > 8 || nOff > 8 || 1+nLen+nOff > len(b) {
			return nil, corrupt("run list")
		}
		n := signed(b[1 : 1+nLen])
		if n <= 0 || n > maxDisk/fs.cluster || from < 0 || from > maxDisk/fs.cluster {
			return nil, corrupt("run list")
		}
		r := run{from: from * fs.cluster, n: n * fs.cluster, at: hole}
		if nOff > 0 {
			at += signed(b[1+nLen : 1+nLen+nOff])
			if at < 0 || at > limit || n > limit-at {
				return nil, corrupt("a run beyond the end of the volume")
			}
			r.at = at * fs.cluster
		}
		if l = l.add(r); len(l) > fs.w.lim.Runs {
			return nil, limited("pieces of a file")
		}
		from += n
		b = b[1+nLen+nOff:]
	}
	return l, nil
}

// signed reads a little-endian number of any length.
func signed(b []byte) int64 {
	var v int64
	for i, c := range b {
		v |= int64(c) << (8 * i)
	}
	shift := 64 - 8*len(b)
	return v << shift >> shift
}

// open gives the bytes of a stream.
func (fs *ntfs) open(s stream) (io.ReaderAt, error) {
	if s.flags&attrEncrypted != 0 {
		return nil, &Gap{Reason: Encrypted, Detail: "EFS", Bytes: s.size}
	}
	runs, err := fs.runs(&s)
	if err != nil {
		return nil, err
	}
	if end := s.mapped(runs); end < min(s.size, s.written) && s.flags&attrSparse == 0 {
		return nil, corrupt("a file of which pieces are missing")
	}
	if s.flags&attrCompressed != 0 && s.unit > 0 {
		return fs.openCompressed(s, runs)
	}
	return clipped(runs, s.written).reader(fs.w.r, s.size), nil
}

// clipped makes zeros of what lies beyond the end of what was written.
func clipped(l runList, end int64) runList {
	for k := range l {
		if l[k].from >= end {
			return l[:k]
		}
		l[k].n = min(l[k].n, end-l[k].from)
	}
	return l
}

// filetime converts 100 ns since 1601 to a time, the zero time where it makes
// no sense.
func filetime(v uint64) time.Time {
	const epoch = 11644473600 // seconds from 1601 to 1970
	if v == 0 || v > 1<<62 {
		return time.Time{}
	}
	return time.Unix(int64(v/1e7)-epoch, int64(v%1e7)*100).UTC()
}

// loadParts reads the attributes of the records that extend another, by its
// attribute list.
func (fs *ntfs) loadParts(number uint64) ([][]byte, error) {
	rec, err := fs.load(number)
	if err != nil {
		return nil, err
	}
	list := rec.find(attrList)
	if list == nil {
		return nil, nil
	}
	entries, err := fs.attributeBytes(list)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	var parts [][]byte
	seen := map[uint64]bool{number: true}
	for b := entries; len(b) >= 26; {
		n := int(le.Uint16(b[4:]))
		if n < 26 || n > len(b) {
			break
		}
		if ref := le.Uint64(b[16:]) & ntfsRefMask; !seen[ref] {
			seen[ref] = true
			part, err := fs.load(ref)
			if err != nil {
				return parts, err
			}
			if part.base == number {
				parts = append(parts, part.attrs)
			}
		}
		b = b[n:]
	}
	return parts, nil
}
