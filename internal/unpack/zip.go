package unpack

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

var zipFormat = Format{
	Name: "zip",
	Doc: "Archives and all that are built as one: jar, docx, xlsx, odt, epub, whl, egg, nupkg, vsix, apk, crx, and programs that unpack themselves. " +
		"Methods store, deflate, bzip2, LZMA, xz and zstd. Members that the directory leaves out or describes otherwise than their own header are read as well, " +
		"and so are comments and what stands between members.",
	head: func(h []byte) bool {
		if len(h) < zipEndSize {
			return false
		}
		switch string(h[:4]) {
		case zipLocal:
			return zipLocalLikely(h)
		case zipAfter: // the first of several volumes
			return string(h[4:8]) == zipLocal && zipLocalLikely(h[4:])
		case zipEnd:
			return h[4] == 0 && h[5] == 0
		case "Cr24":
			return h[4] < 4 && h[5] == 0
		}
		return false
	},
	tail:      zipTail,
	walk:      walkZip,
	random:    true,
	directory: true,
	scan:      scanZip,
}

// The signatures of a zip archive.
const (
	zipLocal     = "PK\x03\x04"
	zipCentral   = "PK\x01\x02"
	zipEnd       = "PK\x05\x06"
	zipEnd64     = "PK\x06\x06"
	zipLocator64 = "PK\x06\x07"
	zipAfter     = "PK\x07\x08" // behind the bytes of a member, where its sizes stand
)

// zipTail looks for an end record that has a directory and fits the file.
func zipTail(_, tail []byte) bool {
	end := lastEnd(tail)
	if len(end) < zipEndSize {
		return false
	}
	comment := int(binary.LittleEndian.Uint16(end[20:]))
	entries, size := binary.LittleEndian.Uint16(end[10:]), binary.LittleEndian.Uint32(end[12:])
	return comment <= len(end)-zipEndSize && entries > 0 && size >= uint32(entries)*46
}

// lastEnd returns tail from its last end mark on. Every text file passes here:
// looking forwards is several times faster than bytes.LastIndex.
func lastEnd(tail []byte) (end []byte) {
	for {
		i := bytes.Index(tail, []byte(zipEnd))
		if i < 0 {
			return end
		}
		end, tail = tail[i:], tail[i+len(zipEnd):]
	}
}

// span is a range of bytes of an archive that was read.
type span struct{ from, to int64 }

// zipWalk is a walk through an archive by its directory.
type zipWalk struct {
	*walker
	at     io.ReaderAt
	size   int64
	run    *view  // what at is where members are picked; nil elsewhere
	listed bool   // there is a directory
	read   []span // members, headers included
	packed int64  // bytes of members, counted as often as they are named
}

func walkZip(w *walker, b *box) error {
	z := &zipWalk{walker: w, at: b.at, size: b.size}
	end := b.at
	if w.lim.Pick != nil {
		tail := &view{at: b.at, size: b.size}
		tail.keep(max(0, b.size-zipTailRun), zipTailRun)
		z.run = &view{at: b.at, size: b.size}
		z.at, end = z.run, tail
	}
	dir, err := findZipDirectory(end, b.size)
	if err == nil {
		z.listed = true
		z.read = append(z.read, dir.where...)
		err = z.directory(dir, io.NewSectionReader(end, dir.from, dir.size))
	}
	if err != nil && ends(err) {
		return err
	}
	if gapsErr := z.gaps(); gapsErr != nil {
		return gapsErr
	}
	return err
}

