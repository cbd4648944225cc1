package classify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// A text is read in windows of windowSize bytes. What begins in one may end
// aheadSize bytes into the next, and stands up to behindSize bytes after what
// explains it.
const (
	windowSize = 1 << 20
	aheadSize  = longKey
	behindSize = 1 << 10
)

// readText reads a piece as text, window by window. Its memory does not depend
// on the size of the piece.
func readText(ctx context.Context, p Piece, head []byte) (Result, error) {
	code := codingOf(head)
	if code == noText {
		return Result{Read: int64(len(head)), Reason: Binary}, nil
	}
	s := newScan(p)
	t := textReader{piece: p, code: code, room: make([]byte, 0, min(int64(windowSize), p.Limit)+aheadSize+behindSize)}
	t.room = append(t.room, '\n') // a text begins as if a line had ended before it
	from := 0
	for {
		if err := ctx.Err(); err != nil {
			return t.result(s), fmt.Errorf("look into text: %w", err)
		}
		err := t.fill()
		to := len(t.room)
		if !t.ended && err == nil {
			to -= aheadSize
		}
		if to > from {
			s.window(t.room, from, to)
			from = t.keep(to)
		}
		if err != nil {
			return t.result(s), fmt.Errorf("read text: %w", err)
		}
		if t.ended {
			return t.result(s), nil
		}
	}
}

// textReader reads a piece forwards and gives it out in one byte a character.
type textReader struct {
	piece Piece
	code  coding
	room  []byte // what is looked at
	raw   []byte // as it was read, where that is not what is looked at
	at    int64  // bytes read
	ended bool
}

func (t *textReader) result(s *scan) Result {
	r := Result{Finds: s.finds(), Read: t.at, Complete: t.at >= t.piece.Size}
	if s.secrets.spent > s.secrets.budget {
		r.Complete, r.Reason = false, Crowded
	} else if !r.Complete {
		r.Reason = Limited
	}
	if !r.Complete {
		for i := range r.Finds {
			r.Finds[i].AtLeast = true
		}
	}
	return r
}

// fill reads the next run of bytes behind what is in the room.
func (t *textReader) fill() error {
	n := int(min(windowSize, t.piece.Limit-t.at))
	if t.code != plainText {
		if t.raw == nil {
			t.raw = make([]byte, windowSize)
		}
		got, err := t.read(t.raw[:n])
		t.room = t.code.narrow(t.room, t.raw[:got])
		return err
	}
	start := len(t.room)
	if cap(t.room) < start+n {
		grown := make([]byte, start, start+n)
		copy(grown, t.room)
		t.room = grown
	}
	t.room = t.room[:start+n]
	got, err := t.read(t.room[start:])
	t.room = t.room[:start+got]
	return err
}

func (t *textReader) read(b []byte) (int, error) {
	n, err := t.piece.At.ReadAt(b, t.at)
	t.at += int64(n)
	t.ended = t.at >= t.piece.Limit || errors.Is(err, io.EOF)
	if n < len(b) && err != nil && !errors.Is(err, io.EOF) {
		return n, err
	}
	return n, nil
}

// keep moves the end of the room to its front: what was not looked at yet, and
// a little before that. It returns where the former begins.
func (t *textReader) keep(to int) int {
	start := max(0, to-behindSize)
	t.room = t.room[:copy(t.room, t.room[start:])]
	return to - start
}

// coding says how text is written.
type coding uint8

const (
	noText    coding = iota
	plainText        // ASCII and whatever has it as a part: UTF-8, ISO 8859, Windows code pages
	littleEnd        // UTF-16, low byte first
	bigEnd
)

// codingOf tells from its beginning how a text is written. UTF-16 without a
// mark shows in a zero in every other byte.
func codingOf(head []byte) coding {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return littleEnd
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return bigEnd
	}
	var zeros [2]int
	controls := 0
	for i, c := range head {
		if c == 0 {
			zeros[i&1]++
		} else if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b && c != '\b' {
			controls++
		}
	}
	half := len(head) / 2
	switch {
	case half > 0 && zeros[1] > half*3/4 && zeros[0]*20 < half && controls*20 < half:
		return littleEnd
	case half > 0 && zeros[0] > half*3/4 && zeros[1]*20 < half && controls*20 < half:
		return bigEnd
	case zeros[0]+zeros[1] > 0 || controls*10 > len(head):
		return noText
	}
	return plainText
}

// narrow appends UTF-16 text with each character that is not ASCII as a byte
// that belongs to no word.
func (c coding) narrow(to, raw []byte) []byte {
	low, high := 0, 1
	if c == bigEnd {
		low, high = 1, 0
	}
	for ; len(raw) >= 2; raw = raw[2:] {
		if raw[high] == 0 && raw[low] < 0x80 {
			to = append(to, raw[low])
		} else {
			to = append(to, 0xff)
		}
	}
	return to
}
