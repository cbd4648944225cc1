package unpack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/nwaples/rardecode/v2"
)

var rarFormat = Format{
	Name: "rar",
	Doc: "Archives of RAR 2 to 7 with names, link targets and comments, solid ones as well. Members of RAR 3 and 4 that are packed need more memory for a text model than is allowed by default, " +
		"and are then told as such; members that are split over several volumes are told as unsupported.",
	head: func(h []byte) bool { return rarSyntaxOf(h) != nil },
	walk: walkRar,
}

// rarSyntax is how one of the two families of archives writes its blocks.
type rarSyntax struct {
	magic string
	read  func(*stream) (*rarBlock, error) // the next block; io.EOF where there is none
	main  func(solid byte) []byte          // magic and first block of an archive that is made up
	solid byte                             // the flag for that
}

var rarSyntaxes = []rarSyntax{
	{"Rar!\x1a\x07\x00", readRar4, mainRar4, rar4Solid},
	{"Rar!\x1a\x07\x01\x00", readRar5, mainRar5, rar5Solid},
}

func rarSyntaxOf(h []byte) *rarSyntax {
	for i := range rarSyntaxes {
		if bytes.HasPrefix(h, []byte(rarSyntaxes[i].magic)) {
			return &rarSyntaxes[i]
		}
	}
	return nil
}

// rarKind is what a block holds.
type rarKind uint8

const (
	rarOther rarKind = iota
	rarMain
	rarFile
	rarComment
	rarEncryption
	rarEnd
)

// rarBlock is a header, and what it says of the bytes behind it.
type rarBlock struct {
	kind  rarKind
	head  []byte // as it stands in the archive
	data  int64  // bytes behind it
	solid bool   // of a file: it goes on with the dictionary of the one before; of an archive: some do

	name, link []byte
	unpacked   int64 // -1 where that is not known
	crc        int64 // -1 where there is none
	window     int64 // bytes of its dictionary
	version    rarVersion
	encrypted  bool
	folder     bool
	split      bool // over several volumes; of an end: more follow
}

// rarVersion is the method by which a member is packed.
type rarVersion uint8

const (
	rarUnknown rarVersion = iota
	rarStored
	rar20
	rar29
	rar50
)

const (
	// rarSmallest is the least dictionary of the rardecode package, in bytes.
	rarSmallest = 256 << 10

	// rarModel is what the text model of RAR 3 and 4 takes at most, in bytes:
	// 256 MiB as the format counts them, in units of 12 that take 16.
	rarModel = 352 << 20

	// mostPadding is how many packed bytes may follow those of the last symbol.
	mostPadding = 4 << 10
)

// memory is what the decoder of a member takes at most, in bytes. A filter may
// be as long as the dictionary, and takes it three times more.
func (b *rarBlock) memory() int64 {
	window := b.window
	if !b.solid && b.unpacked >= 0 {
		window = min(window, b.unpacked)
	}
	window = max(window, rarSmallest)
	switch b.version {
	case rar29:
		return 4*window + rarModel
	case rar50:
		return 4 * window
	}
	return window
}

// rarWalk is a walk through an archive. It reads the headers itself, and hands
// members to the rardecode package as archives of their own: each alone, or
// those that share a dictionary one after the other.
type rarWalk struct {
	*walker
	b      *box
	syntax *rarSyntax
	off    int64 // behind the last block, its bytes included
	solid  bool
	run    *rarRun // of the members that share a dictionary; nil if there is none
}

// rarRun is an archive in the making.
type rarRun struct {
	*rardecode.Reader
	pending []byte // to be read before the bytes of the member
	data    io.Reader
	memory  int64 // set aside
}

func (r *rarRun) feed(p []byte) (int, error) {
	if len(r.pending) > 0 {
		n := copy(p, r.pending)
		r.pending = r.pending[n:]
		return n, nil
	}
	return r.data.Read(p)
}

// feedFunc is a reader that cannot seek.
type feedFunc func([]byte) (int, error)

func (f feedFunc) Read(p []byte) (int, error) { return f(p) }

func walkRar(w *walker, b *box) error {
	head, _ := b.Peek(8)
	r := &rarWalk{walker: w, b: b, syntax: rarSyntaxOf(head)}
	defer r.drop()
	n, _ := b.Discard(len(r.syntax.magic))
	for r.off = int64(n); ; {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		block, err := r.syntax.read(b.stream)
		if err == io.EOF {
			return nil
		}
		if err != nil && len(block.head) == 0 {
			return err
		}
		if err != nil {
			return w.remains(block.head, b.stream, err)
		}
		r.off += int64(len(block.head))
		if block.kind == rarEncryption {
			return &Cut{Reason: Encrypted, Bytes: max(0, b.size-r.off)}
		}
		if block.kind == rarEnd {
			return r.end(block)
		}
		if err := r.block(block); err != nil {
			return err
		}
	}
}

func (r *rarWalk) end(last *rarBlock) error {
	if last.split {
		if err := r.tell(damaged(Unsupported, "more volumes follow")); err != nil {
			return err
		}
	}
	return r.rest(r.b.stream, nil)
}

