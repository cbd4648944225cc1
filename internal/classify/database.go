package classify

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/overgrant/overgrant"
)

// databaseReader reads database files of which a little tells how much is in
// them.
var databaseReader = Reader{
	Name: "database",
	Doc:  "Database files: archives of pg_dump, backups and files of SQL Server, Redis, BSON of MongoDB, Parquet, Avro, dBase, Access. Rows are counted where the file says how many there are.",
	Sniff: func(head, name []byte) bool {
		return databaseOf(head, name) != nil
	},
	Read: func(ctx context.Context, p Piece) (Result, error) {
		m := newMeter(ctx, p)
		head := make([]byte, min(HeadSize, p.Size))
		if n, err := m.ReadAt(head, 0); n < len(head) {
			return m.result(err)
		}
		k := databaseOf(head, p.Name)
		if k == nil {
			return Result{}, ErrOther
		}
		f := databaseDump.Find(p, 0)
		f.Hint = k.program
		err := k.read(m, head, &f)
		if errors.Is(err, ErrOther) {
			return Result{}, err
		}
		return m.result(err, f)
	},
}

// databaseKind is a format of database files.
type databaseKind struct {
	program string
	is      func(head, name []byte) bool
	read    func(m *meter, head []byte, f *overgrant.Find) error
}

// databaseKinds lists them. It is a function, since its readers lead back here.
func databaseKinds() []databaseKind {
	return []databaseKind{
		{"PostgreSQL archive", magic("PGDMP"), readPostgres},
		{"SQL Server backup", isTape, headerOnly},
		{"SQL Server", isServerFile, headerOnly},
		{"Redis", func(head, _ []byte) bool { return len(head) > 16 && bytes.HasPrefix(head, []byte("REDIS00")) }, readRedis},
		{"Parquet", magic("PAR1"), readParquet},
		{"Avro", magic("Obj\x01"), readAvro},
		{"MongoDB", isBSON, readBSON},
		{"MongoDB archive", magic("\x6d\xe2\x99\x81"), headerOnly},
		{"Access", func(head, _ []byte) bool {
			return len(head) > 20 && (string(head[4:19]) == "Standard Jet DB" || string(head[4:19]) == "Standard ACE DB")
		}, headerOnly},
		{"dBase", isDBase, readDBase},
	}
}

func magic(text string) func(head, name []byte) bool {
	return func(head, _ []byte) bool { return bytes.HasPrefix(head, []byte(text)) }
}

func databaseOf(head, name []byte) *databaseKind {
	for _, k := range databaseKinds() {
		if k.is(head, name) {
			return &k
		}
	}
	return nil
}

// headerOnly is for formats that do not say in short how much they hold.
func headerOnly(*meter, []byte, *overgrant.Find) error { return nil }

// isTape tells a backup of SQL Server, which is a tape archive, from those of
// other programs. Source: Microsoft Tape Format 1.00a.
func isTape(head, name []byte) bool {
	return bytes.HasPrefix(head, []byte("TAPE")) && (hasEnding(name, ".bak") || hasEnding(name, ".trn") || bytes.Contains(head, utf16Text("Microsoft SQL Server")) || bytes.Contains(head, []byte("MSSQLBAK")))
}

