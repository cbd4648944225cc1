package gitpack

// arena hands out slices that are given back in the reverse order, as a walk
// that goes down and up again needs them. It keeps its memory, so that a walk
// of millions of objects leaves the garbage collector nothing to do.
type arena[T any] struct {
	chunks [][]T
	at     mark
	held   int // elements in all chunks
	most   int // bound of held
	chunk  int // elements of an ordinary chunk
}

// mark is a state of an arena to go back to.
type mark struct{ chunk, used int }

// alloc returns n elements of undefined content, and false if that would pass
// the bound.
func (a *arena[T]) alloc(n int) ([]T, bool) {
	for a.at.chunk < len(a.chunks) {
		c := a.chunks[a.at.chunk]
		if len(c)-a.at.used >= n {
			s := c[a.at.used : a.at.used+n : a.at.used+n]
			a.at.used += n
			return s, true
		}
		if a.at.used == 0 { // free, and too small
			break
		}
		a.at = mark{a.at.chunk + 1, 0}
	}
	for len(a.chunks) > a.at.chunk {
		last := len(a.chunks) - 1
		a.held -= len(a.chunks[last])
		a.chunks = a.chunks[:last]
	}
	size := max(n, a.chunk)
	if size > a.most-a.held {
		size = n
	}
	if n > a.most-a.held {
		return nil, false
	}
	a.chunks = append(a.chunks, make([]T, size))
	a.held += size
	a.at.used = n
	return a.chunks[a.at.chunk][:n:n], true
}

// shrink gives back the last n elements of what was allocated last.
func (a *arena[T]) shrink(n int) { a.at.used -= n }

// release gives back all that was allocated since the mark.
func (a *arena[T]) release(m mark) { a.at = m }
