package usage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/overgrant/overgrant"
)

// Sizes of what is read, in bytes.
const (
	windowSize = 1 << 20 // at once
	maxRecord  = 4 << 20 // of one record: the service sends 1 MiB at most
)

// Read counts the records of one log: of any schema, or several, packed with
// gzip or zstd or not at all. What cannot be read is told and counted, and ends
// nothing. It fails only if ctx ends or the caller's Skipped does.
func (c *Census) Read(ctx context.Context, place overgrant.Place, from io.Reader) error {
	l := &log{census: c, place: place, from: from}
	if err := l.unpack(); err != nil {
		return l.skip("unreadable log", err.Error(), 0)
	}
	defer l.close()
	return l.read(ctx)
}

// log is one log while it is read.
type log struct {
	census  *Census
	place   overgrant.Place
	from    io.Reader
	close   func()
	parser  parser
	text    []byte // read and not yet parsed
	ended   bool
	records int64            // that were parsed
	fault   error            // of from, which ended it
	offset  int64            // of text, in the log
	counts  map[string]int64 // records that could not be read, by reason
	first   map[string]int64 // where the first of them is
}

// unpack puts a decompressor before a log that is packed.
func (l *log) unpack() error {
	l.close = func() {}
	head := make([]byte, 4)
	n, err := io.ReadFull(l.from, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read it: %w", err)
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), l.from)
	l.from = whole
	switch {
	case bytes.HasPrefix(head[:n], []byte("\x1f\x8b")):
		z, err := gzip.NewReader(whole)
		if err != nil {
			return fmt.Errorf("unpack it: %w", err)
		}
		l.ahead(z, func() {})
	case bytes.Equal(head[:n], []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(whole, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
		if err != nil {
			return fmt.Errorf("unpack it: %w", err)
		}
		l.ahead(z, z.Close)
	}
	return nil
}

// ahead unpacks a log while it is parsed.
func (l *log) ahead(from io.Reader, end func()) {
	a := newAhead(from)
	l.from = a
	l.close = func() {
		a.Close()
		end()
	}
}

// read parses the log window by window.
func (l *log) read(ctx context.Context) error {
	buffer := make([]byte, windowSize)
	held := 0
	long := false // the record at the beginning is too long, and passed over
	for !l.ended {
		if err := ctx.Err(); err != nil {
			return err
		}
		if held == len(buffer) {
			buffer = append(buffer, make([]byte, len(buffer))...)
		}
		n := l.fill(buffer[held:])
		l.text = buffer[:held+n]
		if long {
			long = l.drop()
		}
		if err := l.parse(); err != nil {
			return err
		}
		if len(l.text) > maxRecord {
			l.miss(reasonLong, 1)
			long = l.drop()
		}
		held = copy(buffer, l.text)
	}
	return l.end()
}

// fill reads until b is full or the log ends.
func (l *log) fill(b []byte) int {
	n, err := fill(l.from, b)
	if l.ended = err != nil; l.ended && !errors.Is(err, io.EOF) {
		l.fault = err
	}
	c := l.census
	c.logged.Bytes += int64(n)
	c.opt.Meter.Bytes.Store(c.logged.Bytes)
	c.opt.Meter.Records.Store(c.logged.Records)
	c.opt.Meter.Tokens.Store(int64(len(c.tokens)))
	return n
}

// drop passes over the rest of a line. It reports whether the line goes on.
func (l *log) drop() bool {
	n := firstLine(l.text)
	goesOn := n == len(l.text) && (n == 0 || l.text[n-1] != '\n')
	l.advance(n)
	return goesOn
}

func (l *log) advance(n int) {
	l.text = l.text[n:]
	l.offset += int64(n)
}

// parse counts all records that are whole.
func (l *log) parse() error {
	for len(l.text) > 0 {
		n, what := l.parser.next(l.text, l.ended)
		switch what {
		case whole:
			reason := l.census.take(&l.parser.rec)
			if reason != "" {
				l.miss(reason, 1)
			}
			if reason != reasonTime {
				l.records++
			}
		case damaged:
			if l.ended && n == len(l.text) {
				l.miss(reasonCut, 1)
			} else {
				l.miss(reasonDamaged, 1)
			}
		case tooDeep:
			l.miss(reasonDeep, 1)
		case wantMore:
			return nil
		}
		l.advance(n)
	}
	return nil
}

// miss counts a record that could not be read.
func (l *log) miss(reason string, n int64) {
	if l.counts == nil {
		l.counts, l.first = map[string]int64{}, map[string]int64{}
	}
	if l.counts[reason] == 0 {
		l.first[reason] = l.offset
	}
	l.counts[reason] += n
}

// reasons are those of single records, in the order in which they are told.
var reasons = []string{reasonDamaged, reasonCut, reasonLong, reasonDeep, reasonTime, reasonForeign}

// end tells what could not be read, once for each reason. Text in which nothing
// was read at all is no log.
func (l *log) end() error {
	if l.records == 0 && len(l.counts) > 0 && l.fault == nil {
		return l.skip(reasonLog, "want resource logs, tables of Log Analytics or Storage Analytics", 1)
	}
	for _, reason := range reasons {
		n := l.counts[reason]
		if n == 0 {
			continue
		}
		if err := l.skip(reason, fmt.Sprintf("%d of them, the first at byte %d", n, l.first[reason]), n); err != nil {
			return err
		}
	}
	if l.fault != nil {
		return l.skip("unreadable log", fmt.Sprintf("it can be read up to byte %d only: %v", l.offset, l.fault), 0)
	}
	return nil
}

// skip tells one gap. Records of other services are none.
func (l *log) skip(reason, detail string, n int64) error {
	benign := reason == reasonForeign || reason == reasonLog && !named(l.place.Path)
	if !benign {
		l.census.logged.Unread += n
	}
	l.census.gaps[reason] += max(n, 1)
	if l.census.opt.Skipped == nil {
		return nil
	}
	return l.census.opt.Skipped(overgrant.Skipped{Place: l.place, Reason: reason, Detail: detail, Benign: benign})
}

// named reports whether a file has the name of a log.
func named(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".md", ".txt", ".yaml", ".yml", ".html", ".py", ".ps1", ".sh", ".kql", ".png", ".pdf", ".docx", ".xlsx":
		return false
	}
	return true
}
