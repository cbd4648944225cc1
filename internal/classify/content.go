package classify

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ErrOther is what Read of a Reader fails with where the bytes are not of its
// format after all.
var ErrOther = errors.New("not of this format")

// Content looks into a piece. What it is, its bytes decide: the first of
// Readers that knows it reads it, and what none knows is read as text. Errors
// are those of ctx and of p.At; they come with what was found until then.
func Content(ctx context.Context, p Piece) (Result, error) {
	if p.Limit <= 0 || p.Limit > p.Size {
		p.Limit = p.Size
	}
	if p.Size == 0 {
		return Result{Complete: true}, nil
	}
	head := make([]byte, min(HeadSize, p.Limit))
	n, err := p.At.ReadAt(head, 0)
	if err != nil && !(err == io.EOF && n > 0) {
		return Result{}, fmt.Errorf("read the beginning: %w", err)
	}
	head = head[:n]
	for _, r := range Readers {
		if !r.Sniff(head, p.Name) {
			continue
		}
		result, err := r.Read(ctx, p)
		if errors.Is(err, ErrOther) {
			continue
		}
		return result, err
	}
	return readText(ctx, p, head)
}
