package measure

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/unpack"
	"github.com/overgrant/overgrant/internal/unpack/disk"
)

const (
	// memberSample is how many members of each class are read in one archive.
	memberSample = 64

	// spool is how much of a packed member is kept to be looked into, in bytes.
	spool = 8 << 20
)

// reading is the look into one archive.
type reading struct {
	*look
	of   piece
	at   *witness
	past string // why members worth it were not read; empty if there were none

	plan map[string]int // how often members of a name are read; nil where that is decided as they come
	open string         // the planned member that is being walked through
	read map[string]int // members of each class, as they come

	checkpoint bool // a member has a name that those of checkpoints have
}

// archive looks into the members of an archive. Where a directory names them
// all, those to be read are chosen from it; else they are chosen as they come.
func (l *look) archive(ctx context.Context, p piece, f unpack.Format) outcome {
	r := &reading{look: l, of: p, at: &witness{at: p.at}, read: map[string]int{}}
	if !f.Directory() {
		return r.members(ctx, r.pick)
	}
	s := newSample(memberSample, source.Range{})
	offered, unpacked := 0, int64(0)
	out := r.members(ctx, func(path string, size int64) bool {
		r.checkpoint = r.checkpoint || inCheckpoint(path)
		guess := r.name(path, size)
		unpacked += max(size, 0)
		if r.worth(guess) {
			s.offer(&source.Object{Name: []byte(path), Size: size}, guess)
			offered++
		}
		return false
	})
	if out.err != nil || r.at.err() != nil {
		return out
	}
	if r.checkpoint && p.look != classify.Model {
		if got, ok := l.model(ctx, p); ok {
			return got
		}
	}
	if r.choose(s, unpacked) < offered && r.past == "" {
		r.past = reasonSample
	}
	if len(r.plan) == 0 {
		return out.and(outcome{partial: r.past})
	}
	return out.and(r.members(ctx, r.pick))
}

// choose plans to read what was sampled, the worst classes first, as far as
// the object may cost. How well the members are packed is known only of all of
// them together, unpacked bytes in all. It returns how many are planned.
func (r *reading) choose(s *sample, unpacked int64) (planned int) {
	all := s.all()
	ratio := min(1, float64(r.of.size)/float64(max(unpacked, 1)))
	slices.SortStableFunc(all, func(a, b chosen) int { return cmp.Compare(severity(b), severity(a)) })
	r.plan = map[string]int{}
	left := r.object.Limit
	for _, c := range all {
		cost := int64(float64(min(c.size, most(c.group.look))) * ratio)
		if cost > left && len(r.plan) > 0 && r.of.size > r.object.Limit {
			r.past = reasonLimit
			continue
		}
		left -= cost
		r.plan[c.name]++
		planned++
	}
	return planned
}

// most is how much of a member is read, in bytes.
func most(look classify.Look) int64 {
	switch look {
	case classify.Structure, classify.Container, classify.Disk:
		return mostStructure
	case classify.Model:
		return mostModel
	}
	return mostText
}

// worth reports whether a member has something to be read.
func (r *reading) worth(guess classify.Guess) bool { return guess.Look != classify.Never }

// inCheckpoint reports whether a member is one that checkpoints of PyTorch
// have, whatever they are called themselves.
func inCheckpoint(path string) bool {
	name := path[strings.LastIndexAny(path, "!/")+1:]
	return strings.Count(path, "!") == 1 && (name == "data.pkl" || name == "constants.pkl")
}

// closed reports whether a member is looked into as it stands: what reads
// models opens their archives itself.
func closed(path string) bool {
	return classify.Named([]byte(nameIn(path)), -1).Look == classify.Model
}

// name counts a member by its name, and guesses what is in it.
func (r *reading) name(path string, size int64) classify.Guess {
	guess := classify.Named([]byte(nameIn(path)), size)
	if guess.Class != nil {
		r.named(guess.Class, inside(r.of.place, path), max(size, 0))
	}
	return guess
}

