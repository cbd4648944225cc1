package gitpack

import (
	"fmt"
	"io"
)

// resolve makes the object of a frame out of the one under it.
func (w *walker) resolve(f *frame, base *frame) error {
	forest, p := w.part.forest, w.part.pack
	if base != nil && base.failure != nil {
		return failed(base.failure)
	}
	if base != nil && base.object.Streamed {
		return failed(ErrTooLarge)
	}
	switch forest.base[f.node] {
	case doubleNode:
		return corrupt("index has two objects at offset %d", forest.off[f.node])
	case loopNode:
		return corrupt("delta at %d is one of itself", forest.off[f.node])
	}
	e, err := p.entryAt(forest.off[f.node])
	if err != nil {
		return err
	}
	if e.size > most(len(p.data)-e.body) {
		return fmt.Errorf("%w: %w", ErrCorrupt, errInflateShort)
	}
	if e.kind == ofsDelta || e.kind == refDelta {
		return w.resolveDelta(f, base, e)
	}
	f.object.Type, f.object.Size = e.kind, e.size
	if e.size > w.limits.MaxObject {
		f.object.Streamed = true
		raw, size := p.data[e.body:], e.size
		f.object.open = func() io.Reader { return &streamReader{raw: raw, left: size} }
		return nil
	}
	data, err := w.unpack(f, e)
	if err != nil {
		return err
	}
	w.setFlat(f, data)
	return nil
}

// unpack inflates the data of an entry into memory of the walk.
func (w *walker) unpack(f *frame, e entry) ([]byte, error) {
	forest, p := w.part.forest, w.part.pack
	data, ok := w.bytes.alloc(int(e.size) + inflateSlack)
	if !ok {
		return nil, fmt.Errorf("%w: the walk holds too much", ErrTooLarge)
	}
	var sound soundness
	if pos := forest.pos[f.node]; pos != unlisted {
		sound.want, sound.known = p.index.crc(int(pos))
		sound.head = p.data[forest.off[f.node]:e.body]
	}
	if _, err := w.unzip(data, int(e.size), p.data[e.body:], sound); err != nil {
		return nil, err
	}
	w.bytes.shrink(inflateSlack)
	return data[:e.size:e.size], nil
}

// setFlat gives an object its content in one piece.
func (w *walker) setFlat(f *frame, data []byte) {
	f.object.Size = int64(len(data))
	f.object.rope = rope{size: int64(len(data))}
	if len(data) > 0 {
		f.single[0] = extent{0, data}
		f.object.rope.extents = f.single[:]
	}
}

// resolveDelta applies a delta to the object under it.
func (w *walker) resolveDelta(f, base *frame, e entry) error {
	if e.size > w.limits.MaxObject {
		return fmt.Errorf("%w: delta of %d bytes", ErrTooLarge, e.size)
	}
	var under *rope
	if base != nil {
		under, f.object.Type = &base.object.rope, base.object.Type
	} else {
		kind, data, err := w.outside(e)
		if err != nil {
			return failed(err)
		}
		flat := flatRope(data)
		under, f.object.Type = &flat, kind
	}
	data, err := w.unpack(f, e)
	if err != nil {
		return err
	}
	d, err := openDelta(data)
	if err != nil {
		return err
	}
	if d.base != under.size {
		return corrupt("delta is of a base of %d bytes, not %d", d.base, under.size)
	}
	if d.size > w.limits.MaxObject*virtualMost {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, d.size)
	}
	f.object.Size = d.size
	if w.copiesSpare, err = d.copies(w.copiesSpare[:0]); err != nil {
		return err
	}
	f.object.Copies = w.copiesSpare
	if len(f.kids) > 0 {
		kept, ok := w.copies.alloc(len(w.copiesSpare))
		if !ok {
			return fmt.Errorf("%w: the walk holds too much", ErrTooLarge)
		}
		copy(kept, w.copiesSpare)
		f.object.Copies = kept
	}
	return w.build(f, d, under)
}

// build gives an object its content: in one piece if it is small and others
// build on it, else in pieces of what it comes from.
func (w *walker) build(f *frame, d delta, under *rope) error {
	leaf := len(f.kids) == 0
	if leaf || d.size > flatMost {
		bound := extentsMost
		if leaf {
			bound = leafMost
		}
		w.extentsSpare = d.weave(w.extentsSpare[:0], under, bound)
		if len(w.extentsSpare) <= bound {
			f.object.rope = rope{d.size, w.extentsSpare}
			return w.keepExtents(f)
		}
	}
	if d.size > w.limits.MaxObject {
		return fmt.Errorf("%w: %d bytes in too many pieces", ErrTooLarge, d.size)
	}
	flat, ok := w.bytes.alloc(int(d.size))
	if !ok {
		return fmt.Errorf("%w: the walk holds too much", ErrTooLarge)
	}
	w.setFlat(f, d.flatten(flat[:0], under))
	return nil
}

// keepExtents moves the pieces of an object that others build on to where they
// stay while those are read.
func (w *walker) keepExtents(f *frame) error {
	if len(f.kids) == 0 {
		return nil
	}
	kept, ok := w.extents.alloc(len(w.extentsSpare))
	if !ok {
		return fmt.Errorf("%w: the walk holds too much", ErrTooLarge)
	}
	copy(kept, w.extentsSpare)
	f.object.rope.extents = kept
	return nil
}

// outside reads a base that another pack holds.
func (w *walker) outside(e entry) (Type, []byte, error) {
	if e.kind != refDelta {
		return 0, nil, corrupt("delta base is not an object")
	}
	return w.reader.object(newID(e.base), 1)
}

// resolveLoose inflates a loose object.
func (w *walker) resolveLoose(f *frame) error {
	f.bytes, f.extents, f.copies = w.bytes.at, w.extents.at, w.copies.at
	raw, err := w.store.readLoose(f.object.ID)
	if err != nil {
		return err
	}
	kind, size, start, err := looseHeader(raw)
	if err != nil {
		return err
	}
	f.object.Type, f.object.Size = kind, size
	if size > w.limits.MaxObject {
		f.object.Streamed = true
		f.object.open = func() io.Reader { return &streamReader{raw: raw, skip: int64(start), left: size} }
		return nil
	}
	data, ok := w.bytes.alloc(start + int(size) + inflateSlack)
	if !ok {
		return fmt.Errorf("%w: the walk holds too much", ErrTooLarge)
	}
	if _, err := w.unzip(data, start+int(size), raw, soundness{}); err != nil {
		return err
	}
	w.setFlat(f, data[start:start+int(size):start+int(size)])
	return nil
}

// flattened puts the content of an object together. It is kept for as long as
// the object is, in memory of the walk if the object is the last one.
func (w *walker) flattened(o *Object) []byte {
	var dst []byte
	if w.deep > 0 && w.frames[w.deep-1] == o.self {
		dst, _ = w.bytes.alloc(int(o.Size))
	}
	if dst == nil {
		dst = make([]byte, o.Size)
	}
	o.rope.append(dst[:0], 0, o.Size)
	o.self.single[0] = extent{0, dst}
	o.rope.extents = o.self.single[:]
	return dst
}
