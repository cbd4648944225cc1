package disk

import (
	"encoding/binary"
	"io"
	"strings"
	"time"
)

// FAT12, FAT16 and FAT32, after Microsoft's FAT32 File System Specification.

// fat is a volume of FAT or exFAT, which chain clusters by a table.
type fat struct {
	w       *walk
	meta    io.ReaderAt
	bits    int   // in an entry of the table: 12, 16 or 32
	mask    int64 // of those bits, which mean something
	table   int64 // where the table is
	data    int64 // where cluster 2 is
	cluster int64 // bytes
	count   int64 // clusters
	root    int64 // the first cluster of the root; 0 on FAT12 and FAT16
	rootAt  int64 // where the root is if it has no clusters
	rootLen int64
}

const (
	fatReadOnlyLong = 0x0f // the attributes of an entry that holds part of a long name
	fatLabel        = 0x08
	fatDir          = 0x10
	fatEntry        = 32
	fatLongest      = 2 << 20 // bytes in a folder: 65,536 entries
)

// isFAT looks at what every FAT has; the texts that name its version need not
// be there.
func isFAT(head []byte) bool {
	if len(head) < sector || head[0] != 0xeb && head[0] != 0xe9 || head[510] != 0x55 || head[511] != 0xaa {
		return false
	}
	unit, per := binary.LittleEndian.Uint16(head[11:]), head[13]
	return unit >= 512 && unit <= 4096 && unit&(unit-1) == 0 && per != 0 && per&(per-1) == 0 &&
		binary.LittleEndian.Uint16(head[14:]) != 0 && (head[16] == 1 || head[16] == 2) && head[21] >= 0xf0
}

// fatName tells the versions apart, which is done by the number of clusters.
func fatName(head []byte) string {
	fs, err := newFAT(head)
	if err != nil {
		return "fat"
	}
	return map[int]string{12: "fat12", 16: "fat16", 32: "fat32"}[fs.bits]
}

func newFAT(b []byte) (*fat, error) {
	le := binary.LittleEndian
	unit := int64(le.Uint16(b[11:]))
	reserved, tables, entries := int64(le.Uint16(b[14:])), int64(b[16]), int64(le.Uint16(b[17:]))
	sectors, tableLen := int64(le.Uint16(b[19:])), int64(le.Uint16(b[22:]))
	if sectors == 0 {
		sectors = int64(le.Uint32(b[32:]))
	}
	if tableLen == 0 {
		tableLen = int64(le.Uint32(b[36:]))
	}
	fs := &fat{cluster: unit * int64(b[13]), table: reserved * unit, rootLen: entries * fatEntry}
	fs.rootAt = (reserved + tables*tableLen) * unit
	fs.data = fs.rootAt + roundUp(fs.rootLen, max(unit, 1))
	if fs.cluster == 0 || fs.data > sectors*unit {
		return nil, corrupt("boot sector of FAT")
	}
	fs.count = (sectors*unit - fs.data) / fs.cluster
	switch {
	case entries == 0:
		fs.bits, fs.mask, fs.root = 32, 1<<28-1, int64(le.Uint32(b[44:]))
	case fs.count < 4085:
		fs.bits, fs.mask = 12, 1<<12-1
	default:
		fs.bits, fs.mask = 16, 1<<16-1
	}
	fs.count = min(fs.count, tableLen*unit*8/int64(fs.bits)-2)
	return fs, nil
}

func listFAT(w *walk) error {
	boot := make([]byte, sector)
	if _, err := w.meta.ReadAt(boot, 0); err != nil {
		return err
	}
	fs, err := newFAT(boot)
	if err != nil {
		return err
	}
	fs.w, fs.meta = w, w.meta
	return (&tree{w: w, read: fs.folder}).list(node{id: uint64(fs.root), dir: true})
}

// next gives the cluster after n, 0 at the end of a chain.
func (fs *fat) next(r io.ReaderAt, n int64) (int64, error) {
	var b [4]byte
	at, size, shift := fs.table+4*n, 4, int64(0)
	switch fs.bits {
	case 12:
		at, size, shift = fs.table+n+n/2, 2, 4*(n&1)
	case 16:
		at, size = fs.table+2*n, 2
	}
	if _, err := readFull(r, b[:size], at); err != nil {
		return 0, err
	}
	v := int64(binary.LittleEndian.Uint32(b[:])) >> shift & fs.mask
	if v >= fs.mask-7 {
		return 0, nil
	}
	return v, fs.check(v)
}

func (fs *fat) check(n int64) error {
	if n < 2 || n-2 >= fs.count {
		return corrupt("a cluster outside the volume")
	}
	return nil
}

