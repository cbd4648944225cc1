package classify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify/sqlite"
)

var sqliteReader = Reader{
	Name: "sqlite",
	Doc:  "SQLite databases: their schema tells which program's they are, and then messages, people, logins, cookies or rows with personal data are counted.",
	Sniff: func(head, _ []byte) bool {
		return len(head) >= 100 && string(head[:16]) == sqlite.Magic
	},
	Read: readSQLite,
}

// storeKind tells a program's database by its tables, and what to count in it.
type storeKind struct {
	program string
	tables  []string // all of them are there; name.column asks for a column
	class   *Class
	count   string   // the table whose rows count; name.column counts those where the column has something
	unit    string   // if not that of the class
	people  []string // columns that name people: table.column
}

// storeKinds are asked in order.
var storeKinds = []storeKind{
	{"iMessage", []string{"message", "handle", "chat_message_join"}, &chat, "message", "", []string{"handle.id"}},
	{"WhatsApp", []string{"message", "jid.raw_string", "chat"}, &chat, "message", "", []string{"jid.raw_string"}},
	{"WhatsApp", []string{"messages.key_remote_jid"}, &chat, "messages", "", []string{"messages.remote_resource", "messages.key_remote_jid"}},
	{"WhatsApp", []string{"ZWAMESSAGE", "ZWACHATSESSION"}, &chat, "ZWAMESSAGE", "", []string{"ZWACHATSESSION.ZCONTACTJID", "ZWAGROUPMEMBER.ZMEMBERJID"}},
	{"WhatsApp", []string{"wa_contacts.jid"}, &addressBook, "wa_contacts", "", []string{"wa_contacts.jid"}},
	{"Skype", []string{"Messages.author", "Contacts", "Conversations"}, &chat, "Messages", "", []string{"Participants.identity", "Contacts.skypename", "Accounts.skypename"}},
	{"Signal", []string{"messages.json", "conversations", "unprocessed"}, &chat, "messages", "", []string{"conversations.e164", "conversations.serviceId"}},
	{"Telegram", []string{"messages_v2.uid", "users.uid"}, &chat, "messages_v2", "", []string{"users.uid"}},
	{"Viber", []string{"Messages", "Events", "Contact.Number"}, &chat, "Messages", "", []string{"Contact.Number"}},
	{"Messenger", []string{"messages.sender", "threads", "thread_users"}, &chat, "messages", "", []string{"thread_users.user_key"}},
	{"text messages", []string{"sms.address", "threads", "canonical_addresses"}, &chat, "sms", "", []string{"canonical_addresses.address"}},
	{"Chrome logins", []string{"logins.password_value"}, &browserStore, "logins.password_value", "", nil},
	{"Firefox logins", []string{"moz_logins.encryptedPassword"}, &browserStore, "moz_logins", "", nil},
	{"Firefox keys", []string{"nssPrivate", "metaData"}, &browserStore, "nssPrivate", "keys", nil},
	{"Chrome cookies", []string{"cookies.host_key"}, &browserStore, "cookies", "cookies", nil},
	{"Firefox cookies", []string{"moz_cookies"}, &browserStore, "moz_cookies", "cookies", nil},
	{"Chrome forms", []string{"autofill", "credit_cards"}, &browserStore, "autofill", "form entries", nil},
	{"Firefox forms", []string{"moz_formhistory"}, &browserStore, "moz_formhistory", "form entries", nil},
	{"Chrome history", []string{"urls.visit_count", "visits"}, &browsingHistory, "visits", "", nil},
	{"Firefox history", []string{"moz_places", "moz_historyvisits"}, &browsingHistory, "moz_historyvisits", "", nil},
	{"Safari history", []string{"history_items", "history_visits"}, &browsingHistory, "history_visits", "", nil},
	{"Apple Mail", []string{"messages", "addresses.address", "mailboxes"}, &mail, "messages", "", []string{"addresses.address"}},
	{"Thunderbird", []string{"messages", "identities.value", "folderLocations"}, &mail, "messages", "", []string{"identities.value"}},
	{"Outlook for Mac", []string{"Mail.Message_SenderAddressList"}, &mail, "Mail", "", []string{"Mail.Message_SenderAddressList"}},
	{"iOS contacts", []string{"ABPerson", "ABMultiValue"}, &addressBook, "ABPerson", "", nil},
	{"macOS contacts", []string{"ZABCDRECORD"}, &addressBook, "ZABCDRECORD", "", nil},
	{"Android contacts", []string{"raw_contacts", "mimetypes"}, &addressBook, "raw_contacts", "", nil},
	{"iOS keychain", []string{"genp", "inet", "keys", "cert"}, &systemKeychain, "genp", "", nil},
}

