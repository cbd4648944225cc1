package measure

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/internal/unpack"
	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// piece is an object, or a part of one, that is looked into.
type piece struct {
	place overgrant.Place
	name  string // without the container it lies in
	at    io.ReaderAt
	size  int64
	look  classify.Look
}

// maxDepth is how many images and archives are opened inside one another.
// Package unpack counts those within archives itself.
const maxDepth = 4

// piece looks into a piece. What it is, its bytes decide.
func (l *look) piece(ctx context.Context, p piece) outcome {
	if p.size == 0 {
		return outcome{}
	}
	head, tail, err := ends(p.at, p.size)
	if err != nil {
		return outcome{err: err}
	}
	p.at = begun{p.at, head, p.size}
	l.depth++
	defer func() { l.depth-- }()
	if l.depth > maxDepth {
		return outcome{partial: "too deep"}
	}
	if _, ok := disk.Sniff(head, tail); ok {
		return l.image(ctx, p)
	}
	if p.look == classify.Model || beginsAsModel(head) {
		if out, ok := l.model(ctx, p); ok {
			return out
		}
	}
	if f, ok := unpack.Sniff(head[:min(len(head), unpack.HeadSize)], tail); ok {
		return l.archive(ctx, p, f)
	}
	return l.leaf(ctx, p)
}

// ends reads the beginning and the end of a piece.
func ends(at io.ReaderAt, size int64) (head, tail []byte, err error) {
	head = make([]byte, min(size, disk.HeadSize))
	if err := fill(at, head, 0); err != nil {
		return nil, nil, err
	}
	n := min(size, max(disk.TailSize, unpack.TailSize))
	if size <= int64(len(head)) {
		return head, head[int64(len(head))-n:], nil
	}
	tail = make([]byte, n)
	return head, tail, fill(at, tail, size-n)
}

// begun is a piece whose beginning was read. It is not read again: most pieces
// are small.
type begun struct {
	at   io.ReaderAt
	head []byte
	size int64
}

// ReadAt reads as io.ReaderAt says.
func (b begun) ReadAt(p []byte, off int64) (int, error) {
	if end := off + int64(len(p)); off < 0 || min(end, b.size) > int64(len(b.head)) || off >= b.size {
		return b.at.ReadAt(p, off)
	}
	n := copy(p, b.head[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func fill(at io.ReaderAt, b []byte, off int64) error {
	n, err := at.ReadAt(b, off)
	if n == len(b) || err == nil {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// leaf looks into a piece that holds no others.
func (l *look) leaf(ctx context.Context, p piece) outcome {
	limit := p.size // what is inside another was cut to what it may cost already
	if p.place == l.place {
		limit = min(p.size, l.object.Limit)
	}
	res, err := classify.Content(ctx, classify.Piece{Place: p.place, Name: []byte(p.name), Size: p.size, At: p.at, Limit: limit, Salt: l.m.opt.Salt})
	for _, f := range res.Finds {
		l.find(f)
	}
	if err != nil && !errors.Is(err, errLimit) {
		return outcome{err: err}
	}
	out := outcome{partial: res.Reason}
	if err != nil {
		return outcome{partial: reasonLimit}
	}
	if links := l.m.opt.Links; links != nil {
		if err := links.Look(ctx, p.place, p.at, limit); err != nil {
			return outcome{err: &recordError{err}}
		}
	}
	return out
}

// find counts what was found in content.
func (l *look) find(f overgrant.Find) {
	title := f.Class
	if c := classNamed(f.Class); c != nil {
		title = c.Title
	}
	l.got.Exposure.Class(f.Class).Add(&overgrant.ClassHeld{
		Title: title, Severity: f.Severity, Seen: overgrant.Tally{Objects: 1, Bytes: f.Bytes},
		Count: f.Count, Unit: f.Unit, People: f.People, Items: f.Items, Examples: []string{f.Place.Path},
	})
	l.got.Finds = append(l.got.Finds, f)
	l.colour(f.Class, f.Severity)
}

// colour marks the folder of the object with what was found in it.
func (l *look) colour(class string, severity overgrant.Severity) {
	folder := strings.TrimSuffix(l.m.place(l.object.Range, string(folderOf([]byte(l.object.Name)))).Path, "/")
	if l.got.Exposure.Areas == nil {
		l.got.Exposure.Areas = map[string]*overgrant.Area{}
	}
	a := l.got.Exposure.Areas[folder]
	if a == nil {
		a = &overgrant.Area{}
		l.got.Exposure.Areas[folder] = a
	}
	a.Merge(&overgrant.Area{Class: class, Severity: severity})
}

// named counts a file inside another whose name tells a class.
func (l *look) named(c *classify.Class, place overgrant.Place, size int64) {
	held := l.got.Exposure.Class(c.Name)
	countNamed(held, c, overgrant.Tally{Objects: 1, Bytes: size})
	(&roots{}).count(held, c, []byte(place.Path))
	l.colour(c.Name, c.Severity)
	if len(held.Examples) < maxExamples {
		held.Examples = append(held.Examples, place.Path)
	}
}

// classNamed returns the class of this name, or nil.
func classNamed(name string) *classify.Class {
	i := slices.IndexFunc(classify.All, func(c *classify.Class) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return classify.All[i]
}

// inside returns the place of a piece within another.
func inside(outer overgrant.Place, path string) overgrant.Place {
	outer.Path += printable(path)
	return outer
}
