package disk

import (
	"errors"
)

// ntfsTree makes paths of file records. It reads the master file table once,
// from its beginning to its end, and yields a file as soon as all the folders
// above it are known; the few others wait.
type ntfsTree struct {
	fs    *ntfs
	dirs  map[uint64]ntfsDir
	lists map[uint64]bool // folders whose names may be in records to come
	swept uint64          // the record that is looked at
	last  bool            // no more folders will come

	waiting []ntfsEntry
	parts   map[uint64][][]byte // attributes of records that extend another, by its number
	full    bool                // not all parts were kept
	missed  []uint64            // a bit for each record that could not wait
	held    int64               // bytes that all this takes, roughly

	memo     map[uint64]string // paths of folders looked up lately
	memoSize int
}

// ntfsDir is a folder.
type ntfsDir struct {
	parent  uint64
	name    string
	seq     uint16
	deleted bool
}

// orphans is where files are whose folder is not known any more.
const orphans = "$Orphans"

const (
	longestPath = 32 << 10 // bytes
	memoBytes   = 1 << 20
	sweepSize   = 1 << 20 // bytes of the table read at once
)

func newNTFSTree(fs *ntfs) *ntfsTree {
	return &ntfsTree{fs: fs, dirs: map[uint64]ntfsDir{}, lists: map[uint64]bool{}, parts: map[uint64][][]byte{}, memo: map[uint64]string{}}
}

// sweep yields all files of the volume.
func (t *ntfsTree) sweep() error {
	var e ntfsEntry
	err := t.records(func(number uint64, rec record) error {
		t.swept = number
		if rec.base != 0 {
			return t.extension(rec)
		}
		e.reset(number, rec)
		e.absorb(rec.attrs)
		return t.take(&e)
	})
	if err != nil {
		return err
	}
	if err := t.settle(); err != nil {
		return err
	}
	for i := range t.waiting {
		if err := t.emit(&t.waiting[i]); err != nil {
			return err
		}
	}
	t.waiting = nil
	if t.missed == nil {
		return nil
	}
	return t.again()
}

// records calls visit with each record that was ever written.
func (t *ntfsTree) records(visit func(uint64, record) error) error {
	w := t.fs.w
	table := counted{w, t.fs.mft.reader(w.r, t.fs.mftSize)}
	size := t.fs.record
	buf := make([]byte, min(sweepSize, t.fs.mftSize))
	broken := int64(0)
	for off := int64(0); off+size <= t.fs.mftSize; off += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), (t.fs.mftSize-off)/size*size)]
		if _, err := readFull(table, buf, off); err != nil {
			if err := w.gap(lost(err, int64(len(buf))), "$MFT"); err != nil {
				return err
			}
			continue
		}
		for at := int64(0); at < int64(len(buf)); at += size {
			rec, err := parseRecord(buf[at : at+size])
			if err != nil {
				if !errors.Is(err, errNoRecord) {
					broken += size
				}
				continue
			}
			if err := visit(uint64((off+at)/size), rec); err != nil {
				return err
			}
		}
	}
	if broken > 0 {
		return w.gap(&Gap{Reason: Corrupt, Detail: "file records", Bytes: broken}, "$MFT")
	}
	return nil
}

// lost adds to err how many bytes it cost.
func lost(err error, n int64) error {
	err = gapOf(err)
	if g := asGap(err); g != nil {
		g2 := *g
		g2.Bytes = n
		return &g2
	}
	return err
}

// take yields the file of e, or keeps it until its folders are known.
func (t *ntfsTree) take(e *ntfsEntry) error {
	if e.number < ntfsOwn && e.number != ntfsRoot || len(e.names) == 0 && !e.listed {
		return nil
	}
	if e.dir {
		if e.listed {
			t.lists[e.number] = true
		}
		if err := t.folder(e); err != nil {
			return err
		}
	}
	if e.number == ntfsRoot {
		return nil
	}
	if !e.listed && t.ready(e) {
		return t.emit(e)
	}
	if kept, cost := e.kept(); t.held+cost < t.fs.w.lim.Held/2 || e.dir && e.listed {
		t.waiting = append(t.waiting, kept)
		t.held += cost
		return nil
	}
	if t.missed == nil {
		t.missed = make([]uint64, t.fs.mftSize/t.fs.record/64+1)
	}
	t.missed[e.number/64] |= 1 << (e.number % 64)
	return nil
}

