package gitpack

import (
	"errors"
	"io"
)

// Object is one object of a walk. It, and all that its methods and fields give,
// is valid until the walk yields an object of the same or of a lesser Depth, or
// ends; until then the object under which deltas come can be read together with
// each of them. Objects of one walk are for one goroutine at a time.
type Object struct {
	ID   ID
	Type Type
	Size int64 // bytes of content

	// Depth is how many objects that the walk yielded this one builds on: its
	// delta base stands at Depth-1, and is the last object the walk yielded there.
	// 0 means that nothing is known of the content yet.
	Depth int

	// Base is the delta base; the zero ID if Depth is 0.
	Base ID

	// Copies are the parts that are the same in Base, by ascending At, apart from
	// each other either here or there. All other bytes are not known from Base. It
	// is empty if Depth is 0, and may be for an object that was read from another
	// pack because the first one is damaged.
	Copies []Copy

	// Seen says that the object was not asked for, or is yielded by another shard:
	// it stands here because others build on it.
	Seen bool

	// Streamed says that the object is too large to be held: only Reader gives its
	// content.
	Streamed bool

	rope rope
	open func() io.Reader // of a streamed object
	walk *walker
	self *frame
}

// errStreamed is a wrong use of a streamed object.
var errStreamed = errors.New("object is streamed, and has only a Reader")

// ReadAt reads from a position of the content on, as io.ReaderAt. It fails for
// an object that is Streamed.
func (o *Object) ReadAt(p []byte, off int64) (int, error) {
	switch {
	case o.Streamed:
		return 0, errStreamed
	case off < 0:
		return 0, errors.New("read object: negative offset")
	case off >= o.Size:
		return 0, io.EOF
	}
	n := min(int64(len(p)), o.Size-off)
	o.rope.append(p[:0], off, n)
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// AppendRange adds to dst what stands in the content from off on, at most size
// bytes. What lies before or behind the content is left out. It adds nothing of
// an object that is Streamed.
func (o *Object) AppendRange(dst []byte, off, size int64) []byte {
	if off < 0 {
		off, size = 0, size+off
	}
	if o.Streamed || off >= o.Size {
		return dst
	}
	return o.rope.append(dst, off, min(size, o.Size-off))
}

// Slice returns size bytes of the content from off on without copying them, and
// false if they do not lie together in memory or are out of range. They must not
// be changed.
func (o *Object) Slice(off, size int64) ([]byte, bool) {
	if o.Streamed || off < 0 || size < 0 || off > o.Size-size {
		return nil, false
	}
	if size == 0 {
		return nil, true
	}
	e := &o.rope.extents[o.rope.locate(off)]
	off -= e.at
	if off+size > int64(len(e.data)) {
		return nil, false
	}
	return e.data[off : off+size : off+size], true
}

// Bytes returns all of the content, which must not be changed. It costs nothing
// for an object that is no delta, and a copy the first time for others; nil for
// one that is Streamed. A delta may be larger than any object that is held: look
// at Size first.
func (o *Object) Bytes() []byte {
	if o.Streamed {
		return nil
	}
	if flat, ok := o.rope.flat(); ok {
		return flat
	}
	return o.walk.flattened(o)
}

// Reader returns a new reader of all of the content. It holds little memory
// whatever the size. The reader of an object that is Streamed fails with an
// error that wraps ErrCorrupt if the content is not what it should be.
func (o *Object) Reader() io.Reader {
	if o.Streamed {
		return o.open()
	}
	return io.NewSectionReader(o, 0, o.Size)
}
