package classify

import "context"

// readText reads a piece as text, window by window.
func readText(ctx context.Context, p Piece, head []byte) (Result, error) {
	_ = ctx
	_ = p
	_ = head
	return Result{Reason: Binary}, nil
}
