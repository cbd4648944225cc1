// Package stdin is the source of one stream, such as standard input. The stream
// is one piece; it may be an archive.
//
// A stream can be read once, and what looks into it reads back and forth, so it
// is kept: in memory as long as it is small, then in a file without a name.
package stdin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// Options bounds what is kept in memory. The zero value is the default.
type Options struct {
	Held int64  // bytes in memory before a file takes over; 0 means 64 MiB
	Dir  string // folder of that file; empty means the system's own for temporary files
	Path string // what the piece is called; empty means "-"
}

// Stdin is a source of one piece.
type Stdin struct {
	r    io.Reader
	opts Options

	mu   sync.Mutex
	kept *kept // nil until the stream was read
	err  error
}

var _ source.Source = (*Stdin)(nil)

// New returns the source of what r gives, which is read when the piece is
// opened first. Close lets go of what was kept.
func New(r io.Reader, opts Options) *Stdin {
	if opts.Held <= 0 {
		opts.Held = 64 << 20
	}
	if opts.Path == "" {
		opts.Path = "-"
	}
	return &Stdin{r: r, opts: opts}
}

// Name returns "stdin".
func (s *Stdin) Name() string { return "stdin" }

// Shards yields the one shard that there is.
func (s *Stdin) Shards(ctx context.Context) iter.Seq2[source.Shard, error] {
	return func(yield func(source.Shard, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(source.Shard{}, err)
			return
		}
		yield(source.Shard{Name: s.opts.Path}, nil)
	}
}

// Pieces yields the stream. If reading it fails midway, what came before is the
// piece, and a *source.Skip follows it.
func (s *Stdin) Pieces(ctx context.Context, _ source.Shard) iter.Seq2[overgrant.Piece, error] {
	return func(yield func(overgrant.Piece, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(overgrant.Piece{}, err)
			return
		}
		p := overgrant.Piece{Place: s.place(), Size: -1, Open: s.open}
		if !yield(p, nil) {
			return
		}
		s.mu.Lock()
		err := s.err
		s.mu.Unlock()
		if err != nil {
			skip := &source.Skip{}
			skip.Place, skip.Reason, skip.Detail = s.place(), "read error", err.Error()
			yield(overgrant.Piece{}, skip)
		}
	}
}

func (s *Stdin) place() overgrant.Place {
	return overgrant.Place{Source: "stdin", Path: s.opts.Path}
}

// Close removes what was kept of the stream. Contents that are open still must
// not be read after it.
func (s *Stdin) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		return nil
	}
	return s.kept.discard()
}

func (s *Stdin) open(ctx context.Context) (overgrant.Content, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = &kept{}
		s.err = s.kept.fill(ctx, s.r, s.opts)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.kept.file == nil {
		return &memory{Reader: bytes.NewReader(s.kept.head), all: s.kept.head}, nil
	}
	return content{s.kept}, nil
}

// kept is a stream that was read: all of it in head, or all of it in file.
type kept struct {
	head []byte
	file *os.File
	name string // of the file while it has one
	size int64
}

// fill reads r to its end.
func (k *kept) fill(ctx context.Context, r io.Reader, opts Options) error {
	r = &stoppable{ctx, r}
	var head bytes.Buffer
	_, err := io.CopyN(&head, r, opts.Held+1)
	k.head, k.size = head.Bytes(), int64(head.Len())
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil || k.size <= opts.Held {
		return err
	}
	if k.file, err = os.CreateTemp(opts.Dir, "overgrant-*"); err != nil {
		return fmt.Errorf("keep the rest of the stream: %w", err)
	}
	// Where the system allows it, the file has no name from now on, so that
	// nothing can leave it behind.
	k.name = k.file.Name()
	if os.Remove(k.name) == nil {
		k.name = ""
	}
	n, err := io.Copy(k.file, io.MultiReader(bytes.NewReader(k.head), r))
	k.head, k.size = nil, n
	return err
}

func (k *kept) discard() error {
	k.head = nil
	if k.file == nil {
		return nil
	}
	err := k.file.Close()
	if k.name != "" {
		err = os.Remove(k.name)
	}
	k.file, k.name = nil, ""
	return err
}

// stoppable ends between two reads when its context does. A read that waits is
// not interrupted: that is for the owner of the stream.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// memory is a stream that fits into memory.
type memory struct {
	*bytes.Reader
	all []byte
}

// Bytes gives the whole content.
func (m *memory) Bytes() []byte { return m.all }

// Close does nothing.
func (m *memory) Close() error { return nil }

// content is a stream in a file.
type content struct{ k *kept }

// ReadAt may be called by several goroutines.
func (c content) ReadAt(p []byte, off int64) (int, error) { return c.k.file.ReadAt(p, off) }

// Size is in bytes.
func (c content) Size() int64 { return c.k.size }

// Close does nothing: the source keeps the stream until it is closed itself.
func (c content) Close() error { return nil }
