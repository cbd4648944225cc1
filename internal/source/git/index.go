package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// staged is a file as the index of a worktree has it.
type staged struct {
	path string
	id   gitpack.ID
	mode uint32 // with the type bits only
}

const maxIndex = 2 << 30 // bytes of an index

var errIndex = errors.New("index is damaged")

// stage reads the index of a worktree, and the one it is split from if it is.
// What was read before damage is returned with the error.
func stage(worktree string, format gitpack.HashFormat) ([]staged, error) {
	data, err := slurp(filepath.Join(worktree, "index"), maxIndex)
	if err != nil {
		return nil, err
	}
	files, link, err := parseIndex(data, format.Size())
	if err != nil || link.IsZero() {
		return files, err
	}
	data, err = slurp(filepath.Join(worktree, "sharedindex."+link.String()), maxIndex)
	if err != nil {
		return files, err
	}
	shared, _, err := parseIndex(data, format.Size())
	return append(files, shared...), err
}

// parseIndex reads versions 2, 3 and 4 of the index. link names the shared
// index that the index is split from.
//
// Source: git documentation, gitformat-index.
func parseIndex(data []byte, size int) (files []staged, link gitpack.ID, err error) {
	if len(data) < 12+size || string(data[:4]) != "DIRC" {
		return nil, link, errIndex
	}
	version, count := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
	if version < 2 || version > 4 {
		return nil, link, fmt.Errorf("%w: version %d is not known", errIndex, version)
	}
	at := 12
	name := []byte{}
	for range count {
		var f staged
		f, name, at, err = indexEntry(data, at, indexForm{size, version}, name)
		if err != nil {
			return files, link, err
		}
		if f.path != "" {
			files = append(files, f)
		}
	}
	return files, sharedIndex(data[at:], size), nil
}

type indexForm struct {
	size    int // of an id
	version uint32
}

// indexEntry reads the entry at a place and returns its name and where the
// next one starts. Names of version 4 build on the one before.
func indexEntry(data []byte, at int, form indexForm, before []byte) (staged, []byte, int, error) {
	const stat = 40
	head := stat + form.size + 2
	if len(data)-at < head+2 {
		return staged{}, nil, 0, errIndex
	}
	e := data[at:]
	id, err := gitpack.IDFrom(e[stat : stat+form.size])
	if err != nil {
		return staged{}, nil, 0, err
	}
	f := staged{id: id, mode: binary.BigEndian.Uint32(e[24:]) & 0o170000}
	if binary.BigEndian.Uint16(e[stat+form.size:])&0x4000 != 0 {
		head += 2
	}
	if form.version == 4 {
		drop, n := offsetInt(e[head:])
		if n == 0 || drop > uint64(len(before)) {
			return staged{}, nil, 0, errIndex
		}
		before = before[:len(before)-int(drop)]
		head += n
	} else {
		before = before[:0]
	}
	end := bytes.IndexByte(e[head:], 0)
	if end < 0 || len(before)+end > maxPath {
		return staged{}, nil, 0, errIndex
	}
	before = append(before, e[head:head+end]...)
	f.path = string(before)
	next := head + end + 1
	if form.version != 4 {
		next = (head + end + 8) &^ 7
	}
	if next > len(e) {
		return staged{}, nil, 0, errIndex
	}
	return f, before, at + next, nil
}

const maxPath = 1 << 16 // bytes of a path in the index

// offsetInt reads a number as packs and indexes write offsets, and how many
// bytes it takes; 0 if it does not end.
func offsetInt(data []byte) (v uint64, n int) {
	for n < len(data) && n < 9 {
		c := data[n]
		if n > 0 {
			v++
		}
		v = v<<7 | uint64(c&0x7f)
		n++
		if c < 0x80 {
			return v, n
		}
	}
	return 0, 0
}

// sharedIndex finds the "link" extension among those that follow the entries.
func sharedIndex(data []byte, size int) gitpack.ID {
	for len(data) >= 8+size {
		n := int64(binary.BigEndian.Uint32(data[4:]))
		if n > int64(len(data)-8) {
			break
		}
		if string(data[:4]) == "link" && n >= int64(size) {
			id, _ := gitpack.IDFrom(data[8 : 8+size])
			return id
		}
		data = data[8+n:]
	}
	return gitpack.ID{}
}
