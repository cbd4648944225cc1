package inventory

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// csvFile reads inventories as CSV. Positions are bytes.
type csvFile struct {
	at      io.ReaderAt
	size    int64
	columns map[string]int // by name in lower case
	body    int64          // where the first row begins
}

// maxHeader is where the line of column names must have ended, in bytes.
const maxHeader = 64 << 10

func openCSV(at io.ReaderAt, size int64) (*csvFile, error) {
	r := csv.NewReader(bufio.NewReader(io.NewSectionReader(at, 0, min(size, maxHeader))))
	names, err := r.Read()
	if err != nil {
		return nil, ErrFormat
	}
	f := &csvFile{at: at, size: size, columns: map[string]int{}, body: r.InputOffset()}
	for i, n := range names {
		f.columns[strings.ToLower(strings.Trim(strings.TrimPrefix(n, "\ufeff"), " \""))] = i
	}
	if _, ok := f.columns["name"]; !ok {
		return nil, ErrColumns
	}
	if _, ok := f.columns["content-length"]; !ok {
		return nil, ErrColumns
	}
	return f, nil
}

// maxRow bounds one row, in bytes: an object's name has 1,024 characters.
const maxRow = 1 << 20

func (f *csvFile) rows(from int64) iter.Seq2[positioned, error] {
	return func(yield func(positioned, error) bool) {
		from = max(from, f.body)
		bounded := &rowBound{r: io.NewSectionReader(f.at, from, f.size-from)}
		r := csv.NewReader(bufio.NewReaderSize(bounded, 1<<20))
		r.ReuseRecord, r.FieldsPerRecord, r.LazyQuotes = true, -1, true
		for {
			bounded.before = r.InputOffset()
			record, err := r.Read()
			var broken *csv.ParseError
			switch {
			case err == io.EOF:
				return
			case errors.As(err, &broken):
				skip := &source.Skip{Skipped: overgrant.Skipped{Reason: "damaged row", Detail: broken.Err.Error()}}
				if !yield(positioned{}, skip) {
					return
				}
				continue
			case err != nil:
				yield(positioned{}, err)
				return
			}
			row := positioned{next: from + r.InputOffset(), fields: func(column string) string {
				i, ok := f.columns[column]
				if !ok || i >= len(record) {
					return ""
				}
				return record[i]
			}}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// rowBound ends a file in which a row does not end: a quote that is never closed
// would be read into memory whole.
type rowBound struct {
	r            io.Reader
	read, before int64
}

var errLongRow = errors.New("a row is longer than 1 MiB; is a quote not closed?")

func (b *rowBound) Read(p []byte) (int, error) {
	if b.read-b.before > 4*maxRow { // what is read ahead counts too
		return 0, errLongRow
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	return n, err
}