// folder makes a folder of e known.
func (t *ntfsTree) folder(e *ntfsEntry) error {
	for _, n := range e.names {
		if n.short && len(e.names) > 1 {
			continue
		}
		t.dirs[e.number] = ntfsDir{n.parent, n.text, e.seq, e.deleted}
		if t.held += int64(100 + len(n.text)); t.held > t.fs.w.lim.Held {
			return exhausted("memory for folders")
		}
		return nil
	}
	return nil
}

// extension keeps the attributes of a record that belongs to another.
func (t *ntfsTree) extension(rec record) error {
	if !rec.inUse {
		return nil
	}
	cost := int64(80 + len(rec.attrs))
	if t.held+cost > t.fs.w.lim.Held*3/4 {
		t.full = true
		return nil
	}
	t.parts[rec.base] = append(t.parts[rec.base], append([]byte(nil), rec.attrs...))
	t.held += cost
	return nil
}

// settle completes the files that are told by several records.
func (t *ntfsTree) settle() error {
	for i := range t.waiting {
		if e := &t.waiting[i]; e.listed {
			if err := t.complete(e); err != nil {
				return err
			}
		}
	}
	t.last = true
	clear(t.memo)
	t.memoSize = 0
	return nil
}

// complete adds to e what its other records tell.
func (t *ntfsTree) complete(e *ntfsEntry) error {
	parts := t.parts[e.number]
	if t.full {
		var err error
		if parts, err = t.fs.loadParts(e.number); err != nil {
			if err := t.fs.w.gap(err, "$MFT"); err != nil {
				return err
			}
		}
	}
	for _, attrs := range parts {
		e.absorb(attrs)
	}
	if e.dir {
		return t.folder(e)
	}
	return nil
}

// again sweeps once more for what could not be kept, now that all folders are
// known.
func (t *ntfsTree) again() error {
	t.full = true
	var e ntfsEntry
	return t.records(func(number uint64, rec record) error {
		if t.missed[number/64]&(1<<(number%64)) == 0 {
			return nil
		}
		t.missed[number/64] &^= 1 << (number % 64)
		e.reset(number, rec)
		e.absorb(rec.attrs)
		if e.listed {
			if err := t.complete(&e); err != nil {
				return err
			}
		}
		return t.emit(&e)
	})
}

// emit yields the file of e under each of its names, with its streams.
func (t *ntfsTree) emit(e *ntfsEntry) error {
	again := false
	for _, n := range e.names {
		if n.short && len(e.names) > 1 {
			continue
		}
		folder, place := t.path(n.parent)
		if place == own {
			continue
		}
		f := File{Path: folder + n.text, Modified: e.modified, Dir: e.dir, Deleted: e.deleted, Again: again, Link: e.link}
		if err := t.emitStreams(e, f); err != nil {
			return err
		}
		again = true
	}
	return nil
}

func (t *ntfsTree) emitStreams(e *ntfsEntry, f File) error {
	w := t.fs.w
	main := f
	if !e.dir {
		main.open = t.fs.opener(stream{value: []byte{}}, nil)
	}
	for i := range e.streams {
		if s := &e.streams[i]; s.name == "" && !e.dir {
			main.Size, main.open = s.size, t.fs.opener(*s, e.absent)
		}
	}
	if err := w.file(main); err != nil {
		return err
	}
	for i := range e.streams {
		s := &e.streams[i]
		if s.name == "" || s.name == wofStream && e.absent != nil {
			continue
		}
		named := f
		named.Path, named.Dir, named.Link = f.Path+":"+element(s.name), false, ""
		named.Size, named.open = s.size, t.fs.opener(*s, nil)
		if err := w.file(named); err != nil {
			return err
		}
	}
	return nil
}
