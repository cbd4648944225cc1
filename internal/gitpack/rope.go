package gitpack

import "sort"

// rope is content in pieces that lie where they were inflated: what a delta
// copies is not copied again. A rope of one extent is flat.
type rope struct {
	size    int64
	extents []extent
}

// extent is one piece: data stand at at in the content. None is empty.
type extent struct {
	at   int64
	data []byte
}

// flatRope makes a rope of content in one piece.
func flatRope(data []byte) rope {
	if len(data) == 0 {
		return rope{}
	}
	return rope{int64(len(data)), []extent{{0, data}}}
}

// flat returns the content if it is in one piece.
func (r *rope) flat() ([]byte, bool) {
	switch len(r.extents) {
	case 0:
		return nil, true
	case 1:
		return r.extents[0].data, true
	}
	return nil, false
}

// locate returns the extent that holds a position below the size.
func (r *rope) locate(at int64) int {
	if len(r.extents) == 1 {
		return 0
	}
	return sort.Search(len(r.extents), func(i int) bool { return r.extents[i].at > at }) - 1
}

// append adds size bytes from a position on to dst; both must be in range.
func (r *rope) append(dst []byte, from, size int64) []byte {
	if size <= 0 {
		return dst
	}
	for i := r.locate(from); size > 0; i++ {
		e := &r.extents[i]
		piece := e.data[from-e.at:]
		if int64(len(piece)) > size {
			piece = piece[:size]
		}
		dst = append(dst, piece...)
		from, size = from+int64(len(piece)), size-int64(len(piece))
	}
	return dst
}

// slice adds the extents of a part of r to a list, for content that has it at
// at. It stops when the list is longer than most.
func (r *rope) slice(list []extent, at, from, size int64, most int) []extent {
	for i := r.locate(from); size > 0 && len(list) <= most; i++ {
		e := &r.extents[i]
		piece := e.data[from-e.at:]
		if int64(len(piece)) > size {
			piece = piece[:size]
		}
		list = append(list, extent{at, piece})
		n := int64(len(piece))
		at, from, size = at+n, from+n, size-n
	}
	return list
}

// weave applies a checked delta to its base without copying content. The list
// may end up longer than most, and is then useless.
func (d delta) weave(list []extent, base *rope, most int) []extent {
	at, held := int64(0), Copy{}
	flat, isFlat := base.flat()
	put := func() {
		if isFlat && held.Size > 0 {
			list = append(list, extent{held.At, flat[held.From : held.From+held.Size]})
		} else {
			list = base.slice(list, held.At, held.From, held.Size, most)
		}
		held = Copy{}
	}
	for p := d.ops; len(p) > 0 && len(list) <= most; {
		var o op
		o, p = nextOp(p)
		switch {
		case o.insert != nil:
			put()
			list = append(list, extent{at, o.insert})
		case held.From+held.Size == int64(o.from):
			if held.Size == 0 {
				held.At = at
			}
			held.Size += int64(o.size)
		default:
			put()
			held = Copy{at, int64(o.from), int64(o.size)}
		}
		at += int64(o.size)
	}
	put()
	return list
}

// flatten applies a checked delta to its base, adding the object to dst.
func (d delta) flatten(dst []byte, base *rope) []byte {
	flat, isFlat := base.flat()
	for p := d.ops; len(p) > 0; {
		var o op
		o, p = nextOp(p)
		switch {
		case o.insert != nil:
			dst = append(dst, o.insert...)
		case isFlat:
			dst = append(dst, flat[o.from:o.from+o.size]...)
		default:
			dst = base.append(dst, int64(o.from), int64(o.size))
		}
	}
	return dst
}
