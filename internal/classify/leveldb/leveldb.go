// Package leveldb reads the files of a LevelDB store one by one, as they lie in
// a bucket: tables (.ldb, .sst) and logs (.log). It needs no manifest and no
// other file of the store, so it yields every version of a key that a file
// holds, deleted ones too; what is current only the whole store tells.
//
// Source of the formats: google/leveldb, doc/table_format.md and
// doc/log_format.md.
package leveldb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged says that bytes are not what the format asks for. What comes with
// it is passed over; the rest of the file is read.
var ErrDamaged = errors.New("damaged")

// Entry is one change of a key. Key and Value are good until the next entry is
// asked for.
type Entry struct {
	Key, Value []byte
	Sequence   uint64
	Deleted    bool // the key was removed; Value is empty
}

// Bounds of one file. They are far above what LevelDB itself writes, where a
// block has 4 KiB and a file a few MiB, unless a value is larger.
const (
	maxBlock   = 64 << 20 // bytes of a block or of a log record, unpacked
	maxDecoded = 2 << 30  // bytes of all blocks of a file, unpacked
	runSize    = 256 << 10
)

func damaged(what string) error { return fmt.Errorf("read a LevelDB %s: %w", what, ErrDamaged) }

// window reads a file front to back in long runs, whatever the size of the
// pieces asked for.
type window struct {
	at   io.ReaderAt
	size int64
	buf  []byte
	from int64 // of buf in the file
}

// bytes returns n bytes at off, good until the next call. off+n must lie in the
// file.
func (w *window) bytes(off int64, n int) ([]byte, error) {
	if off >= w.from && off+int64(n) <= w.from+int64(len(w.buf)) {
		return w.buf[off-w.from:][:n], nil
	}
	length := min(max(int64(n), runSize), w.size-off)
	if int64(cap(w.buf)) < length {
		w.buf = make([]byte, length)
	}
	w.buf, w.from = w.buf[:length], off
	got, err := w.at.ReadAt(w.buf, off)
	w.buf = w.buf[:got]
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read a LevelDB file: %w", err)
	}
	return w.buf[:n], nil
}

// prefixed cuts a length and as many bytes off the front of b.
func prefixed(b []byte) (text, rest []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, false
	}
	return b[used:][:n], b[used+int(n):], true
}