// block visits what a block holds, and goes behind it.
func (r *rarWalk) block(block *rarBlock) error {
	p := &part{r: r.b.stream, n: block.data}
	var err error
	switch block.kind {
	case rarMain:
		r.solid = block.solid
	case rarFile:
		err = r.member(block, p)
	case rarComment:
		if block.version == rarStored && block.data <= longestPax {
			var text []byte
			if text, err = io.ReadAll(p); err == nil {
				err = r.visit(entry{beside: text})
			}
		}
	}
	if err == nil {
		err = p.skip(r.walker)
	}
	r.off += block.data
	return err
}

// member visits a member whose bytes are those of p.
func (r *rarWalk) member(m *rarBlock, p *part) error {
	e := entry{name: m.name, beside: m.link}
	if m.folder || m.data == 0 {
		return r.visit(e)
	}
	e.size = m.unpacked
	if e.wish = r.ask(m.name, m.unpacked); e.wish == unwanted && (!r.solid || m.version == rarStored || m.encrypted) {
		return r.visit(e)
	}
	var cause error
	switch {
	case m.encrypted:
		cause = &Cut{Reason: Encrypted, Bytes: max(m.unpacked, 0)}
	case m.split:
		cause = damaged(Unsupported, "a member in several volumes")
	case m.version == rarUnknown:
		cause = damaged(Unsupported, "rar method")
	case m.version == rarStored:
		return r.stored(e, m, p)
	default:
		return r.packed(e, m, p)
	}
	r.drop()
	return r.unread(e, cause)
}

// unread visits a member whose bytes cannot be read.
func (r *rarWalk) unread(e entry, cause error) error {
	if e.wish != unwanted {
		if err := r.tellOf(e.name, cause); err != nil {
			return err
		}
	}
	return r.visit(e)
}

// stored visits a member that is not packed, where it stands if it is large.
func (r *rarWalk) stored(e entry, m *rarBlock, p *part) error {
	e.size = m.data
	e.r = checked(p, m.crc, m.unpacked)
	if r.b.at == nil || m.data <= streamBuffer*4 || r.off+m.data > r.b.size {
		return r.visit(e)
	}
	at := io.NewSectionReader(r.b.at, r.off, m.data)
	if e.still = at; r.detect(at, m.data) != nil {
		e.at = at
		p.n -= r.b.jump(p.n)
	}
	e.plain = e.at == nil
	return r.visit(e)
}

// packed visits a member that is packed.
func (r *rarWalk) packed(e entry, m *rarBlock, p *part) error {
	packed := &meter{r: p}
	if err := r.decoder(m, packed); err != nil {
		r.drop()
		return r.unread(e, err)
	}
	l := r.layer(r.run, packed)
	if e.wish != unwanted {
		e.r = checked(l, m.crc, m.unpacked)
	}
	if err := r.visit(e); err != nil {
		return err
	}
	if !r.solid {
		r.drop()
		return nil
	}
	err := l.drain()
	if err == nil && p.n <= mostPadding {
		r.run.pending, err = io.ReadAll(p)
	}
	if err != nil || p.n > 0 {
		r.drop()
	}
	return r.tell(err)
}

// decoder makes r.run read the bytes of a member.
func (r *rarWalk) decoder(m *rarBlock, packed io.Reader) error {
	if !m.solid {
		r.drop()
		r.run = &rarRun{}
	}
	if r.run == nil {
		return damaged(Corrupt, "the member before it was not read")
	}
	if need := m.memory(); need > r.run.memory {
		if err := r.reserve(need); err != nil {
			return err
		}
		r.run.memory += need
	}
	r.run.data = packed
	if r.run.Reader == nil {
		flags := byte(0)
		if r.solid {
			flags = r.syntax.solid
		}
		r.run.pending = r.syntax.main(flags)
	}
	r.run.pending = append(r.run.pending, m.head...)
	_, err := openSafely(func() (io.Reader, error) {
		if r.run.Reader == nil {
			z, err := rardecode.NewReader(feedFunc(r.run.feed), rardecode.MaxDictionarySize(r.lim.Window), rardecode.SkipCheck)
			if err != nil {
				return nil, err
			}
			r.run.Reader = z
		}
		_, err := r.run.Next()
		return nil, err
	})
	return rarError(err)
}

// rarError finds the reason of an error of the rardecode package.
func rarError(err error) error {
	switch err {
	case rardecode.ErrDictionaryTooLarge:
		return damaged(Memory, "")
	case rardecode.ErrArchivedFileEncrypted, rardecode.ErrArchiveEncrypted:
		return damaged(Encrypted, "")
	}
	return err
}

// drop ends a run, and gives its memory back.
func (r *rarWalk) drop() {
	if r.run != nil {
		r.release(r.run.memory)
		r.run = nil
	}
}

func errRarHeader(what string) error { return damaged(Corrupt, fmt.Sprintf("header of %s", what)) }