// chain follows the clusters from first for at most size bytes; less where it
// is a file that ends too early.
func (fs *fat) chain(r io.ReaderAt, first, size int64) (runList, error) {
	var l runList
	if size == 0 {
		return nil, nil
	}
	if err := fs.check(first); err != nil {
		return nil, err
	}
	for from, n := int64(0), first; from < size && n != 0; from += fs.cluster {
		if l = l.add(run{from: from, n: fs.cluster, at: fs.data + (n-2)*fs.cluster}); len(l) > fs.w.lim.Runs {
			return nil, limited("pieces of a file")
		}
		if from/fs.cluster > fs.count {
			return nil, corrupt("a chain of clusters without an end")
		}
		if from+fs.cluster >= size {
			break
		}
		var err error
		if n, err = fs.next(r, n); err != nil {
			return l, err
		}
	}
	return l, nil
}

// open gives the bytes of a file. Its chain is followed at once, in the table.
func (fs *fat) open(first, size int64) (io.ReaderAt, error) {
	l, err := fs.chain(newPages(fs.w.r, fs.w.vol.Size, 1<<20), first, size)
	if err != nil {
		return nil, err
	}
	if k := len(l); k > 0 && l[k-1].from+l[k-1].n < size {
		return nil, corrupt("a file that ends too early")
	}
	return l.reader(fs.w.r, size), nil
}

// bytes reads a folder whole, as far as it can be.
func (fs *fat) bytes(dir node) ([]byte, error) {
	if dir.id == 0 && fs.root == 0 {
		b := make([]byte, fs.rootLen)
		_, err := fs.meta.ReadAt(b, fs.rootAt)
		return b, err
	}
	l, err := fs.chain(fs.meta, int64(dir.id), fatLongest)
	var b []byte
	for _, r := range l {
		part := make([]byte, r.n)
		if _, err := fs.meta.ReadAt(part, r.at); err != nil {
			return b, err
		}
		b = append(b, part...)
	}
	return b, err
}

func (fs *fat) folder(dir node, each func(string, node, error) error) error {
	b, broken := fs.bytes(dir)
	var long longName
	for ; len(b) >= fatEntry && b[0] != 0; b = b[fatEntry:] {
		e := b[:fatEntry]
		switch {
		case e[0] == 0xe5:
			long = longName{}
			continue
		case e[11]&0x3f == fatReadOnlyLong:
			long.add(e)
			continue
		case e[11]&fatLabel != 0:
			long = longName{}
			continue
		}
		name := long.of(e)
		long = longName{}
		if name == "." || name == ".." {
			continue
		}
		n, err := fs.node(e)
		if err := each(name, n, err); err != nil {
			return err
		}
	}
	return broken
}

func (fs *fat) node(e []byte) (node, error) {
	le := binary.LittleEndian
	first := int64(le.Uint16(e[26:]))
	if fs.bits == 32 {
		first |= int64(le.Uint16(e[20:])) << 16
	}
	n := node{modified: dosTime(le.Uint16(e[24:]), le.Uint16(e[22:]))}
	if e[11]&fatDir != 0 {
		n.dir, n.id = true, uint64(first)
		return n, fs.check(first)
	}
	n.size = int64(le.Uint32(e[28:]))
	n.open = func() (io.ReaderAt, error) { return fs.open(first, n.size) }
	return n, nil
}

// longName gathers the entries that hold a long name, the last part first.
type longName struct {
	units []byte // UTF-16, from the end
	sum   byte
	next  byte // the number of the part that comes next, 0 after the last one
}

func (l *longName) add(e []byte) {
	part := e[0] & 0x1f
	if e[0]&0x40 != 0 {
		*l = longName{sum: e[13], next: part}
	}
	if part == 0 || part != l.next || e[13] != l.sum {
		*l = longName{}
		return
	}
	text := make([]byte, 0, 26+len(l.units))
	text = append(append(append(text, e[1:11]...), e[14:26]...), e[28:32]...)
	l.units, l.next = append(text, l.units...), part-1
}

// of gives the name of an entry: the long one, if it is whole and belongs to
// it, or else the short one.
func (l *longName) of(e []byte) string {
	sum := byte(0)
	for _, c := range e[:11] {
		sum = sum<<7 | sum>>1
		sum += c
	}
	if len(l.units) > 0 && l.next == 0 && l.sum == sum {
		return strings.TrimRight(utf16Text(l.units, binary.LittleEndian), "\uffff")
	}
	name, ext := strings.TrimRight(string(e[:8]), " "), strings.TrimRight(string(e[8:11]), " ")
	if e[12]&8 != 0 {
		name = strings.ToLower(name)
	}
	if e[12]&16 != 0 {
		ext = strings.ToLower(ext)
	}
	if len(name) > 0 && name[0] == 5 {
		name = "\xe5" + name[1:]
	}
	if ext == "" {
		return name
	}
	return name + "." + ext
}

// dosTime converts a date and a time of two seconds' precision. The zone is not
// kept; UTC is taken for it.
func dosTime(date, clock uint16) time.Time {
	if date == 0 {
		return time.Time{}
	}
	return time.Date(1980+int(date>>9), time.Month(date>>5&15), int(date&31), int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC)
}