var browsingHistory = Class{
	Name:     "browsing_history",
	Title:    "visited pages",
	Doc:      "Which pages somebody visited and when: the history of Chrome, Edge, Firefox and Safari.",
	Severity: overgrant.Medium,
	Unit:     "visits",
	Names: []Shape{{
		Look:  Structure,
		Globs: []string{"User Data/*/History", "chromium/*/History", "google-chrome/*/History", "places.sqlite"},
	}},
}

func readSQLite(ctx context.Context, p Piece) (Result, error) {
	m := newMeter(ctx, p)
	db, err := sqlite.Open(m, p.Size)
	if err != nil && (db == nil || len(db.Tables()) == 0) {
		return m.result(err)
	}
	m.short = err != nil
	s := &sqliteStore{m: m, db: db}
	for i := range storeKinds {
		if s.is(&storeKinds[i]) {
			finds, err := s.count(ctx, &storeKinds[i])
			return m.result(err, finds...)
		}
	}
	finds, err := s.tables(ctx)
	return m.result(err, finds...)
}

type sqliteStore struct {
	m  *meter
	db *sqlite.DB
}

// column finds what table.column names; column is -1 if only a table is named.
func (s *sqliteStore) column(name string) (t *sqlite.Table, column int, ok bool) {
	table, field, both := strings.Cut(name, ".")
	if t = s.db.Table(table); t == nil {
		return nil, 0, false
	}
	if !both {
		return t, -1, true
	}
	column = t.Column(field)
	return t, column, column >= 0
}

func (s *sqliteStore) is(k *storeKind) bool {
	for _, name := range k.tables {
		if _, _, ok := s.column(name); !ok {
			return false
		}
	}
	return true
}

// count counts in a database of a known program.
func (s *sqliteStore) count(ctx context.Context, k *storeKind) ([]overgrant.Find, error) {
	f := k.class.Find(s.m.p, 0)
	f.Hint = k.program
	if s.db.WAL() {
		f.AtLeast = true // the newest may be in the log beside it
	}
	if k.unit != "" {
		f.Unit = k.unit
	}
	var err error
	if f.Count, err = s.rows(ctx, k.count); damageOnly(err) != nil {
		return []overgrant.Find{f}, err
	}
	if f.Count == 0 {
		return nil, err
	}
	for _, name := range k.people {
		if more := s.people(ctx, name, &f.People); more != nil {
			err = more
			if damageOnly(err) != nil {
				break
			}
		}
	}
	return []overgrant.Find{f}, err
}

// damageOnly returns the error, unless it is one of damage, past which one can
// read on.
func damageOnly(err error) error {
	if errors.Is(err, sqlite.ErrDamaged) {
		return nil
	}
	return err
}

// rows counts the rows of a table, or those in which a column has something.
func (s *sqliteStore) rows(ctx context.Context, name string) (n int64, err error) {
	t, column, ok := s.column(name)
	if !ok {
		return 0, nil
	}
	if column < 0 {
		return s.db.Count(ctx, t)
	}
	for row, more := range s.db.Rows(ctx, t, column) {
		if more != nil {
			err = more
			continue
		}
		if len(row[0].Bytes) > 0 {
			n++
		}
	}
	return n, err
}

// people counts whom a column names.
func (s *sqliteStore) people(ctx context.Context, name string, to *overgrant.Crowd) (err error) {
	t, column, ok := s.column(name)
	if !ok {
		return nil
	}
	for row, more := range s.db.Rows(ctx, t, column) {
		if more != nil {
			err = more
			continue
		}
		who := s.db.String(row[0])
		if row[0].Kind == sqlite.Integer {
			who = fmt.Sprint(row[0].Integer)
		}
		if strings.HasSuffix(who, "@g.us") || strings.HasSuffix(who, "@broadcast") {
			continue // groups of WhatsApp
		}
		if id := person([]byte(who)); len(id) > 0 {
			to.Join(hash(s.m.p.Salt, id))
		}
	}
	return err
}

// tables counts the rows of tables whose columns hold personal data.
func (s *sqliteStore) tables(ctx context.Context) ([]overgrant.Find, error) {
	f := databaseDump.Find(s.m.p, 0)
	var all columnKinds
	var damage error
	for _, t := range s.db.Tables() {
		var kinds columnKinds
		for _, c := range t.Columns {
			kinds |= columnKind([]byte(c))
		}
		if !kinds.personal() {
			continue
		}
		n, err := s.db.Count(ctx, t)
		if damageOnly(err) != nil {
			return nil, err
		}
		if err != nil {
			damage = err
		}
		if n > 0 {
			f.Count += n
			all |= kinds
		}
	}
	if f.Count == 0 {
		return nil, damage
	}
	f.Hint = "SQLite" + all.String()
	return []overgrant.Find{f}, damage
}
