package pst

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
)

// Summary is what a survey tells.
type Summary struct {
	Folders  int64
	Messages int64            // of every class: mail, appointments, contacts
	Listed   int64            // of them, those that the tables of folders list
	Classes  map[string]int64 // of those listed, by class: IPM.Note
}

// maxClasses bounds the classes that are told apart.
const maxClasses = 200

// Properties of messages that the tables of folders hold.
const (
	messageClass  = 0x001a
	representing  = 0x0042 // whom the sender stands for
	representMail = 0x0065
	senderName    = 0x0c1a
	senderMail    = 0x0c1f
	displayTo     = 0x0e04 // names, with semicolons
)

// Survey counts what is in the store. It calls person with the name of each
// sender and receiver of each message; the bytes are good for the call. With
// ErrDamaged comes what could be read.
func (s *Store) Survey(ctx context.Context, person func(name []byte)) (Summary, error) {
	sum := Summary{Classes: map[string]int64{}}
	type found struct{ data, sub uint64 }
	var tables []found
	damage := s.eachNode(ctx, func(n node) {
		switch n.kind() {
		case folderNode:
			sum.Folders++
		case messageNode:
			sum.Messages++
		case contentsNode:
			if n.data != 0 && len(tables) < maxTables {
				tables = append(tables, found{n.data, n.sub})
			}
		}
	})
	if damage != nil && !errors.Is(damage, ErrDamaged) {
		return sum, damage
	}
	if s.Encoding == Protected {
		return sum, damage
	}
	for _, t := range tables {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		err := s.list(ctx, t.data, t.sub, &sum, person)
		if errors.Is(err, ErrDamaged) {
			damage = err
		} else if err != nil {
			return sum, err
		}
	}
	return sum, damage
}

// list reads the table of a folder.
func (s *Store) list(ctx context.Context, content, sub uint64, sum *Summary, person func([]byte)) error {
	t, err := s.table(content, sub)
	if err != nil {
		return err
	}
	if len(t.columns) == 0 || sum.Listed > s.size {
		return ErrDamaged // rows of a message have more than one byte
	}
	for row, err := range t.each() {
		if err != nil {
			return err
		}
		if sum.Listed++; sum.Listed%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		class, wide, err := t.text(row, messageClass)
		if err != nil {
			return err
		}
		sum.class(narrow(class, wide))
		if err := t.people(row, person); err != nil {
			return err
		}
	}
	return nil
}

// people names those whom a row names.
func (t *table) people(row []byte, person func([]byte)) error {
	for _, property := range []uint16{senderMail, representMail, senderName, representing} {
		b, wide, err := t.text(row, property)
		if err != nil {
			return err
		}
		if len(b) > 0 {
			person([]byte(narrow(b, wide)))
			break
		}
	}
	b, wide, err := t.text(row, displayTo)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(narrow(b, wide), ";") {
		if name = strings.Trim(name, " '\x00"); name != "" {
			person([]byte(name))
		}
	}
	return nil
}

func (s *Summary) class(name string) {
	if name == "" || len(name) > 255 {
		return
	}
	if _, ok := s.Classes[name]; ok || len(s.Classes) < maxClasses {
		s.Classes[name]++
	}
}

// narrow returns text in UTF-8. Text of eight bits is in a code page that is not
// known here, and stays as it is.
func narrow(b []byte, wide bool) string {
	if !wide {
		return string(b)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