// nameIn is the name that the last part of a path is.
func nameIn(path string) string { return path[strings.LastIndexByte(path, '!')+1:] }

// pick says whether a member is read.
func (r *reading) pick(path string, size int64) bool {
	if r.listed(path) {
		if r.plan[path] == 0 {
			return false
		}
		r.plan[path]--
		r.open = path
		return true
	}
	guess := r.name(path, size)
	if !r.worth(guess) {
		return false
	}
	group := groupName(guess)
	if r.read[group] >= memberSample {
		r.past = reasonSample
		return false
	}
	r.read[group]++
	return true
}

// listed reports whether a member was counted when the directory was read.
func (r *reading) listed(path string) bool {
	return r.plan != nil && !strings.HasPrefix(path, r.open+"!")
}

// members walks through the archive once.
func (r *reading) members(ctx context.Context, pick func(string, int64) bool) outcome {
	r.open = "\x00" // no path begins so
	out := outcome{}
	for m, err := range unpack.Members(ctx, r.at, r.of.size, unpack.Limits{Bytes: 1 << 30, Pick: pick, Closed: closed}) {
		if fault := r.at.err(); fault != nil {
			return out.and(broken(ctx, fault))
		}
		var cut *unpack.Cut
		switch {
		case errors.As(err, &cut):
			out = out.and(outcome{partial: cut.Reason})
			continue
		case err != nil:
			return outcome{err: err}
		case m.Passed:
			continue
		}
		got := r.member(ctx, m)
		if fault := r.at.err(); fault != nil {
			return out.and(broken(ctx, fault))
		}
		if out = out.and(got); out.err != nil {
			return out
		}
	}
	return out.and(outcome{partial: r.past})
}

// broken says what it means that the archive could not be read any further.
func broken(ctx context.Context, fault error) outcome {
	switch {
	case errors.Is(fault, errLimit):
		return outcome{partial: reasonLimit}
	case ctx.Err() != nil, errors.Is(fault, source.ErrChanged):
		return outcome{err: fault}
	}
	return outcome{partial: unpack.Unreadable}
}

// member looks into one member that was picked.
func (r *reading) member(ctx context.Context, m unpack.Member) outcome {
	name := nameIn(m.Path)
	if name == "" {
		name = r.of.name
	}
	look := classify.Named([]byte(name), m.Size).Look
	if look == classify.Never {
		return outcome{}
	}
	in, out := piece{place: inside(r.of.place, m.Path), name: name, look: look}, outcome{}
	switch {
	case m.Whole != nil:
		in.at, in.size = bytes.NewReader(m.Whole), int64(len(m.Whole))
	case m.At != nil:
		in.at, in.size = m.At, m.Size
	default:
		text, err := io.ReadAll(io.LimitReader(m.Reader, spool+1))
		if err != nil {
			return outcome{err: err}
		}
		if len(text) > spool {
			text, out.partial = text[:spool], reasonLimit
		}
		in.at, in.size = bytes.NewReader(text), int64(len(text))
	}
	if in.size == 0 {
		return out
	}
	if look == classify.Model {
		return out.and(r.piece(ctx, in))
	}
	if out.partial == "" {
		if head, tail, err := ends(in.at, in.size); err != nil {
			return outcome{err: err}
		} else if _, ok := disk.Sniff(head, tail); ok {
			return r.piece(ctx, in)
		}
	}
	if most := most(look); in.size > most {
		in.at, in.size, out.partial = io.NewSectionReader(in.at, 0, most), most, reasonLimit
	}
	return out.and(r.leaf(ctx, in))
}

// witness keeps the first error of an archive's bytes, which the walk through
// it tells as text. It may be used by many at once.
type witness struct {
	at    io.ReaderAt
	fault atomic.Pointer[error]
}

func (w *witness) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.at.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		w.fault.CompareAndSwap(nil, &err)
	}
	return n, err
}

func (w *witness) err() error {
	if err := w.fault.Load(); err != nil {
		return *err
	}
	return nil
}