// directory visits every member that the directory names.
func (z *zipWalk) directory(dir zipDirectory, records *io.SectionReader) error {
	if len(dir.comment) > 0 {
		if err := z.visit(entry{beside: dir.comment}); err != nil {
			return err
		}
	}
	var r io.Reader
	if z.lim.Pick != nil {
		r = bufio.NewReaderSize(records, int(min(max(dir.size, 16), zipRun)))
	} else {
		s := z.open(records)
		defer z.close(s)
		r = s
	}
	for {
		rec, err := readZipRecord(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := z.member(rec, dir.shift); err != nil {
			return err
		}
	}
}

// member visits the member of a directory record.
func (z *zipWalk) member(rec zipRecord, shift int64) error {
	at := rec.offset + shift
	if z.lim.Pick != nil {
		rec.wish = z.ask(rec.name, rec.unpacked)
		if rec.wish == unwanted || rec.unpacked == 0 && rec.packed == 0 {
			return z.passOver(rec, at)
		}
		z.keep(rec, at)
	}
	var local zipLocalHeader
	err := errNoMember
	if rec.offset >= 0 && at >= 0 && at < z.size {
		local, err = readZipLocal(io.NewSectionReader(z.at, at, z.size-at))
	}
	if err != nil {
		if err := z.tellOf(rec.name, damaged(Corrupt, errNoMember.Error())); err != nil {
			return err
		}
		return z.visit(entry{name: rec.name, beside: rec.beside()})
	}
	from := at + local.length
	span := span{at, min(max(from, from+rec.packed), z.size)}
	z.read = append(z.read, span)
	z.packed += max(span.to-from, 0)
	if z.packed > 2*z.size+streamSlack {
		return damaged(Bomb, "members share the same bytes")
	}
	if !bytes.Equal(local.name, rec.name) {
		rec.also = local.name
	}
	if x := textExtra(local.extra); len(x) > 0 && !bytes.Equal(local.extra, rec.extra) {
		rec.also = slices.Concat(rec.also, []byte("\n"), x)
	}
	if err := z.visitPacked(rec.packing, from, rec.name, rec.beside()); err != nil {
		return err
	}
	if local.differs(rec.packing) {
		local.wish = rec.wish
		z.packed += local.packed
		z.read = append(z.read, spanOf(from, local.packed, z.size))
		return z.visitPacked(local.packing, from, local.name, nil)
	}
	return nil
}

// passOver visits a member that is not read. All that its own header could
// hold is taken for a part of it.
func (z *zipWalk) passOver(rec zipRecord, at int64) error {
	const most = 1<<16 + 24 // the header's extra fields, and the sizes behind the bytes
	if at >= 0 {
		z.read = append(z.read, spanOf(at, zipLocalSize+int64(len(rec.name))+max(rec.packed, 0)+most, z.size))
	}
	return z.visit(entry{name: rec.name, beside: rec.beside(), size: rec.unpacked, wish: rec.wish})
}

// What is read in one piece where members are picked, in bytes: the end of an
// archive, and the most of a directory, or of a member with its header.
const (
	zipTailRun = 1<<16 + zipEndSize
	zipRun     = 1 << 20
)

// keep reads a member together with its header, whose extra fields may be
// longer than the directory's.
func (z *zipWalk) keep(rec zipRecord, at int64) {
	const more = 64
	if at >= 0 && at < z.size && rec.packed >= 0 {
		n := zipLocalSize + int64(len(rec.name)+len(rec.extra)) + more
		if rec.method != 0 || !z.closed(z.path, rec.name) {
			n += min(rec.packed, zipRun)
		}
		z.run.keep(at, n)
	}
}

func spanOf(from, n, size int64) span { return span{from, min(max(from, from+n), size)} }

// visitPacked visits the bytes of a member that begin at from.
func (z *zipWalk) visitPacked(p packing, from int64, name, beside []byte) error {
	n := min(p.packed, max(z.size-from, 0))
	if p.encrypted || n < 0 {
		reason := Encrypted
		if n < 0 {
			reason = Corrupt
		}
		if err := z.tellOf(name, &Cut{Reason: reason, Bytes: p.unpacked}); err != nil {
			return err
		}
		return z.visit(entry{name: name, beside: beside})
	}
	section := io.NewSectionReader(z.at, from, n)
	if p.method == 0 && n == p.packed {
		return z.visitStored(section, p, name, beside)
	}
	s := z.open(&part{r: section, n: p.packed})
	defer z.close(s)
	return z.unpack(s, p, name, beside)
}

// visitStored visits a member that is not compressed, where it stands.
func (z *zipWalk) visitStored(at *io.SectionReader, p packing, name, beside []byte) error {
	r := io.Reader(at)
	if z.lim.Pick != nil {
		r = z.layer(at, &meter{n: at.Size()}) // the part that is read is charged
	} else if err := z.charge(at.Size()); err != nil {
		return err
	}
	e := entry{name: name, beside: beside, size: at.Size(), wish: p.wish}
	if z.detect(at, at.Size()) != nil {
		e.at = at
		return z.visit(e)
	}
	e.r, e.still, e.plain = checked(r, p.crc, p.unpacked), at, true
	return z.visit(e)
}

// unpack visits the bytes of a member that s reads.
func (w *walker) unpack(s *stream, p packing, name, beside []byte) error {
	decode, free, err := w.zipDecoder(s, p)
	if err != nil {
		if err := w.tellOf(name, err); err != nil {
			return err
		}
		return w.visit(entry{name: name, beside: beside})
	}
	defer free()
	l := w.layer(decode, &s.taken)
	return w.visit(entry{name: name, beside: beside, r: checked(l, p.crc, p.unpacked), size: p.unpacked, wish: p.wish})
}

// tellOf tells a failure of the member called name.
func (w *walker) tellOf(name []byte, err error) error {
	outer := w.path
	w.path += "!" + printable(name)
	defer func() { w.path = outer }()
	return w.tell(err)
}

// gaps visits what no member covers: foreign bytes before the archive, and
// members that the directory does not name.
func (z *zipWalk) gaps() error {
	slices.SortFunc(z.read, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	at := int64(0)
	for _, s := range append(z.read, span{z.size, z.size}) {
		if s.from-at >= shortestGap {
			if told, err := z.passGap(s.from - at); err != nil {
				return err
			} else if told {
				at = max(at, s.to)
				continue
			}
			if err := z.gap(at, s.from); err != nil {
				return err
			}
		}
		at = max(at, s.to)
	}
	return nil
}

// passGap tells of a gap that is not read.
func (z *zipWalk) passGap(n int64) (bool, error) {
	if !z.listed {
		return false, nil
	}
	return z.stray(n)
}

// shortestGap is the least number of bytes in which a secret could hide.
// What follows a member of a size not known before is shorter.
const shortestGap = 32

func (z *zipWalk) gap(from, to int64) error {
	s := z.open(io.NewSectionReader(z.at, from, to-from))
	defer z.close(s)
	return scanZip(z.walker, s)
}

// packing says how the bytes of a member are kept.
type packing struct {
	method    uint16
	encrypted bool
	crc       int64 // -1 where it is not known
	packed    int64 // bytes in the archive; -1 where that is not known
	unpacked  int64 // bytes unpacked; -1 where that is not known
	wish      wish
}

// differs reports whether p says something else than the directory, which is
// how one archive shows different members to different programs.
func (p packing) differs(dir packing) bool {
	return p.packed > 0 && (p.packed != dir.packed || p.method != dir.method && !p.encrypted)
}

var (
	errNoDirectory = errors.New("no directory at the end")
	errNoMember    = errors.New("no member where the directory says")
)

func unsupportedMethod(m uint16) error {
	return damaged(Unsupported, fmt.Sprintf("zip method %d", m))
}
