package classify

import (
	"bytes"
	"sync"
)

// Named tells what a name and a size in bytes suggest; a size below zero is one
// that is not known. Parts of the name are separated by slashes, backslashes,
// or the "!" before the member of an archive. It allocates nothing for names of
// up to 1,024 bytes. Many goroutines may call it at once.
func Named(name []byte, size int64) Guess {
	m := naming()
	if size == 0 || len(name) == 0 {
		return Guess{}
	}
	if separated(name) {
		var room [longName]byte
		name = slashed(room[:0], name)
	}
	last, ending := lastAndEnding(name)
	g := Guess{Look: Text}
	if len(last) == 0 {
		g.Look = Never
	}
	if e := m.endings.get(ending); e != nil {
		g.Look = e.look
	}
	if rank := m.match(name, last, ending, size); rank != none {
		s := m.shapes[rank]
		g.Class = s.class
		if s.look != Never {
			g.Look = s.look
		}
	}
	return g
}

// naming is the matcher of all classes.
var naming = sync.OnceValue(func() *names {
	m := &names{}
	for _, c := range worstFirst() {
		for _, s := range c.Names {
			for _, g := range s.Globs {
				m.add(g, len(m.shapes), s.Least)
			}
			m.shapes = append(m.shapes, shape{c, s.Look})
		}
	}
	for _, l := range looks {
		for _, ending := range l.endings {
			m.endings.entry(ending).look = l.look
		}
	}
	m.done()
	return m
})

type names struct {
	matcher
	shapes []shape // by rank
}

type shape struct {
	class *Class
	look  Look
}

// longName is the length in bytes of the longest names that services have.
const longName = 1024

func separated(name []byte) bool {
	return bytes.IndexByte(name, '\\') >= 0 || bytes.IndexByte(name, '!') >= 0
}

func slashed(to, name []byte) []byte {
	to = append(to, name...)
	for i, c := range to {
		if c == '\\' || c == '!' {
			to[i] = '/'
		}
	}
	return to
}

// lastAndEnding returns the last part of a path, and what stands behind its
// last dot.
func lastAndEnding(name []byte) (last, ending []byte) {
	last = name[bytes.LastIndexByte(name, '/')+1:]
	for i := len(last) - 1; i >= 0; i-- {
		if last[i] == '.' {
			return last, last[i+1:]
		}
	}
	return last, nil
}
