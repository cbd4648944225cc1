package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/measure"
	"github.com/overgrant/overgrant/internal/measure/inventory"
	"github.com/overgrant/overgrant/internal/source"
)

// inventoryFormat tells by its name how a list of objects is written: csv,
// parquet, or "" for neither.
func inventoryFormat(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return "csv"
	case ".parquet":
		return "parquet"
	}
	return ""
}

// writeInventory writes the objects of a measurement to a file.
func writeInventory(ctx context.Context, name string, db *saved, id, round string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the inventory: %w", err)
	}
	write := map[string]func(io.Writer, iter.Seq2[inventory.Row, error]) error{"csv": inventory.WriteCSV, "parquet": inventory.WriteParquet}[inventoryFormat(name)]
	return errors.Join(write(f, objects(ctx, db, id, round)), f.Close())
}

// objects yields the objects of a measurement, as far as they were kept.
func objects(ctx context.Context, db *saved, id, round string) iter.Seq2[inventory.Row, error] {
	return func(yield func(inventory.Row, error) bool) {
		for seg, err := range db.Inventory(ctx, id, round) {
			if err != nil {
				yield(inventory.Row{}, err)
				return
			}
			for row, err := range inventory.Rows(seg.Data) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// listed measures the objects of an inventory that lies in a file. Their content
// is read through the link, if there is one.
func (m *measuring) listed(ctx context.Context) (fault error) {
	file, err := inventory.Open(m.from)
	if err != nil {
		return err
	}
	defer func() { fault = errors.Join(fault, file.Close()) }()
	switch len(m.job.links) {
	case 0:
		return m.unlinked(ctx, file)
	case 1:
	default:
		return fmt.Errorf("read --from-inventory: give one link beside it, the one that reads its objects, not %d", len(m.job.links))
	}
	l := m.job.links[0]
	if err := tell(l, m.now, m.config, m.put); err != nil {
		return err
	}
	reach, bearer, err := m.opened(ctx, l)
	if err != nil || reach == nil {
		return err
	}
	out, err := m.measure(ctx, l, &beside{File: file, content: reach}, bearer)
	m.open += out.Open
	return err
}

// unlinked measures an inventory by names alone.
func (m *measuring) unlinked(ctx context.Context, file *inventory.File) error {
	return m.standing(ctx, "inventory", m.from, file)
}

// local measures the files of a folder, or one file.
func (m *measuring) local(ctx context.Context, path string) error {
	return m.standing(ctx, "folder", path, folder(path))
}

// standing measures what no link leads to. A case stands for it.
func (m *measuring) standing(ctx context.Context, kind, path string, from source.Lister) error {
	sum := sha256.Sum256([]byte(kind + " " + path))
	l := overgrant.Link{
		ID: hex.EncodeToString(sum[:]), Redacted: path, Secret: overgrant.NewSecret(kind + " " + path),
		Grant: overgrant.Grant{Kind: kind, Path: path},
	}
	if err := m.put(overgrant.Message{Found: &overgrant.Found{Link: l}}); err != nil {
		return err
	}
	if err := m.put(overgrant.Message{Judged: &overgrant.Judged{ID: l.ID, Status: overgrant.LiveShape}}); err != nil {
		return err
	}
	out, err := m.measure(ctx, l, from, measure.Bearer{Reads: kind == "folder"})
	m.open += out.Open
	return err
}

// beside lists from an inventory and reads through a link.
type beside struct {
	*inventory.File
	content source.Lister
}

// Content opens an object of the inventory, whose name begins with its
// container.
func (b *beside) Content(ctx context.Context, o source.Named) (overgrant.Content, error) {
	container, name, _ := strings.Cut(o.Name, "/")
	o.Range, o.Name = source.Range{Service: "blob", Container: container}, name
	return b.content.Content(ctx, o)
}
