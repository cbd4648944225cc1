package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"github.com/syndtr/goleveldb/leveldb"
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// teams writes the store of a chat program as it lies in a profile: a LevelDB
// with IndexedDB records in it, values as Chromium's engine writes them. It
// returns the files by name.
func teams(dir string) (map[string][]byte, error) {
	const chains, replies, people = 60, 10, 23
	db, err := leveldb.OpenFile(dir, nil)
	if err != nil {
		return nil, err
	}
	for c := range chains {
		var messages object
		for r := range replies {
			n := c*replies + r
			id := fmt.Sprint(1600000000000 + n*1000)
			messages = append(messages, property{id, object{
				{"id", id}, {"clientMessageId", "7" + id}, {"conversationId", "19:robust@thread.v2"},
				{"originalArrivalTime", id}, {"creator", fmt.Sprintf("8:orgid:00000000-0000-4000-8000-%012d", n%people)}, {"messageType", "Text"}, {"content", "made up"},
			}})
		}
		value := append([]byte{1, 0xff, 0x14, 0xff, 0x0f}, object{{"conversationId", "19:robust@thread.v2"}, {"messageMap", messages}}.encode()...)
		if err := db.Put(key(fmt.Sprint(c)), value, nil); err != nil {
			return nil, err
		}
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, n := range names {
		if all[filepath.Base(n)], err = os.ReadFile(n); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// object is a script object: texts and objects by name, in order.
type object []property

type property struct {
	name  string
	value any
}

// encode writes the object as Chromium's engine does. Texts are ASCII.
func (o object) encode() []byte {
	text := func(b []byte, s string) []byte {
		return append(binary.AppendUvarint(append(b, '"'), uint64(len(s))), s...)
	}
	b := []byte{'o'}
	for _, p := range o {
		b = text(b, p.name)
		switch v := p.value.(type) {
		case string:
			b = text(b, v)
		case object:
			b = append(b, v.encode()...)
		}
	}
	return binary.AppendUvarint(append(b, '{'), uint64(len(o)))
}

// key is the key of a record in the first store of the first database.
func key(id string) []byte {
	b := binary.AppendUvarint([]byte{0, 1, 1, 1, 1}, uint64(len(id)))
	for i := range len(id) {
		b = append(b, 0, id[i])
	}
	return b
}
