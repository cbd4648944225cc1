package git

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// tables reads the refs that a stack of tables holds. Later tables override
// earlier ones.
//
// Source: git documentation, technical/reftable.
func (l *layout) tables(r *refs, folder string) {
	list, err := slurp(filepath.Join(folder, "reftable", "tables.list"), 1<<20)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || folder == l.common {
			r.skip("reftable/tables.list", err.Error())
		}
		return
	}
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSpace(name)
		if name == "" || name != filepath.Base(name) {
			continue
		}
		data, err := slurp(filepath.Join(folder, "reftable", name), maxPacked)
		if err == nil {
			t := table{data: data, size: l.format.Size()}
			err = t.read(r)
		}
		if err != nil {
			r.skip("reftable/"+name, err.Error())
		}
	}
}

// table is a file of refs.
type table struct {
	data  []byte
	size  int // of an id
	block int // bytes to which blocks are padded; 0 if they are not
	head  int // bytes of the file's header
	logs  int // where the log blocks start; 0 if there are none
}

var errTable = errors.New("table of refs is damaged")

const maxLogBlock = 1<<24 - 1 // bytes of a log block, which its head says in three

// read adds the refs of the table to r, and takes out those it deletes. Of the
// logs it reads that of the stash, newest first.
func (t *table) read(r *refs) error {
	if err := t.header(); err != nil {
		return err
	}
	for at := 0; ; {
		kind, block, next := t.next(at)
		if kind != 'r' {
			break
		}
		if err := t.refBlock(block, r); err != nil {
			return err
		}
		at = next
	}
	if t.logs == 0 {
		return nil
	}
	var stashes []gitpack.ID
	for at := t.logs; at < len(t.data) && t.data[at] == 'g'; {
		block, next, err := t.inflate(at)
		if err != nil {
			return err
		}
		if stashes, err = t.logBlock(block, stashes); err != nil {
			return err
		}
		at = next
	}
	r.logged = append(stashes, r.logged...)
	return nil
}

// header reads the first and the last bytes of the file.
func (t *table) header() error {
	if len(t.data) < 24 || string(t.data[:4]) != "REFT" {
		return errTable
	}
	foot := 68
	switch t.head = 24; t.data[4] {
	case 1:
	case 2:
		t.head, foot = 28, 72
	default:
		return fmt.Errorf("%w: version %d is not known", errTable, t.data[4])
	}
	if len(t.data) < t.head+foot {
		return errTable
	}
	t.block = uint24(t.data[5:])
	footer := t.data[len(t.data)-foot:]
	logs := binary.BigEndian.Uint64(footer[t.head+24:])
	if !bytes.Equal(footer[:t.head], t.data[:t.head]) || logs >= uint64(len(t.data)-foot)+1 {
		return errTable
	}
	t.logs = int(logs)
	t.data = t.data[:len(t.data)-foot]
	if len(t.data) > t.head && t.data[t.head] == 'g' {
		t.logs = t.head
	}
	return nil
}

// next returns the block at a place, from its kind on, and where the one after
// it starts. Kind 0 is the end.
func (t *table) next(at int) (kind byte, block []byte, next int) {
	skip := 0
	if at == 0 {
		skip = t.head
	}
	if at+skip+4 > len(t.data) {
		return 0, nil, 0
	}
	n := uint24(t.data[at+skip+1:])
	if n < skip+4 || n > len(t.data)-at {
		return 0, nil, 0
	}
	next = at + n
	if n < t.block && next < len(t.data) && t.data[next] == 0 { // padded
		next = at + t.block
	}
	return t.data[at+skip], t.data[at+skip : at+n], next
}

// refBlock reads the refs of a block.
func (t *table) refBlock(block []byte, r *refs) error {
	return t.records(block, func(name []byte, kind byte, rest []byte) ([]byte, bool) {
		_, n := offsetInt(rest) // the number of the update
		if n == 0 {
			return nil, false
		}
		rest = rest[n:]
		key := string(name)
		delete(r.named, key)
		delete(r.links, key)
		switch kind {
		case 0:
			return rest, true
		case 1, 2:
			if len(rest) < int(kind)*t.size {
				return nil, false
			}
			r.named[key], _ = gitpack.IDFrom(rest[:t.size])
			return rest[int(kind)*t.size:], true
		case 3:
			size, n := offsetInt(rest)
			if n == 0 || size > uint64(len(rest)-n) {
				return nil, false
			}
			r.links[key] = string(rest[n : n+int(size)])
			return rest[n+int(size):], true
		}
		return nil, false
	})
}

// records calls for each record of a block: its key, its kind and what follows;
// what is called returns what is left after the record.
func (t *table) records(block []byte, each func(key []byte, kind byte, rest []byte) ([]byte, bool)) error {
	restarts := int(binary.BigEndian.Uint16(block[len(block)-2:]))
	end := len(block) - 2 - 3*restarts
	if end < 4 {
		return errTable
	}
	var key []byte
	for rest := block[4:end]; len(rest) > 0; {
		prefix, n := offsetInt(rest)
		if n == 0 || prefix > uint64(len(key)) {
			return errTable
		}
		rest = rest[n:]
		suffix, n := offsetInt(rest)
		if n == 0 || suffix>>3 > uint64(len(rest)-n) {
			return errTable
		}
		rest = rest[n:]
		key = append(key[:prefix], rest[:suffix>>3]...)
		var ok bool
		if rest, ok = each(key, byte(suffix&7), rest[suffix>>3:]); !ok {
			return errTable
		}
	}
	return nil
}

// inflate reads the log block at a place, and where the next one starts.
func (t *table) inflate(at int) (block []byte, next int, err error) {
	if len(t.data)-at < 4 {
		return nil, 0, errTable
	}
	size := uint24(t.data[at+1:])
	from := bytes.NewReader(t.data[at+4:])
	z, err := zlib.NewReader(from)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errTable, err)
	}
	skip := 4
	if at == t.head {
		skip += t.head // the size of a first block counts the header
	}
	body, err := io.ReadAll(io.LimitReader(z, maxLogBlock))
	if err != nil || len(body) != size-skip || len(body) < 2 {
		return nil, 0, errTable
	}
	return append([]byte("g\x00\x00\x00"), body...), len(t.data) - from.Len(), nil
}

// logBlock adds the stashes that a log block tells of.
func (t *table) logBlock(block []byte, stashes []gitpack.ID) ([]gitpack.ID, error) {
	err := t.records(block, func(key []byte, kind byte, rest []byte) ([]byte, bool) {
		if kind == 0 {
			return rest, true
		}
		if len(rest) < 2*t.size {
			return nil, false
		}
		if name, _, _ := bytes.Cut(key, []byte{0}); string(name) == "refs/stash" {
			id, _ := gitpack.IDFrom(rest[t.size : 2*t.size])
			stashes = append(stashes, id)
		}
		rest = rest[2*t.size:]
		for i := range 5 { // name, address, time, zone, message
			size, n := offsetInt(rest)
			switch {
			case i == 3:
				size, n = 0, 2
			case i == 2:
				size = 0
			}
			if n == 0 || n > len(rest) || size > uint64(len(rest)-n) {
				return nil, false
			}
			rest = rest[n+int(size):]
		}
		return rest, true
	})
	return stashes, err
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
