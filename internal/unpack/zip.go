package unpack

import (
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
	tail:   zipTail,
	walk:   walkZip,
	random: true,
	scan:   scanZip,
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
	read   []span // members, headers included
	packed int64  // bytes of members, counted as often as they are named
}

func walkZip(w *walker, b *box) error {
	z := &zipWalk{walker: w, at: b.at, size: b.size}
	dir, err := findZipDirectory(b.at, b.size)
	if err == nil {
		z.read = append(z.read, dir.where...)
		err = z.directory(dir)
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
func (z *zipWalk) directory(dir zipDirectory) error {
	if len(dir.comment) > 0 {
		if err := z.visit(entry{beside: dir.comment}); err != nil {
			return err
		}
	}
	s := z.open(io.NewSectionReader(z.at, dir.from, dir.size))
	defer z.close(s)
	for {
		rec, err := readZipRecord(s)
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
		z.packed += local.packed
		z.read = append(z.read, spanOf(from, local.packed, z.size))
		return z.visitPacked(local.packing, from, local.name, nil)
	}
	return nil
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
	if err := z.charge(at.Size()); err != nil {
		return err
	}
	if z.detect(at, at.Size()) != nil {
		return z.visit(entry{name: name, beside: beside, at: at, size: at.Size()})
	}
	return z.visit(entry{name: name, beside: beside, r: checked(at, p.crc, p.unpacked), size: at.Size(), plain: true})
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
	return w.visit(entry{name: name, beside: beside, r: checked(l, p.crc, p.unpacked), size: p.unpacked})
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
			if err := z.gap(at, s.from); err != nil {
				return err
			}
		}
		at = max(at, s.to)
	}
	return nil
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
