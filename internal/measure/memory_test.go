package measure_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// memory is a service of containers held in memory. It lists by pages, in the
// order of names, and fails now and then if asked to.
type memory struct {
	containers map[string][]item // sorted by name
	perPage    int
	fails      func() bool // is the next answer a failure
	requests   atomic.Int64
}

type item struct {
	source.Object
	text []byte
}

// busy is a failure of the moment.
type busy struct{}

func (busy) Error() string { return "server busy" }
func (busy) Later() bool   { return true }

var errBusy = busy{}

func (*memory) Name() string { return "memory" }
func (*memory) Shards(context.Context) iter.Seq2[source.Shard, error] {
	return func(func(source.Shard, error) bool) {}
}
func (*memory) Pieces(context.Context, source.Shard) iter.Seq2[overgrant.Piece, error] {
	return func(func(overgrant.Piece, error) bool) {}
}

func (m *memory) failing() bool {
	m.requests.Add(1)
	return m.fails != nil && m.fails()
}

func (m *memory) Expand(_ context.Context, r source.Range) (source.Expanded, error) {
	if m.failing() {
		return source.Expanded{}, errBusy
	}
	if r.Service == "" {
		return source.Expanded{Ranges: []source.Range{{Service: "blob"}}}, nil
	}
	var e source.Expanded
	for name := range m.containers {
		e.Ranges = append(e.Ranges, source.Range{Service: "blob", Container: name})
		e.Containers++
	}
	slices.SortFunc(e.Ranges, func(a, b source.Range) int { return cmp.Compare(a.Container, b.Container) })
	return e, nil
}

func (m *memory) Pages(_ context.Context, r source.Range) iter.Seq2[*source.Page, error] {
	return func(yield func(*source.Page, error) bool) {
		all := m.containers[r.Container]
		at, _ := slices.BinarySearchFunc(all, r.From, func(i item, from string) int { return cmp.Compare(string(i.Name), from) })
		for {
			if m.failing() {
				yield(nil, errBusy)
				return
			}
			page := &source.Page{}
			for len(page.Objects) < m.perPage && at < len(all) && (r.To == "" || string(all[at].Name) < r.To) {
				page.Objects = append(page.Objects, all[at].Object)
				at++
			}
			more := at < len(all) && (r.To == "" || string(all[at].Name) < r.To)
			if more {
				page.Next = r
				page.Next.From = string(all[at].Name)
			}
			if !yield(page, nil) || !more {
				return
			}
		}
	}
}

func (m *memory) Split(_ context.Context, r source.Range, n int) ([]source.Range, error) {
	if m.failing() {
		return nil, errBusy
	}
	var in []string
	for _, i := range m.containers[r.Container] {
		if string(i.Name) >= r.From && (r.To == "" || string(i.Name) < r.To) {
			in = append(in, string(i.Name))
		}
	}
	var parts []source.Range
	for i := range n {
		part := r
		if i > 0 {
			part.From = in[len(in)*i/n]
		}
		if i < n-1 {
			part.To = in[len(in)*(i+1)/n]
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func (m *memory) Content(_ context.Context, o source.Named) (overgrant.Content, error) {
	if m.failing() {
		return nil, &source.Skip{Skipped: overgrant.Skipped{Reason: "server busy"}}
	}
	for _, i := range m.containers[o.Range.Container] {
		if string(i.Name) == o.Name {
			if string(i.Tag) != o.Tag {
				return nil, source.ErrChanged
			}
			return held{bytes.NewReader(i.text)}, nil
		}
	}
	return nil, errors.New("no such object")
}

type held struct{ *bytes.Reader }

func (held) Close() error { return nil }

// put adds an object; sorted must follow.
func (m *memory) put(container, name, text string) {
	if m.containers == nil {
		m.containers = map[string][]item{}
	}
	i := item{text: []byte(text)}
	i.Name, i.Size, i.Kind = []byte(name), int64(len(text)), 'b'
	i.Tag, i.Modified = fmt.Appendf(nil, `"%x"`, len(name)*31+len(text)), 1_600_000_000+int64(len(name))*86400*20
	m.containers[container] = append(m.containers[container], i)
}

func (m *memory) sorted() *memory {
	for _, all := range m.containers {
		slices.SortFunc(all, func(a, b item) int { return bytes.Compare(a.Name, b.Name) })
	}
	return m
}

// filled returns a service with n objects in all, most of them without content.
func filled(n int) *memory {
	m := &memory{perPage: 50}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		c := fmt.Sprintf("container-%d", i%3)
		switch i % 10 {
		case 0:
			m.put(c, fmt.Sprintf("notes/%04d/todo.txt", i), strings.Repeat("buy milk. ", 1+rnd.IntN(50)))
		case 1:
			m.put(c, fmt.Sprintf("home/u%d/.ssh/id_rsa", i), "not a key")
		default:
			m.put(c, fmt.Sprintf("images/%02d/%05d.jpg", i%37, i), "\xff\xd8\xff")
		}
	}
	return m.sorted()
}
