package classify

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// smallText is the size in bytes up to which a text is held while it is read as
// two things.
const smallText = 8 << 20

// besideText reads a piece that is text with a structure: what the structure
// tells, and what any text may hold. Small ones are read once only.
func besideText(ctx context.Context, p Piece, read func(m *meter, head []byte) (Result, error)) (Result, error) {
	once := p
	if p.Size <= smallText && (p.Limit <= 0 || p.Limit >= p.Size) {
		b := make([]byte, p.Size)
		n, err := p.At.ReadAt(b, 0)
		if n < len(b) && !errors.Is(err, io.EOF) {
			return Result{}, err
		}
		once.At, once.Size = bytes.NewReader(b[:n]), int64(n)
		if once.Limit > once.Size {
			once.Limit = once.Size
		}
	}
	head := make([]byte, min(HeadSize, once.Size))
	n, err := once.At.ReadAt(head, 0)
	if n < len(head) && !errors.Is(err, io.EOF) {
		return Result{}, err
	}
	head = head[:n]
	told, err := read(newMeter(ctx, once), head)
	if err != nil {
		return told, err
	}
	plain, err := readText(ctx, once, head)
	told.Finds = append(told.Finds, plain.Finds...)
	if told.Complete && !plain.Complete && plain.Reason != Binary {
		told.Complete, told.Reason = false, plain.Reason
	}
	for i := range told.Finds {
		told.Finds[i].Bytes = p.Size
	}
	return told, err
}
