package classify

import (
	"bytes"
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
)

var chat = Class{
	Name:     "chat",
	Title:    "chat messages",
	Doc:      "Conversations: Teams (classic, new, exports), Skype, Slack, Discord, WhatsApp, Telegram, Signal, iMessage, Messenger, Google Chat. Content tells how many messages there are and of how many people.",
	Severity: overgrant.High,
	Unit:     "messages",
	Names: []Shape{{
		Look: Structure,
		Globs: []string{
			"https_teams.microsoft.com_0.indexeddb.leveldb/*", "https_teams.microsoft.com_0.indexeddb.blob/**", "https_teams.live.com_0.indexeddb.leveldb/*", "https_teams.live.com_0.indexeddb.blob/**",
			"https_teams.cloud.microsoft_0.indexeddb.leveldb/*", "https_teams.cloud.microsoft_0.indexeddb.blob/**", "https_app.slack.com_0.indexeddb.leveldb/*", "https_app.slack.com_0.indexeddb.blob/**",
			"https_web.whatsapp.com_0.indexeddb.leveldb/*", "https_web.whatsapp.com_0.indexeddb.blob/**", "UBF8T346G9.com.microsoft.teams2/**",
			"msgstore*.db", "ChatStorage.sqlite", "Messages/chat.db", "Skype/*/main.db", "mmssms.db", "threads_db2", "Signal/sql/db.sqlite", "cache4.db", "viber.db", "EnMicroMsg.db",
		},
	}, {
		Look:  Never, // encrypted: only that they are there can be told
		Globs: []string{"*.crypt12", "*.crypt14", "*.crypt15", "signal-*.backup", "tdata/**"},
	}, {
		Look: Text,
		Globs: []string{
			"_chat.txt", "WhatsApp Chat*.txt", "Telegram Desktop/**/result.json", "ChatExport_*/result.json", "ChatExport_*/messages*.html",
			"Google Chat/Groups/*/messages.json", "package/messages/*/messages.json", "messages/inbox/*/message_1.json", "*slack*export*/**/users.json",
		},
	}, {
		Look:  Container,
		Globs: []string{"*slack*export*.zip", "WhatsApp Chat*.zip", "discord*package*.zip", "*skype_export*.tar", "8_*_export.tar"},
	}},
}

var addressBook = Class{
	Name:     "address_book",
	Title:    "contacts",
	Doc:      "Directories of people: contacts of chat programs, of Outlook and of telephones, user lists of exports.",
	Severity: overgrant.Medium,
	Unit:     "contacts",
	Names: []Shape{{
		Look:  Structure,
		Globs: []string{"contacts2.db", "AddressBook.sqlitedb", "AddressBook-v22.abcddb", "wa.db"},
	}, {
		Look:  Text,
		Globs: []string{"contacts*.csv", "contacts*.vcf", "addressbook*.csv"},
	}},
}

// talk counts the messages and contacts of one piece. What it is told of it
// forgets: only hashes stay.
type talk struct {
	p        Piece
	app      string // the program, for the hint
	loose    int64  // messages without an id
	items    overgrant.Crowd
	people   overgrant.Crowd // who wrote
	contacts overgrant.Crowd
	first    int64 // seconds since 1970, of messages; 0 if unknown
	last     int64
	key      []byte // room to build ids in
}

func newTalk(p Piece, app string) *talk { return &talk{p: p, app: app} }

// message counts a message. The parts of its id are those that tell it from all
// others of its app; no parts mean that it has none.
func (t *talk) message(author []byte, when int64, id ...[]byte) {
	t.author(author)
	if when > 0 {
		if t.first == 0 || when < t.first {
			t.first = when
		}
		t.last = max(t.last, when)
	}
	if len(id) == 0 {
		t.loose++
		return
	}
	t.key = append(t.key[:0], "message"...)
	for _, part := range id {
		t.key = append(append(t.key, 0), part...)
	}
	t.items.Join(hash(t.p.Salt, t.key))
}

// author counts somebody who wrote.
func (t *talk) author(who []byte) {
	if who = person(who); len(who) > 0 {
		t.people.Join(hash(t.p.Salt, who))
	}
}

// contact counts somebody who is listed.
func (t *talk) contact(who []byte) {
	if who = person(who); len(who) > 0 {
		t.contacts.Join(hash(t.p.Salt, who))
	}
}

// person makes names of the same person the same. Names of rooms and of robots
// come out empty.
func person(who []byte) []byte {
	who = bytes.ToLower(bytes.TrimSpace(who))
	if i := bytes.LastIndexByte(who, '/'); i >= 0 { // Skype gives addresses: https://…/contacts/8:live:somebody
		who = who[i+1:]
	}
	if len(who) > 2 && (bytes.HasPrefix(who, []byte("19:")) || bytes.HasPrefix(who, []byte("28:")) || bytes.HasPrefix(who, []byte("48:"))) {
		return nil
	}
	return who
}

// finds returns what was counted.
func (t *talk) finds() []overgrant.Find {
	known, _ := t.items.Count()
	f := chat.Find(t.p, known+t.loose)
	if f.Count > 0 {
		f.People, f.Items, f.Hint = t.people, t.items, t.app+years(t.first, t.last)
	}
	listed, _ := t.contacts.Count()
	c := addressBook.Find(t.p, listed)
	if listed > 0 {
		c.People, c.Items, c.Hint = t.contacts, t.contacts, t.app
	}
	return []overgrant.Find{f, c}
}

// years says when something was, as an end of a hint: ", 2019 to 2023".
func years(first, last int64) string {
	from, to := time.Unix(first, 0).UTC().Year(), time.Unix(last, 0).UTC().Year()
	switch {
	case first <= 0 || from < 1990 || to > 2100:
		return ""
	case from == to:
		return fmt.Sprintf(", %d", from)
	}
	return fmt.Sprintf(", %d to %d", from, to)
}

// instant reads a time as chat programs write it: seconds, milliseconds or
// microseconds since 1970, or the beginning of a date of ISO 8601. It returns
// seconds since 1970, 0 if it is none of these.
func instant(text []byte) int64 {
	if len(text) >= 10 && text[4] == '-' && text[7] == '-' {
		when, err := time.Parse(time.DateOnly, string(text[:10]))
		if err != nil {
			return 0
		}
		return when.Unix()
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' || n > 1<<58 {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return sinceEpoch(n)
}

// sinceEpoch tells seconds, milliseconds and microseconds apart by their size.
func sinceEpoch(n int64) int64 {
	switch {
	case n > 1e17:
		return 0
	case n > 1e14:
		return n / 1e6
	case n > 1e11:
		return n / 1e3
	}
	return n
}
