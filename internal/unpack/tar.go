package unpack

import (
	"bytes"
	"io"
	"slices"
)

var tarFormat = Format{
	Name: "tar",
	Doc: "Archives of every dialect: v7, ustar, GNU (long names, sparse files), pax (extended headers, sparse files). Holes in sparse files are shortened. " +
		"Names, link targets and extended headers are read as well, and so is what stands behind the end.",
	head: func(h []byte) bool {
		if len(h) < tarBlock {
			return false
		}
		_, ok := parseTarHeader((*[tarBlock]byte)(h))
		return ok
	},
	walk: walkTar,
}

const (
	tarBlock = 512

	// longestPax is how much of an extended header or a long name is read, in bytes.
	longestPax = 1 << 20
)

// tarWalk is a walk through an archive.
type tarWalk struct {
	*walker
	b     *box
	off   int64  // of the next byte that is read
	pax   []byte // extended header of the next member
	name  []byte // long name of the next member
	link  []byte // long target of the next member
	ended bool   // a block of zeros was met
}

func walkTar(w *walker, b *box) error {
	t := &tarWalk{walker: w, b: b}
	for {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		var block [tarBlock]byte
		n, err := io.ReadFull(b.stream, block[:])
		t.off += int64(n)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return t.foreign(block[:n], short(err))
		case block == [tarBlock]byte{}:
			t.ended = true
			continue
		}
		h, ok := parseTarHeader(&block)
		if !ok {
			return t.foreign(block[:], damaged(Corrupt, "header"))
		}
		if err := t.member(h, &block); err != nil {
			return err
		}
	}
}

// foreign yields what is no header, and all behind it. That is damage only
// before the archive's end.
func (t *tarWalk) foreign(head []byte, cause error) error {
	rest := bytes.TrimLeft(head, "\x00")
	r := io.MultiReader(bytes.NewReader(bytes.Clone(rest)), t.b.stream)
	if err := t.visit(entry{r: r, size: -1, plain: true}); err != nil {
		return err
	}
	if t.ended {
		return nil
	}
	return cause
}

// member reads what follows a header.
func (t *tarWalk) member(h tarHeader, block *[tarBlock]byte) error {
	switch h.kind {
	case 'x', 'X', 'g', 'L', 'K':
		return t.extend(h)
	}
	e, seams, err := t.entry(h, block)
	if err != nil {
		return err
	}
	h.size = e.size
	if h.size < 0 {
		return damaged(Corrupt, "size below zero")
	}
	if !h.hasBytes() || h.size == 0 {
		return t.visit(e)
	}
	if t.b.at != nil && h.size > streamBuffer*4 && seams == nil && t.off+h.size <= t.b.size {
		e.at = io.NewSectionReader(t.b.at, t.off, h.size)
		if err := t.visit(e); err != nil {
			return err
		}
		t.off += padded(h.size)
		t.b.seek(io.NewSectionReader(t.b.at, t.off, max(t.b.size-t.off, 0)))
		if t.lim.Pick != nil {
			t.b.taken.most = firstGulp
		}
		return nil
	}
	p := &part{r: t.b.stream, n: h.size}
	e.r = p
	if seams != nil {
		e.r, e.size = &sparse{r: p, seams: seams}, -1
	}
	if err := t.visit(e); err != nil {
		return err
	}
	if err := p.skip(t.walker); err != nil {
		return err
	}
	return t.pad(h.size)
}

// pad passes over the bytes that fill the last block.
func (t *tarWalk) pad(size int64) error {
	t.off += padded(size)
	_, err := t.b.Discard(int(padded(size) - size))
	if err == io.EOF {
		return nil
	}
	return err
}

func padded(size int64) int64 { return (size + tarBlock - 1) &^ (tarBlock - 1) }

// extend keeps a header for the next member. What is too long is yielded.
func (t *tarWalk) extend(h tarHeader) error {
	if h.size < 0 {
		return damaged(Corrupt, "size below zero")
	}
	p := &part{r: t.b.stream, n: h.size}
	if h.size > longestPax {
		if err := t.visit(entry{name: h.name, r: p, size: h.size, plain: true}); err != nil {
			return err
		}
		if err := p.skip(t.walker); err != nil {
			return err
		}
		return t.pad(h.size)
	}
	text, err := io.ReadAll(p)
	if err != nil {
		if visitErr := t.visit(entry{beside: text}); visitErr != nil {
			return visitErr
		}
		return err
	}
	switch h.kind {
	case 'L':
		t.name = bytes.TrimRight(text, "\x00")
	case 'K':
		t.link = bytes.TrimRight(text, "\x00")
	case 'g':
		err = t.visit(entry{beside: text})
	default:
		t.pax = text
	}
	if err != nil {
		return err
	}
	return t.pad(h.size)
}

// entry puts together all that was said of a member.
func (t *tarWalk) entry(h tarHeader, block *[tarBlock]byte) (entry, []int64, error) {
	name, link := h.name, h.link
	if t.name != nil {
		name = t.name
	}
	if t.link != nil {
		link = t.link
	}
	pax := parsePax(t.pax)
	if v := pax.path; v != nil {
		name = v
	}
	beside := link
	if t.pax != nil {
		beside = slices.Concat(link, []byte("\n"), t.pax)
	}
	t.name, t.link, t.pax = nil, nil, nil
	if pax.size >= 0 {
		h.size = pax.size
	}
	e := entry{name: name, beside: beside, size: h.size}
	if h.kind == 'S' {
		seams, err := t.oldSparse(block)
		return e, seams, err
	}
	return e, pax.seams, nil
}

// oldSparse reads the map of a GNU sparse file from its header and the blocks
// behind it.
func (t *tarWalk) oldSparse(block *[tarBlock]byte) ([]int64, error) {
	var seams []int64
	at, more := block[386:482], block[482] != 0
	for {
		for ; len(at) >= 24; at = at[24:] {
			if n, ok := tarNumber(at[12:24]); ok && n > 0 && at[0] != 0 {
				seams = append(seams, n)
			}
		}
		if !more || len(seams) > longestPax {
			return seams, nil
		}
		var next [tarBlock]byte
		if _, err := io.ReadFull(t.b.stream, next[:]); err != nil {
			return nil, short(err)
		}
		t.off += tarBlock
		at, more = next[:504], next[504] != 0
	}
}

// sparse gives the stored parts of a sparse file with a few zeros where there
// was a hole, so that no text joins over it.
type sparse struct {
	r     io.Reader
	seams []int64 // sizes of the parts
	hole  int     // zeros still to give
}

const shortHole = 64

func (s *sparse) Read(p []byte) (int, error) {
	if s.hole > 0 {
		n := min(s.hole, len(p))
		clear(p[:n])
		s.hole -= n
		return n, nil
	}
	if len(s.seams) > 0 && int64(len(p)) > s.seams[0] {
		p = p[:s.seams[0]]
	}
	n, err := s.r.Read(p)
	if len(s.seams) > 0 {
		if s.seams[0] -= int64(n); s.seams[0] <= 0 {
			if s.seams = s.seams[1:]; len(s.seams) > 0 {
				s.hole = shortHole
			}
		}
	}
	return n, err
}
