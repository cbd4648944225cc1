package sqlite

import (
	"context"
	"errors"
	"strings"
)

// readSchema reads the table of tables, whose tree begins on page one.
func (db *DB) readSchema() error {
	schema := &Table{root: 1, rowid: -1}
	type index struct {
		table string
		root  uint32
	}
	var indexes []index
	left := maxSchema
	for row, err := range db.Rows(context.Background(), schema, 0, 1, 2, 3, 4) {
		if err != nil {
			if errors.Is(err, ErrDamaged) && len(db.tables) > 0 {
				break
			}
			return err
		}
		if left--; left < 0 {
			return ErrLarge
		}
		kind, sql := db.String(row[0]), db.String(row[4])
		root := row[3].Integer
		if root <= 0 || root > int64(db.pages) {
			continue
		}
		switch kind {
		case "table":
			t := newTable(db.String(row[1]), sql, uint32(root))
			db.tables = append(db.tables, t)
			db.byName[fold(t.Name)] = t
		case "index":
			// An index with a condition lacks rows.
			if !strings.Contains(strings.ToUpper(sql), " WHERE ") {
				indexes = append(indexes, index{db.String(row[2]), uint32(root)})
			}
		}
	}
	for _, i := range indexes {
		if t := db.Table(i.table); t != nil && len(t.indexes) < 8 {
			t.indexes = append(t.indexes, i.root)
		}
	}
	return nil
}

// newTable reads the columns out of the statement that made a table.
func newTable(name, sql string, root uint32) *Table {
	t := &Table{Name: name, root: root, rowid: -1}
	body, after := parentheses(sql)
	t.indexed = strings.Contains(strings.ToUpper(after), "WITHOUT")
	for _, def := range split(body) {
		word, rest := firstWord(def)
		if word == "" || len(t.Columns) >= maxColumns {
			continue
		}
		upper := strings.ToUpper(rest)
		if !quoted(def) {
			switch strings.ToUpper(word) {
			case "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN":
				continue
			}
		}
		if generated(upper) {
			continue
		}
		if kind, _ := firstWord(rest); strings.EqualFold(kind, "INTEGER") && strings.Contains(upper, "PRIMARY KEY") && !t.indexed {
			t.rowid = len(t.Columns)
		}
		t.Columns = append(t.Columns, word)
	}
	return t
}

// generated reports whether a column, whose definition is given in capitals, is
// worked out and not stored.
func generated(upper string) bool {
	return (strings.Contains(upper, "GENERATED ALWAYS") || strings.Contains(upper, " AS (")) && !strings.HasSuffix(strings.TrimSpace(upper), "STORED")
}

// parentheses returns what is within the first pair of parentheses, and what
// follows.
func parentheses(sql string) (in, after string) {
	start := strings.IndexByte(sql, '(')
	if start < 0 || len(sql) > maxSQL {
		return "", ""
	}
	depth := 0
	for i := start; i < len(sql); i = past(sql, i) {
		switch sql[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return sql[start+1 : i], sql[i+1:]
			}
		}
	}
	return sql[start+1:], ""
}

// past returns where the character, quoted text or comment at i ends.
func past(sql string, i int) int {
	end := ""
	switch c := sql[i]; {
	case c == '\'' || c == '"' || c == '`':
		end = string(c)
	case c == '[':
		end = "]"
	case strings.HasPrefix(sql[i:], "--"):
		end = "\n"
	case strings.HasPrefix(sql[i:], "/*"):
		end = "*/"
	default:
		return i + 1
	}
	n := strings.Index(sql[i+1:], end)
	if n < 0 {
		return len(sql)
	}
	return i + 1 + n + len(end)
}

// split cuts definitions apart at commas.
func split(body string) (parts []string) {
	depth, start := 0, 0
	for i := 0; i < len(body); i = past(body, i) {
		switch body[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, body[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, body[start:])
}

// trim cuts space and comments off the front.
func trim(s string) string {
	for {
		s = strings.TrimLeft(s, " \t\r\n\f")
		if !strings.HasPrefix(s, "--") && !strings.HasPrefix(s, "/*") {
			return s
		}
		s = s[past(s, 0):]
	}
}

func quoted(def string) bool {
	def = trim(def)
	return def != "" && strings.IndexByte("\"'`[", def[0]) >= 0
}

// firstWord cuts a name off the front, without its quotes.
func firstWord(def string) (word, rest string) {
	def = trim(def)
	if def == "" {
		return "", ""
	}
	if quoted(def) {
		end := past(def, 0)
		return strings.Trim(def[:end], "\"'`[]"), def[end:]
	}
	end := strings.IndexAny(def, " \t\r\n\f(/")
	if end < 0 {
		end = len(def)
	}
	return def[:end], def[end:]
}
