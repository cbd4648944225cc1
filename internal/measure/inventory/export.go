package inventory

import (
	"bufio"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/overgrant/overgrant/internal/source"
)

// line is a row as it is written. The columns have the names that Azure's own
// inventories use, so what reads those reads these, and so does [Open].
//
// Source: learn.microsoft.com, "Azure Storage blob inventory", schema fields.
type line struct {
	Name     string     `parquet:"Name,dict"` // with its container
	Service  string     `parquet:"Service,dict"`
	Created  *time.Time `parquet:"Creation-Time,optional,timestamp(millisecond)"`
	Modified *time.Time `parquet:"Last-Modified,optional,timestamp(millisecond)"`
	Tag      string     `parquet:"Etag"`
	Size     int64      `parquet:"Content-Length"`
	Type     string     `parquet:"Content-Type,dict"`
	MD5      string     `parquet:"Content-MD5"`
	Kind     string     `parquet:"BlobType,dict"`
	Tier     string     `parquet:"AccessTier,dict"`
	Version  string     `parquet:"VersionId"`
	Snapshot string     `parquet:"Snapshot"`
	Deleted  bool       `parquet:"Deleted"`
	Folder   bool       `parquet:"hdi_isfolder"`
}

// kinds are the words of Azure's inventories.
var kinds = map[byte]string{'b': "BlockBlob", 'p': "PageBlob", 'a': "AppendBlob", 'f': "File", 'm': "Message", 'e': "Entity"}

func lineOf(r Row) line {
	l := line{
		Name: r.Container + "/" + r.Name, Service: r.Service, Created: at(r.Created), Modified: at(r.Modified),
		Tag: strings.Trim(r.Tag, `"`), Size: r.Size, Type: r.Type, MD5: base64.StdEncoding.EncodeToString(r.MD5),
		Kind: kinds[r.Kind], Tier: r.Tier, Deleted: r.State == source.Deleted, Folder: r.State == source.Folder,
	}
	if r.Container == Joined {
		l.Name = r.Name
	}
	if r.State == source.Snapshot {
		l.Snapshot = r.Version
	} else {
		l.Version = r.Version
	}
	return l
}

func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// columnNames are the columns of the CSV form, in order.
var columnNames = []string{
	"Name", "Service", "Creation-Time", "Last-Modified", "Etag", "Content-Length", "Content-Type", "Content-MD5",
	"BlobType", "AccessTier", "VersionId", "Snapshot", "Deleted", "hdi_isfolder",
}

// WriteCSV writes rows with a line of column names. Names that a spreadsheet
// would take for a formula are written as they are: this is a list for programs,
// which [Open] reads back.
func WriteCSV(w io.Writer, rows iter.Seq2[Row, error]) error {
	b := bufio.NewWriterSize(w, 1<<20)
	out := csv.NewWriter(b)
	_ = out.Write(columnNames) // a csv.Writer keeps its first error for Error
	record := make([]string, len(columnNames))
	for r, err := range rows {
		if err != nil {
			return err
		}
		l := lineOf(r)
		record = append(record[:0], l.Name, l.Service, stamp(l.Created), stamp(l.Modified), l.Tag, strconv.FormatInt(l.Size, 10),
			l.Type, l.MD5, l.Kind, l.Tier, l.Version, l.Snapshot, strconv.FormatBool(l.Deleted), strconv.FormatBool(l.Folder))
		if err := out.Write(record); err != nil {
			return fmt.Errorf("write the inventory: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the inventory: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write the inventory: %w", err)
	}
	return nil
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// groupRows is how many rows of a Parquet file lie together. It bounds the
// memory that writing takes.
const groupRows = 100_000

// WriteParquet writes rows as a Parquet file, zstd inside.
func WriteParquet(w io.Writer, rows iter.Seq2[Row, error]) error {
	out := parquet.NewGenericWriter[line](w, parquet.Compression(&parquet.Zstd))
	batch := make([]line, 0, 1024)
	written := 0
	flush := func() error {
		if _, err := out.Write(batch); err != nil {
			return fmt.Errorf("write the inventory: %w", err)
		}
		written += len(batch)
		batch = batch[:0]
		if written < groupRows {
			return nil
		}
		written = 0
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write the inventory: %w", err)
		}
		return nil
	}
	for r, err := range rows {
		if err != nil {
			return err
		}
		if batch = append(batch, lineOf(r)); len(batch) == cap(batch) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write the inventory: %w", err)
	}
	return nil
}
