package classify_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/overgrant/overgrant/internal/classify"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/stores/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDatabases(t *testing.T) {
	var mysql strings.Builder
	mysql.WriteString("-- MySQL dump 10.13  Distrib 8.0\n--\n-- Host: localhost    Database: shop\nCREATE TABLE `users` (\n  `id` int NOT NULL,\n  `email` varchar(99),\n  `password_hash` char(60),\n  PRIMARY KEY (`id`)\n);\nINSERT INTO `users` VALUES ")
	for i := range 5000 {
		fmt.Fprintf(&mysql, "(%d,'it\\'s (%d);','x''); VALUES (y'),", i, i)
	}
	mysql.WriteString("(0,NULL,UUID());\nINSERT INTO `users` (`id`, `email`)\nVALUES\n(1,'a'),\n(2,'b');\n")

	type row struct {
		ID    int64  `parquet:"id"`
		Email string `parquet:"customer_email"`
		IBAN  string `parquet:"iban"`
	}
	var columns bytes.Buffer
	w := parquet.NewGenericWriter[row](&columns)
	for i := range 3000 {
		if _, err := w.Write([]row{{int64(i), "a", "b"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name, path string
		text       []byte
		want, hint string
	}{
		{"pg_dump_custom", "a.dump", file(t, "postgres-15.dump"), "0 rows of 0 people", "PostgreSQL archive, 2 tables, with e-mail, telephone"},
		{"pg_dump_plain", "a.sql", file(t, "postgres-15-copy.sql"), "122 rows of 0 people", "PostgreSQL, 2 tables, with e-mail, telephone"},
		{"mysqldump", "a.sql", []byte(mysql.String()), "5003 rows of 0 people", "MySQL, 1 tables, with e-mail, password"},
		{"sqlite_dump", "a.sql", []byte("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE users(id integer primary key, email text);\nINSERT INTO users VALUES(1,'a');\nINSERT INTO users VALUES(2,'b;(x)');\nINSERT INTO users VALUES(3,'it''s (c)\n(d)');\nCOMMIT;\n"), "3 rows of 0 people", "SQLite, 1 tables, with e-mail"},
		{"parquet", "a.parquet", columns.Bytes(), "3000 rows of 0 people", "Parquet, with e-mail, bank account"},
		{"avro", "a.avro", avro(40, 100), "4000 rows of 0 people", "Avro, with telephone"},
		{"bson", "dump/shop/users.bson", bson(300), "300 rows of 0 people", "MongoDB, with e-mail"},
		{"redis", "dump.rdb", []byte("REDIS0011\xfa\x09redis-ver\x057.2.4\xfa\x0aredis-bits\xc0\x40\xfe\x00\xfb\x42\x10\x00\x00\x01a\x01b\xff"), "528 rows of 0 people", "Redis"},
		{"dbase", "a.dbf", dbase(77), "77 rows of 0 people", "dBase, with telephone"},
		{"sql_server_backup", "shop.bak", append([]byte("TAPE"), make([]byte, 600)...), "0 rows of 0 people", "SQL Server backup"},
		{"access", "a.accdb", append([]byte("\x00\x01\x00\x00Standard ACE DB\x00"), make([]byte, 600)...), "0 rows of 0 people", "Access"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := look(t, test.path, test.text)
			if got := tell(held(r)["database_dump"]); got != test.want || !r.Complete {
				t.Errorf("%s, complete %v %q; want %s", got, r.Complete, r.Reason, test.want)
			}
			for _, f := range r.Finds {
				if f.Class == "database_dump" && f.Hint != test.hint {
					t.Errorf("hint %q; want %q", f.Hint, test.hint)
				}
			}
		})
	}
}

func avro(blocks, each int) []byte {
	text := func(b []byte, s string) []byte { return append(binary.AppendVarint(b, int64(len(s))), s...) }
	sync := "0123456789abcdef"
	b := binary.AppendVarint([]byte("Obj\x01"), 2)
	b = text(text(b, "avro.codec"), "null")
	b = text(text(b, "avro.schema"), `{"type":"record","name":"r","fields":[{"name":"phone_number","type":"string"}]}`)
	b = append(append(b, 0), sync...)
	for range blocks {
		b = binary.AppendVarint(b, int64(each))
		b = binary.AppendVarint(b, int64(each*10))
		b = append(append(b, make([]byte, each*10)...), sync...)
	}
	return b
}

func bson(n int) (b []byte) {
	for i := range n {
		doc := []byte{0, 0, 0, 0, 0x10, 'n', 0, byte(i), 0, 0, 0}
		doc = append(doc, "\x02email\x00\x02\x00\x00\x00a\x00\x00"...)
		binary.LittleEndian.PutUint32(doc, uint32(len(doc)))
		b = append(b, doc...)
	}
	return b
}

func dbase(n int) []byte {
	b := make([]byte, 32+32)
	b[0], b[1], b[2], b[3] = 3, 120, 5, 6
	binary.LittleEndian.PutUint32(b[4:], uint32(n))
	binary.LittleEndian.PutUint16(b[8:], 65)
	binary.LittleEndian.PutUint16(b[10:], 11)
	copy(b[32:], "PHONE")
	b = append(b, 0x0d)
	return append(b, make([]byte, n*11)...)
}

func TestFirefoxLogins(t *testing.T) {
	logins := many(700, func(i int) any {
		return anyMap{"id": i, "hostname": "https://example.test", "encryptedUsername": strings.Repeat("x", i%90), "encryptedPassword": "y"}
	})
	r := look(t, "Profiles/a/logins.json", marshal(t, anyMap{"nextId": 701, "logins": logins}))
	if got, want := tell(held(r)["browser_store"]), "700 logins of 0 people"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

func FuzzDatabase(f *testing.F) {
	f.Add("a.avro", avro(2, 3))
	f.Add("a.bson", bson(2))
	f.Add("a.dbf", dbase(2))
	f.Add("a.dump", file(f, "postgres-15.dump")[:3000])
	f.Add("a.rdb", []byte("REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\x00\xfb\x42\x10\x00"))
	f.Add("a.sql", []byte("INSERT INTO a VALUES (1,'x''\\'y'),(2,(3));\nCOPY a FROM stdin;\nx\n\\.\n"))
	f.Add("a.parquet", []byte("PAR1\x15\x04\x19\x2c\x35\x00\x18\x05email\x00\x16\x06\x00\x0a\x00\x00\x00PAR1"))
	f.Add("a.binarycookies", []byte("cook\x00\x00\x00\x01\x00\x00\x00\x80\x00\x00\x01\x00\x01\x00\x00\x00"))
	f.Add("a.msg", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 2000)...))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		look(t, name, b)
	})
}

var _ = classify.Damaged
