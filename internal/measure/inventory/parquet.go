package inventory

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetFile reads inventories as Parquet. Positions are rows.
type parquetFile struct {
	file    *parquet.File
	columns map[string]int // by name in lower case
	units   map[int]time.Duration
}

func openParquet(at io.ReaderAt, size int64) (p *parquetFile, err error) {
	defer func() { // the library gives up on some damaged files
		if recover() != nil {
			p, err = nil, fmt.Errorf("%w: a damaged Parquet file", ErrFormat)
		}
	}()
	file, err := parquet.OpenFile(at, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	p = &parquetFile{file: file, columns: map[string]int{}, units: map[int]time.Duration{}}
	for i, path := range file.Schema().Columns() {
		p.columns[strings.ToLower(strings.Join(path, "."))] = i
		leaf, _ := file.Schema().Lookup(path...)
		if leaf.Node == nil {
			continue
		}
		if t := leaf.Node.Type().LogicalType(); t != nil {
			if stamp, ok := t.Value.(*format.TimestampType); ok {
				p.units[i] = unitOf(stamp)
			}
		}
	}
	if _, ok := p.columns["name"]; !ok {
		return nil, ErrColumns
	}
	if _, ok := p.columns["content-length"]; !ok {
		return nil, ErrColumns
	}
	return p, nil
}

func unitOf(t *format.TimestampType) time.Duration {
	switch t.Unit.Value.(type) {
	case *format.MilliSeconds:
		return time.Millisecond
	case *format.MicroSeconds:
		return time.Microsecond
	}
	return time.Nanosecond
}

func (p *parquetFile) rows(from int64) iter.Seq2[positioned, error] {
	return func(yield func(positioned, error) bool) {
		at := int64(0)
		for _, g := range p.file.RowGroups() {
			if at+g.NumRows() <= from {
				at += g.NumRows()
				continue
			}
			more, err := p.group(g, max(from-at, 0), at, yield)
			if err != nil {
				yield(positioned{}, err)
				return
			}
			if !more {
				return
			}
			at += g.NumRows()
		}
	}
}

// group yields the rows of one group, the first of which is row number at of the
// file.
func (p *parquetFile) group(g parquet.RowGroup, from, at int64, yield func(positioned, error) bool) (more bool, err error) {
	rows := g.Rows()
	defer rows.Close()
	if err := rows.SeekToRow(from); err != nil {
		return false, err
	}
	buf := make([]parquet.Row, 256)
	for n := at + from; ; {
		got, err := readRows(rows, buf)
		for _, row := range buf[:got] {
			n++
			if !yield(positioned{fields: p.fields(row), next: n}, nil) {
				return false, nil
			}
		}
		if err == io.EOF || err == nil && got == 0 {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// readRows turns a panic of the library on damaged bytes into an error.
func readRows(rows parquet.Rows, buf []parquet.Row) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, errors.New("a damaged Parquet file")
		}
	}()
	return rows.ReadRows(buf)
}

// fields gives the columns of a row as text.
func (p *parquetFile) fields(row parquet.Row) func(string) string {
	return func(column string) string {
		i, ok := p.columns[column]
		if !ok {
			return ""
		}
		for _, v := range row {
			if v.Column() != i || v.IsNull() {
				continue
			}
			if unit, ok := p.units[i]; ok {
				return time.Unix(0, 0).Add(time.Duration(v.Int64()) * unit).UTC().Format(time.RFC3339Nano)
			}
			switch v.Kind() {
			case parquet.Boolean:
				return strconv.FormatBool(v.Boolean())
			case parquet.Int32, parquet.Int64:
				return strconv.FormatInt(v.Int64(), 10)
			}
			return v.String()
		}
		return ""
	}
}
