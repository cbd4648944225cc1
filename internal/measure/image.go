package measure

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// imageSample is how many files of each class are read in one disk image.
const imageSample = 64

// image lists the files of a disk image, and reads those that are worth it.
func (l *look) image(ctx context.Context, p piece) outcome {
	im, err := disk.Open(ctx, p.at, p.size, disk.Limits{})
	if err != nil {
		return l.gap(p.place, err)
	}
	out := outcome{}
	for _, g := range im.Gaps() {
		out = out.and(l.gap(p.place, g))
	}
	volumes := im.Volumes()
	for i := range volumes {
		place := p.place
		if len(volumes) > 1 {
			place = inside(place, "!"+volumes[i].Name)
		}
		out = out.and(l.volume(ctx, place, &volumes[i]))
		if out.err != nil {
			return out
		}
	}
	return out
}

// maxGaps is how many gaps a shard tells one by one; the rest is counted in the
// coverage.
const maxGaps = 1000

// gap tells what of an image was not read. Any other error ends the look.
func (l *look) gap(place overgrant.Place, err error) outcome {
	var g *disk.Gap
	switch {
	case errors.Is(err, errLimit):
		return outcome{partial: reasonLimit}
	case errors.Is(err, source.ErrChanged):
		return outcome{err: err}
	case !errors.As(err, &g):
		return outcome{err: err}
	}
	if g.Path != "" {
		place = inside(place, "!"+g.Path)
	}
	if len(l.got.Gaps) < maxGaps {
		l.got.Gaps = append(l.got.Gaps, overgrant.Skipped{Place: place, Reason: g.Reason, Detail: g.Detail, Bytes: g.Bytes})
	}
	return outcome{partial: g.Reason}
}

// volume looks into one volume of an image.
func (l *look) volume(ctx context.Context, place overgrant.Place, v *disk.Volume) outcome {
	out := outcome{}
	s := newSample(imageSample, source.Range{})
	files := map[string]disk.File{}
	for f, err := range v.Files(ctx) {
		if err != nil {
			got := l.gap(place, err)
			if got.err != nil {
				return got
			}
			out = out.and(got)
			continue
		}
		if f.Dir || f.Again || f.Deleted || f.Link != "" {
			continue
		}
		guess := classify.Named([]byte(f.Path), f.Size)
		if guess.Class != nil {
			l.named(guess.Class, inside(place, "!"+f.Path), f.Size)
		}
		if guess.Look == classify.Never || f.Size == 0 {
			continue
		}
		s.offer(&source.Object{Name: []byte(f.Path), Size: f.Size}, guess)
		files[f.Path] = f
		if len(files) > 8192 {
			s.forget(files)
		}
	}
	s.forget(files)
	return out.and(l.files(ctx, place, s, files))
}

// forget lets go of the files that are no longer in the sample.
func (s *sample) forget(files map[string]disk.File) {
	kept := map[string]bool{}
	for _, c := range s.all() {
		kept[c.name] = true
	}
	for name := range files {
		if !kept[name] {
			delete(files, name)
		}
	}
}

// files reads the sampled files of a volume, the worst classes first.
func (l *look) files(ctx context.Context, place overgrant.Place, s *sample, files map[string]disk.File) outcome {
	all := s.all()
	slices.SortStableFunc(all, func(a, b chosen) int { return cmp.Compare(severity(b), severity(a)) })
	out := outcome{}
	for _, c := range all {
		got := l.file(ctx, place, c, files[c.name])
		var g *disk.Gap
		switch {
		case got.err == nil:
		case errors.Is(got.err, errLimit):
			return out.and(outcome{partial: reasonLimit})
		case errors.As(got.err, &g):
			got = l.gap(place, got.err)
		default:
			return out.and(got)
		}
		out = out.and(got)
	}
	return out
}

func severity(c chosen) overgrant.Severity {
	if c.group.class == nil {
		return overgrant.None
	}
	return c.group.class.Severity
}

func (l *look) file(ctx context.Context, place overgrant.Place, c chosen, f disk.File) outcome {
	at, err := f.Open()
	if err != nil {
		return outcome{err: err}
	}
	size, out := f.Size, outcome{}
	if c.group.look != classify.Model { // only little is read of those, wherever it stands
		if size = min(size, most(c.group.look)); size < f.Size {
			out.partial = reasonLimit
		}
	}
	return l.piece(ctx, piece{place: inside(place, "!"+f.Path), name: f.Path, at: io.NewSectionReader(at, 0, size), size: size, look: c.group.look}).and(out)
}
