package cli

import (
	"context"
	"io"
	"sync"
)

// stoppable gives what r gives until its context ends. A read that waits, for a
// terminal or a slow program, then ends at once: the system has no way to take
// it back, so a goroutine waits on in place of the caller.
type stoppable struct {
	ctx  context.Context
	r    io.Reader
	once sync.Once
	pipe *io.PipeReader
}

// stoppableBuffer is how much is read at once, in bytes.
const stoppableBuffer = 256 << 10

// Read is for one goroutine.
func (s *stoppable) Read(p []byte) (int, error) {
	s.once.Do(s.start)
	return s.pipe.Read(p)
}

func (s *stoppable) start() {
	out, in := io.Pipe()
	s.pipe = out
	context.AfterFunc(s.ctx, func() { in.CloseWithError(context.Cause(s.ctx)) })
	go func() {
		// Without its other methods, r is read through the buffer.
		_, err := io.CopyBuffer(in, struct{ io.Reader }{s.r}, make([]byte, stoppableBuffer))
		in.CloseWithError(err) // nil gives io.EOF
	}()
}