func utf16Text(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// isServerFile tells a file of SQL Server by its first page, a file header.
func isServerFile(head, name []byte) bool {
	return len(head) >= 96 && head[0] == 1 && head[1] == 0x0f && (hasEnding(name, ".mdf") || hasEnding(name, ".ndf") || hasEnding(name, ".ldf"))
}

// readRedis reads how many keys there are; it stands before the first.
// Source: Redis, rdb.h.
func readRedis(_ *meter, head []byte, f *overgrant.Find) error {
	b := head[9:]
	for len(b) > 2 {
		code := b[0]
		b = b[1:]
		var ok bool
		switch code {
		case 0xfa: // a name and a value about the file
			if b, ok = redisText(b); ok {
				b, ok = redisText(b)
			}
		case 0xfe: // which database
			_, b, ok = redisLength(b)
		case 0xfb: // how many keys it has, and how many of them expire
			var keys uint64
			if keys, _, ok = redisLength(b); ok {
				f.Count += int64(min(keys, 1<<40))
			}
			f.AtLeast = true // more databases may follow
			return nil
		}
		if !ok {
			return nil
		}
	}
	return nil
}

func redisLength(b []byte) (n uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	switch {
	case b[0]>>6 == 0:
		return uint64(b[0]), b[1:], true
	case b[0]>>6 == 1 && len(b) >= 2:
		return uint64(b[0]&0x3f)<<8 | uint64(b[1]), b[2:], true
	case b[0] == 0x80 && len(b) >= 5:
		return uint64(binary.BigEndian.Uint32(b[1:])), b[5:], true
	case b[0] == 0x81 && len(b) >= 9:
		return binary.BigEndian.Uint64(b[1:]), b[9:], true
	}
	return 0, nil, false
}

// redisText cuts off a text, or a number written as one.
func redisText(b []byte) (rest []byte, ok bool) {
	if len(b) > 0 && b[0]>>6 == 3 {
		size := map[byte]int{0xc0: 2, 0xc1: 3, 0xc2: 5}[b[0]]
		if size == 0 || len(b) < size {
			return nil, false
		}
		return b[size:], true
	}
	n, rest, ok := redisLength(b)
	if !ok || n > uint64(len(rest)) {
		return nil, false
	}
	return rest[n:], true
}

// isBSON tells documents of MongoDB by the first: its length, and the kind and
// name of its first field.
func isBSON(head, name []byte) bool {
	if !hasEnding(name, ".bson") || len(head) < 5 {
		return false
	}
	size := binary.LittleEndian.Uint32(head)
	return size >= 5 && size <= 16<<20+16<<10 && (head[4] >= 1 && head[4] <= 0x13 || head[4] == 0 || head[4] == 0x7f || head[4] == 0xff)
}

// readBSON counts documents, and looks at the names of fields of the first.
func readBSON(m *meter, _ []byte, f *overgrant.Find) error {
	const first = 100
	var kinds columnKinds
	var err error
	for off := int64(0); off < m.p.Size; {
		var size int64
		if size, err = m.document(off, f.Count < first, &kinds); err != nil {
			break
		}
		off += size
		f.Count++
	}
	f.Hint += kinds.String()
	return err
}

// document returns the size of the document at off.
func (m *meter) document(off int64, look bool, kinds *columnKinds) (int64, error) {
	b, err := m.window(off, 4)
	if err != nil {
		return 0, err
	}
	size := int64(binary.LittleEndian.Uint32(b))
	if size < 5 || size > m.p.Size-off {
		return 0, errDamaged
	}
	if look {
		if b, err = m.window(off, int(min(size, 64<<10))); err != nil {
			return 0, err
		}
		bsonNames(b[4:], kinds)
	}
	return size, nil
}

// bsonNames looks at the names of the fields of a document.
func bsonNames(b []byte, kinds *columnKinds) {
	for len(b) > 1 && b[0] != 0 {
		kind := b[0]
		end := bytes.IndexByte(b[1:], 0)
		if end < 0 {
			return
		}
		*kinds |= columnKind(b[1 : 1+end])
		b = b[end+2:]
		size := 0
		switch kind {
		case 0x01, 0x09, 0x11, 0x12:
			size = 8
		case 0x02, 0x0d, 0x0e, 0x03, 0x04, 0x05:
			if len(b) < 4 {
				return
			}
			n := int64(binary.LittleEndian.Uint32(b))
			switch kind {
			case 0x02, 0x0d, 0x0e:
				n += 4
			case 0x05:
				n += 5
			}
			if n > int64(len(b)) {
				return
			}
			size = int(n)
		case 0x07:
			size = 12
		case 0x08:
			size = 1
		case 0x10:
			size = 4
		case 0x13:
			size = 16
		case 0x06, 0x0a:
		default:
			return
		}
		if size > len(b) {
			return
		}
		b = b[size:]
	}
}

// window returns n bytes at off, from a run that reads on.
func (m *meter) window(off int64, n int) ([]byte, error) {
	if off < 0 || int64(n) > m.p.Size-off {
		return nil, errDamaged
	}
	if off >= m.runFrom && off+int64(n) <= m.runFrom+int64(len(m.run)) {
		return m.run[off-m.runFrom:][:n], nil
	}
	length := min(max(int64(n), runLength), m.p.Size-off)
	if length > m.left && int64(n) <= m.left {
		length = m.left
	}
	if int64(cap(m.run)) < length {
		m.run = make([]byte, length)
	}
	m.run, m.runFrom = m.run[:length], off
	got, err := m.ReadAt(m.run, off)
	m.run = m.run[:got]
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = errDamaged
		}
		return nil, err
	}
	return m.run[:n], nil
}

// isDBase tells a table of dBase or FoxPro by its version and its header.
func isDBase(head, name []byte) bool {
	if !hasEnding(name, ".dbf") || len(head) < 65 {
		return false
	}
	size := int(binary.LittleEndian.Uint16(head[8:]))
	return (head[0]&7 == 3 || head[0] == 0x30 || head[0] == 0x31 || head[0] == 0xf5) && size >= 65 && head[2] >= 1 && head[2] <= 12
}

func readDBase(_ *meter, head []byte, f *overgrant.Find) error {
	const field = 32
	rows := int64(binary.LittleEndian.Uint32(head[4:]))
	width := int64(binary.LittleEndian.Uint16(head[10:]))
	f.Count = min(rows, f.Bytes/max(width, 1))
	var kinds columnKinds
	for b := head[field:]; len(b) >= field && b[0] != 0x0d; b = b[field:] {
		name, _, _ := bytes.Cut(b[:11], []byte{0})
		kinds |= columnKind(name)
	}
	f.Hint += kinds.String()
	return nil
}

// tables ends a hint that says how many tables there are.
func tables(f *overgrant.Find, n int64, kinds columnKinds) {
	f.Hint += fmt.Sprintf(", %d tables%s", n, kinds)
}
