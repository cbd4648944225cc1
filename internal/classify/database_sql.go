package classify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/overgrant/overgrant"
)

var sqlDumpReader = Reader{
	Name:  "sql_dump",
	Doc:   "Dumps of databases as SQL, of MySQL, MariaDB, PostgreSQL, SQLite, SQL Server and their tools: tables and rows are counted, and columns with personal data told by their names. The text is searched as any other.",
	Sniff: func(head, name []byte) bool { return dumpProgram(head, name) != "" },
	Read: func(ctx context.Context, p Piece) (Result, error) {
		return besideText(ctx, p, func(m *meter, head []byte) (Result, error) {
			d := &sqlDump{}
			err := d.read(m.stream())
			return m.result(err, d.find(p, dumpProgram(head, p.Name)))
		})
	},
}

// dumpProgram tells by the beginning of a text whose dump it is.
func dumpProgram(head, name []byte) string {
	for _, d := range []struct{ mark, program string }{
		{"-- MySQL dump", "MySQL"}, {"-- MariaDB dump", "MariaDB"}, {"enable the sandbox mode", "MariaDB"}, {"-- PostgreSQL database", "PostgreSQL"}, {"-- phpMyAdmin SQL Dump", "MySQL"}, {"-- HeidiSQL", "MySQL"},
		{"-- Adminer", "MySQL"}, {"-- Host:", "MySQL"}, {"PRAGMA foreign_keys=OFF;", "SQLite"}, {"-- Navicat", "SQL"}, {"-- Oracle SQL Developer", "Oracle"}, {"SET IDENTITY_INSERT", "SQL Server"},
	} {
		if bytes.Contains(head[:min(len(head), 1024)], []byte(d.mark)) {
			return d.program
		}
	}
	if !hasEnding(name, ".sql") && !hasEnding(name, ".dump") {
		return ""
	}
	upper := bytes.ToUpper(head)
	if bytes.Contains(upper, []byte("CREATE TABLE")) || bytes.Contains(upper, []byte("INSERT INTO")) {
		return "SQL"
	}
	return ""
}

// sqlDump counts what a dump makes.
type sqlDump struct {
	tables, rows int64
	kinds        columnKinds
	copying      bool   // within the rows of a COPY of PostgreSQL
	inserting    bool   // within an INSERT
	defining     bool   // within a CREATE TABLE
	depth        int    // parentheses open in an INSERT
	quote        byte   // within quotes in an INSERT
	escaped      bool   // a backslash came before
	values       bool   // VALUES came, so that parentheses are rows
	word         []byte // letters at the end of what was read of an INSERT
}

// read reads a dump, line by line; those of an INSERT may have any length.
func (d *sqlDump) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, 256<<10)
	cut := false
	for {
		line, err := in.ReadSlice('\n')
		d.part(line, cut)
		cut = errors.Is(err, bufio.ErrBufferFull)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !cut {
			return err
		}
	}
}

// part looks at a line, or at a further part of one.
func (d *sqlDump) part(line []byte, further bool) {
	switch {
	case d.copying:
		if further {
			return
		}
		if bytes.HasPrefix(line, []byte(`\.`)) {
			d.copying = false
			return
		}
		if len(line) > 0 {
			d.rows++
		}
	case d.inserting:
		d.insert(line)
	case further:
	default:
		d.statement(line)
	}
}

// statement looks at a line that may begin a statement.
func (d *sqlDump) statement(line []byte) {
	line = bytes.TrimLeft(line, " \t")
	switch {
	case prefixFold(line, "CREATE TABLE"), prefixFold(line, "CREATE UNLOGGED TABLE"):
		d.tables++
		d.defining = true
		d.columns(line)
	case prefixFold(line, "COPY ") && bytes.Contains(line, []byte("FROM stdin")):
		d.copying, d.defining = true, false
		d.columns(line)
	case prefixFold(line, "INSERT "), prefixFold(line, "REPLACE INTO"):
		d.inserting, d.defining, d.values = true, false, false
		d.depth, d.quote, d.word = 0, 0, d.word[:0]
		d.insert(line)
	case d.defining:
		d.columns(line)
	}
	if d.defining && bytes.Contains(line, []byte(";")) {
		d.defining = false
	}
}

// columns looks for names of columns in a definition.
func (d *sqlDump) columns(line []byte) {
	if len(line) > 4096 {
		line = line[:4096]
	}
	for name := range bytes.FieldsFuncSeq(line, func(r rune) bool {
		return r <= ' ' || r == '(' || r == ')' || r == ',' || r == '`' || r == '"' || r == '[' || r == ']' || r == '.'
	}) {
		d.kinds |= columnKind(name)
	}
}

// insert counts the rows of an INSERT: pairs of parentheses after VALUES, or one
// for each SELECT.
func (d *sqlDump) insert(line []byte) {
	for i := 0; i < len(line); i++ {
		c := line[i]
		if d.quote != 0 {
			// Within quotes only few bytes matter: go to the next of them.
			if !d.escaped {
				n := bytes.IndexByte(line[i:], d.quote)
				if n < 0 {
					n = len(line) - i
				}
				if slash := bytes.IndexByte(line[i:i+n], '\\'); slash >= 0 {
					n = slash
				}
				if i += n; i == len(line) {
					return
				}
				c = line[i]
			}
			switch {
			case d.escaped:
				d.escaped = false
			case c == '\\':
				d.escaped = true
			case c == d.quote:
				d.quote = 0
			}
			continue
		}
		switch {
		case c == '\'' || c == '"' || c == '`':
			d.quote = c
		case c == '(':
			if d.depth == 0 && d.values {
				d.rows++
			}
			d.depth++
		case c == ')':
			d.depth--
		case c == ';' && d.depth <= 0:
			d.inserting = false
			return
		case d.values:
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			if len(d.word) < 8 {
				d.word = append(d.word, c|0x20)
			}
			continue
		}
		if d.depth == 0 && string(d.word) == "values" {
			d.values = true
			if c == '(' {
				d.rows++
			}
		} else if d.depth == 1 && c == '(' && string(d.word) == "values" {
			d.values = true
			d.rows++
		}
		d.word = d.word[:0]
	}
}

func prefixFold(line []byte, prefix string) bool {
	return len(line) >= len(prefix) && bytes.EqualFold(line[:len(prefix)], []byte(prefix))
}

func (d *sqlDump) find(p Piece, program string) overgrant.Find {
	f := databaseDump.Find(p, d.rows)
	if d.tables > 0 || d.rows > 0 {
		f.Hint = fmt.Sprintf("%s, %d tables%s", program, d.tables, d.kinds)
	}
	return f
}
