package inventory

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// Joined stands for the container where the names of objects begin with it, as
// they do in an inventory of a whole account.
const Joined = "*"

// Errors of Open.
var (
	ErrColumns = errors.New("no column Name and Content-Length; want an Azure Blob Inventory as CSV or Parquet, with a line of column names")
	ErrFormat  = errors.New("not an inventory: neither Parquet nor CSV")
)

// File is an inventory of a cloud, as a source of objects without content. Many
// goroutines may list it at once.
type File struct {
	name string
	file *os.File
	size int64
	read reader
}

// reader reads one format of inventories.
type reader interface {
	// rows yields the rows from a position on, each with the position behind it.
	rows(from int64) iter.Seq2[positioned, error]
}

// positioned is a row and where to go on behind it.
type positioned struct {
	fields func(column string) string
	next   int64
}

// Open opens the inventory in a file. What it is, its bytes decide. The caller
// closes it.
func Open(name string) (*File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the inventory: %w", err)
	}
	inv, err := opened(name, f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open the inventory %s: %w", name, err)
	}
	return inv, nil
}

func opened(name string, f *os.File) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	inv := &File{name: name, file: f, size: info.Size()}
	magic := make([]byte, 4)
	if _, err := f.ReadAt(magic, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if string(magic) == "PAR1" {
		inv.read, err = openParquet(f, inv.size)
	} else {
		inv.read, err = openCSV(f, inv.size)
	}
	return inv, err
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Name is the word of overgrant.Place.Source.
func (f *File) Name() string { return "inventory" }

// Shards yields nothing: an inventory is listed, and holds no pieces.
func (f *File) Shards(context.Context) iter.Seq2[source.Shard, error] {
	return func(func(source.Shard, error) bool) {}
}

// Pieces yields nothing.
func (f *File) Pieces(context.Context, source.Shard) iter.Seq2[overgrant.Piece, error] {
	return func(func(overgrant.Piece, error) bool) {}
}

// Expand gives the whole inventory as one range.
func (f *File) Expand(context.Context, source.Range) (source.Expanded, error) {
	return source.Expanded{Ranges: []source.Range{{Service: "blob", Container: Joined}}}, nil
}

// Split gives r alone: a file is read from its beginning to its end.
func (f *File) Split(_ context.Context, r source.Range, _ int) ([]source.Range, error) {
	return []source.Range{r}, nil
}

// ErrNoContent says that an inventory holds names and no content.
var ErrNoContent = errors.New("an inventory holds no content")

// Content fails with ErrNoContent.
func (f *File) Content(context.Context, source.Named) (overgrant.Content, error) {
	return nil, ErrNoContent
}

// pageRows is how many objects a page has.
const pageRows = 5000

// Pages lists the inventory. Rows that cannot be read are gaps.
func (f *File) Pages(ctx context.Context, r source.Range) iter.Seq2[*source.Page, error] {
	return func(yield func(*source.Page, error) bool) {
		from, err := strconv.ParseInt("0"+r.Marker, 10, 64)
		if err != nil {
			yield(nil, fmt.Errorf("list the inventory: marker %q", r.Marker))
			return
		}
		page := &source.Page{}
		for row, err := range f.read.rows(from) {
			var skip *source.Skip
			if errors.As(err, &skip) {
				skip.Place = overgrant.Place{Source: f.Name(), Path: f.name}
				if !yield(nil, err) {
					return
				}
				continue
			}
			if err != nil || ctx.Err() != nil {
				yield(nil, errors.Join(err, ctx.Err()))
				return
			}
			o, err := objectOf(row.fields)
			if err != nil {
				gap := &source.Skip{Skipped: overgrant.Skipped{Place: overgrant.Place{Source: f.Name(), Path: f.name}, Reason: "damaged row", Detail: err.Error()}}
				if !yield(nil, gap) {
					return
				}
				continue
			}
			page.Objects = append(page.Objects, o)
			if len(page.Objects) < pageRows {
				continue
			}
			page.Next = r
			page.Next.Marker = strconv.FormatInt(row.next, 10)
			if !yield(page, nil) {
				return
			}
			page = &source.Page{Objects: page.Objects[:0]}
		}
		yield(page, nil)
	}
}

// objectOf reads the columns of a row.
func objectOf(field func(string) string) (source.Object, error) {
	o := source.Object{Name: []byte(field("name"))}
	if len(o.Name) == 0 {
		return o, errors.New("no name")
	}
	var err error
	if size := field("content-length"); size != "" {
		if o.Size, err = strconv.ParseInt(size, 10, 64); err != nil || o.Size < 0 {
			return o, errors.New("content-length is no number")
		}
	}
	o.Modified, o.Created = unix(field("last-modified")), unix(field("creation-time"))
	o.Tag, o.Type, o.Tier = []byte(field("etag")), []byte(field("content-type")), []byte(field("accesstier"))
	o.MD5, _ = base64.StdEncoding.DecodeString(field("content-md5"))
	switch strings.ToLower(field("blobtype")) {
	case "pageblob":
		o.Kind = 'p'
	case "appendblob":
		o.Kind = 'a'
	case "file":
		o.Kind = 'f'
	default:
		o.Kind = 'b'
	}
	isTrue := func(column string) bool { v, _ := strconv.ParseBool(field(column)); return v }
	version := field("versionid")
	switch {
	case isTrue("deleted"):
		o.State = source.Deleted
	case isTrue("hdi_isfolder"):
		o.State = source.Folder
	case field("snapshot") != "":
		o.State, o.Version = source.Snapshot, []byte(field("snapshot"))
	case version != "" && strings.EqualFold(field("iscurrentversion"), "false"):
		o.State, o.Version = source.Version, []byte(version)
	}
	return o, nil
}

// timeForms are how inventories write moments.
var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.0000000Z", time.RFC1123, "2006-01-02 15:04:05"}

// unix reads a moment as seconds since 1970; 0 if it is none.
func unix(text string) int64 {
	if text == "" {
		return 0
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t.Unix()
		}
	}
	return 0
}
