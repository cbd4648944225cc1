package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/overgrant/overgrant/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks the file as ours: "ovgr". Source:
// sqlite.org/pragma.html#pragma_application_id.
const applicationID = 0x6f766772

// migrate brings the schema up to date: each numbered file is one version, and
// is carried out once, in a transaction of its own together with the number.
func migrate(ctx context.Context, c *sql.Conn) error {
	files, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return err
	}
	have, err := version(ctx, c)
	switch {
	case err != nil:
		return err
	case have > len(files):
		return fmt.Errorf("%w: it has version %d, this program knows %d", store.ErrNewer, have, len(files))
	}
	return upgrade(ctx, c, have, files)
}

// upgrade carries out the files after the first have ones.
func upgrade(ctx context.Context, c *sql.Conn, have int, files []string) error {
	for n := have; n < len(files); n++ {
		text, err := fs.ReadFile(migrations, files[n])
		if err != nil {
			return err
		}
		if err := step(ctx, c, n, string(text)); err != nil {
			return fmt.Errorf("bring to version %d: %w", n+1, err)
		}
	}
	return nil
}

// step brings the schema from version n to the next, unless another program has
// done so by now.
func step(ctx context.Context, c *sql.Conn, n int, text string) error {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	now, err := version(ctx, c)
	if err == nil && now == n {
		_, err = c.ExecContext(ctx, fmt.Sprintf("%s;\nPRAGMA user_version = %d; PRAGMA application_id = %d", text, n+1, applicationID))
	}
	if err != nil {
		_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}

// version returns the version of the schema, 0 for a new file. It fails with
// store.ErrForeign where the file is another program's.
func version(ctx context.Context, c *sql.Conn) (int, error) {
	var app, user, tables int
	err := c.QueryRowContext(ctx, "SELECT a.application_id, u.user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id a, pragma_user_version u").Scan(&app, &user, &tables)
	switch {
	case err != nil:
		return 0, err
	case app == applicationID:
		return user, nil
	case app != 0 || user != 0 || tables != 0:
		return 0, fmt.Errorf("%w: another program's database", store.ErrForeign)
	}
	return 0, nil
}
