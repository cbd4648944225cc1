package disk

import (
	"encoding/binary"
	"io"
	"time"
)

// exFAT, after Microsoft's exFAT file system specification.

// Types of entries of folders; those of deleted ones lack the uppermost bit.
const (
	exfatFile   = 0x85
	exfatStream = 0xc0
	exfatName   = 0xc1

	exfatNoChain = 2 // a flag of a stream: its clusters follow each other
	exfatLongest = 256 << 20
)

// exfat is a volume whose boot sector was read. Its table is that of a FAT.
type exfat struct {
	fat
	plain map[uint64]int64 // folders that lie in one piece and their lengths, until they are read
}

func listExFAT(w *walk) error {
	b := make([]byte, sector)
	if _, err := w.meta.ReadAt(b, 0); err != nil {
		return err
	}
	le := binary.LittleEndian
	if b[108] < 9 || b[108] > 12 || b[109] > 25-b[108] {
		return corrupt("boot sector of exFAT")
	}
	unit := int64(1) << b[108]
	fs := &exfat{plain: map[uint64]int64{}, fat: fat{
		w: w, meta: w.meta, bits: 32, mask: 1<<32 - 1, cluster: unit << b[109], count: int64(le.Uint32(b[92:])),
		table: int64(le.Uint32(b[80:])) * unit, data: int64(le.Uint32(b[88:])) * unit, root: int64(le.Uint32(b[96:])),
	}}
	return (&tree{w: w, read: fs.folder}).list(node{id: uint64(fs.root), dir: true})
}

// layout finds where size bytes from a cluster on lie.
func (fs *exfat) layout(r io.ReaderAt, first, size int64, flags byte) (runList, error) {
	if flags&exfatNoChain == 0 || size == 0 {
		return fs.chain(r, first, size)
	}
	clusters := (size + fs.cluster - 1) / fs.cluster
	if fs.check(first) != nil || clusters > fs.count-(first-2) {
		return nil, corrupt("a cluster outside the volume")
	}
	return runList{{n: clusters * fs.cluster, at: fs.data + (first-2)*fs.cluster}}, nil
}

// contents gives a folder, of which a chain tells the length if nothing else.
func (fs *exfat) contents(dir node) (io.ReaderAt, int64, error) {
	if size, ok := fs.plain[dir.id]; ok {
		delete(fs.plain, dir.id)
		size = min(size, exfatLongest)
		l, err := fs.layout(fs.meta, int64(dir.id), size, exfatNoChain)
		return l.reader(fs.meta, size), size, err
	}
	l, err := fs.chain(fs.meta, int64(dir.id), exfatLongest)
	size := int64(0)
	for _, r := range l {
		size += r.n
	}
	return l.reader(fs.meta, size), size, err
}

// folder calls each for the entries of a folder: sets of one entry for the
// file, one for its stream, and some for its name.
func (fs *exfat) folder(dir node, each func(string, node, error) error) error {
	r, size, broken := fs.contents(dir)
	entry := func(at int64, b []byte) error {
		_, err := readFull(r, b, at)
		return err
	}
	for at := int64(0); at+fatEntry <= size; {
		var b [fatEntry]byte
		if err := entry(at, b[:]); err != nil {
			return err
		}
		if b[0] == 0 {
			break
		}
		at += fatEntry
		more := int64(b[1]) * fatEntry
		if b[0] != exfatFile || more < 2*fatEntry || more > 18*fatEntry || at+more > size {
			continue
		}
		set := make([]byte, fatEntry+more)
		copy(set, b[:])
		if err := entry(at, set[fatEntry:]); err != nil {
			return err
		}
		if set[fatEntry] != exfatStream {
			continue
		}
		at += more
		name, n, err := fs.node(set)
		if err := each(name, n, err); err != nil {
			return err
		}
	}
	return broken
}

// node reads a set of entries.
func (fs *exfat) node(set []byte) (string, node, error) {
	le := binary.LittleEndian
	stream := set[fatEntry : 2*fatEntry]
	var text []byte
	for e := set[2*fatEntry:]; len(e) >= fatEntry && e[0] == exfatName; e = e[fatEntry:] {
		text = append(text, e[2:fatEntry]...)
	}
	name := utf16Text(text[:min(len(text), 2*int(stream[3]))], le)

	written, first, size := int64(le.Uint64(stream[8:])), int64(le.Uint32(stream[20:])), int64(le.Uint64(stream[24:]))
	stamp := le.Uint32(set[12:])
	n := node{modified: dosTime(uint16(stamp>>16), uint16(stamp))}
	if size < 0 || size > maxDisk {
		return name, n, corrupt("size of a file")
	}
	if zone := set[23]; zone&0x80 != 0 && !n.modified.IsZero() {
		quarters := time.Duration(int8(zone<<1) / 2) // of an hour, seven bits with a sign
		n.modified = n.modified.Add(-15 * time.Minute * quarters)
	}
	if le.Uint16(set[4:])&fatDir != 0 {
		n.dir, n.id = true, uint64(first)
		if stream[1]&exfatNoChain != 0 {
			fs.plain[n.id] = size
		}
		return name, n, fs.check(first)
	}
	n.size = size
	flags := stream[1]
	n.open = func() (io.ReaderAt, error) {
		l, err := fs.layout(newPages(fs.w.r, fs.w.vol.Size, 1<<20), first, n.size, flags)
		if err != nil {
			return nil, err
		}
		return clipped(l, written).reader(fs.w.r, n.size), nil
	}
	return name, n, nil
}
