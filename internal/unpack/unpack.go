// Package unpack reads containers: archives, packages and compressed streams,
// one in another to any depth, down to the bytes that are none.
//
// What a file is, its bytes decide, never its name. Everything is bounded:
// bytes unpacked, their ratio to the bytes packed, depth, number of members,
// memory held and the size of dictionaries. What was not read because of a
// limit, a password or damage is told as a [Cut] with a fixed reason; the rest
// is yielded all the same.
//
// The package writes nothing to disk, asks for no password, and does not
// search what it yields. It knows no documents: the text of an OOXML file is
// XML in a zip and is yielded as that.
package unpack

import (
	"context"
	"io"
	"iter"
)

// Format is a sort of container. Formats are values; [All] lists them.
type Format struct {
	Name string // one short word: zip
	Doc  string // what is read of it, in a sentence

	head      func(head []byte) bool       // does a container begin so
	tail      func(head, tail []byte) bool // does it end so, where the beginning does not tell; nil for most
	walk      func(*walker, *box) error    // visits the members
	random    bool                         // walk reads back and forth: box.at is set
	directory bool                         // see Directory
	scan      func(*walker, *stream) error // visits the members forwards, where random and too large to hold; nil for most
}

// Directory reports whether the container says in one place what is in it, so
// that a walk for which nothing is picked costs next to nothing.
func (f Format) Directory() bool { return f.directory }

// HeadSize and TailSize say how many bytes [Sniff] wants to see.
const (
	HeadSize = 512
	TailSize = 1024
)

// Sniff tells which container begins with head, the first HeadSize bytes or
// all there are. Some containers stand behind foreign bytes, such as a program
// that unpacks itself; they show in tail, the last TailSize bytes, which may be
// nil where they are not at hand. A yes may still turn out wrong. It may be
// called by many at once.
func Sniff(head, tail []byte) (Format, bool) {
	if f := sniff(All, head, tail); f != nil {
		return *f, true
	}
	return Format{}, false
}

func sniff(all []Format, head, tail []byte) *Format {
	for i := range all {
		if all[i].head(head) {
			return &all[i]
		}
	}
	if tail == nil {
		return nil
	}
	for i := range all {
		if f := &all[i]; f.tail != nil && f.tail(head, tail) {
			return f
		}
	}
	return nil
}

// Limits bounds what one hostile container can cost. The zero value is safe.
type Limits struct {
	Depth   int   // containers inside containers; 0 means 8
	Members int   // members in all; 0 means 1,000,000
	Bytes   int64 // bytes unpacked in all, those of inner containers included; 0 means 10 GiB
	Ratio   int64 // bytes unpacked for each byte packed, once they are many; 0 means 1000
	Held    int64 // bytes kept in memory of inner containers that are read back and forth; 0 means 64 MiB
	Window  int64 // bytes of dictionaries of all decoders in use; 0 means 160 MiB

	// Pick says of each member with a name and with bytes whether it is read; nil
	// means all. It is asked once, before any of the bytes are touched, with the
	// Path and the Size that Member has. What it does not want is yielded all the
	// same, as Passed. Bytes that belong to no member, in a container that has a
	// directory, are then read only where they are few, and else told as Stray.
	Pick func(path string, size int64) bool

	// Closed says of a member with a name and with bytes, by its Path, that it is
	// yielded as it stands even if it is a container; nil means that all are
	// opened. Where the bytes can be read back and forth they are not read before:
	// such a member has At, and no Whole. It may be asked more than once.
	Closed func(path string) bool
}

// Slack that the ratio grants: to one stream, and to a container with all that
// is in it.
const (
	streamSlack = 1 << 20
	nestSlack   = 64 << 20
)

func (l Limits) filled() Limits {
	set := func(v *int64, or int64) {
		if *v <= 0 {
			*v = or
		}
	}
	if l.Depth <= 0 {
		l.Depth = 8
	}
	if l.Members <= 0 {
		l.Members = 1_000_000
	}
	set(&l.Bytes, 10<<30)
	set(&l.Ratio, 1000)
	set(&l.Held, 64<<20)
	set(&l.Window, 160<<20)
	return l
}

// WholeSize is the size in bytes up to which a member is given whole.
const WholeSize = 1 << 20

// Member is bytes inside a container that are not a container themselves.
// It is valid until the next one is asked for.
type Member struct {
	// Path leads from the outermost container to the member, each name after a
	// "!": "!a.zip!b.txt". It is valid UTF-8 without control characters, however
	// the name is written in the container. A stream that is only compressed has
	// no name, so Path is empty for the text of a .gz file; it is that of the
	// container for bytes that belong to no member, such as a program before a
	// zip archive.
	Path string

	// Size is in bytes; -1 where only reading tells.
	Size int64

	// Beside is what the container keeps beside the bytes, each on a line: the
	// name as it was written, the target of a link, comments, extended headers.
	// Text may hide there as well.
	Beside []byte

	// Whole is all of the bytes where they are at most WholeSize, else nil.
	Whole []byte

	// Reader gives the bytes. It never fails: where they cannot be read to their
	// end it ends early, and a Cut follows the member. A bad checksum shows only
	// if it is read to the end.
	Reader io.Reader

	// At reads the bytes back and forth, Size of them, where they stand unpacked
	// in what can be read so; nil elsewhere. Its errors are those of what lies
	// below, and no checksum is compared. It may be called by many at once.
	At io.ReaderAt

	// Passed says that Limits.Pick did not want the member: its bytes were not
	// read, and Reader gives none.
	Passed bool
}

// Members yields what is in the container of size bytes in r, in the order in
// which it is read. Containers among the members are opened in turn. A member
// that could not be read, or not to its end, is a *Cut error; it ends nothing
// unless the limit it tells of is one for the whole container. The only other
// error is that of ctx, which ends the walk. If r is no container, nothing is
// yielded.
func Members(ctx context.Context, r io.ReaderAt, size int64, lim Limits) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		w := newWalker(ctx, size, lim.filled(), yield)
		defer w.finish()
		w.formats = All
		w.root(r, size)
	}
}
