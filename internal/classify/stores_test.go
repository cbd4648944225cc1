package classify_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/overgrant/overgrant/internal/classify"
)

// database returns the bytes of a database that the statements make.
func database(t testing.TB, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// upTo is the beginning of a statement in which n.i counts from one.
func upTo(n int) string {
	return fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) ", n)
}

func TestSQLiteStores(t *testing.T) {
	tests := []struct {
		name, path string
		make       []string
		class      string
		want, hint string
	}{
		{"imessage", "Library/Messages/chat.db", []string{
			"CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, handle_id INTEGER)", "CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT NOT NULL, country TEXT, service TEXT)", "CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER)",
			upTo(31402) + "INSERT INTO message(guid, text, handle_id) SELECT hex(i)||'-guid', hex(randomblob(30)), i % 359 FROM n",
			upTo(359) + "INSERT INTO handle(id, service) SELECT '+1555'||printf('%07d', i), 'iMessage' FROM n",
			"INSERT INTO handle(id, service) SELECT id, 'SMS' FROM handle LIMIT 40",
		}, "chat", "31402 messages of 359 people", "iMessage"},
		{"whatsapp", "Databases/msgstore.db", []string{
			"CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, text_data TEXT)", "CREATE TABLE chat (_id INTEGER PRIMARY KEY)", "CREATE TABLE jid (_id INTEGER PRIMARY KEY, user TEXT, server TEXT, raw_string TEXT)",
			upTo(500) + "INSERT INTO message(chat_row_id, text_data) SELECT i, 'x' FROM n", upTo(20) + "INSERT INTO jid(user, server, raw_string) SELECT i, 's.whatsapp.net', i||'@s.whatsapp.net' FROM n", "INSERT INTO jid(raw_string) VALUES ('1-2@g.us'), ('status@broadcast')",
		}, "chat", "500 messages of 20 people", "WhatsApp"},
		{"skype", "AppData/Roaming/Skype/ada/main.db", []string{
			"CREATE TABLE Messages (id INTEGER PRIMARY KEY, convo_id INTEGER, author TEXT, body_xml TEXT)", "CREATE TABLE Contacts (id INTEGER PRIMARY KEY, skypename TEXT)", "CREATE TABLE Conversations (id INTEGER PRIMARY KEY)", "CREATE TABLE Participants (id INTEGER PRIMARY KEY, identity TEXT)",
			upTo(300) + "INSERT INTO Messages(author, body_xml) SELECT 'a', 'x' FROM n", "INSERT INTO Contacts(skypename) VALUES ('ada'), ('Bob')", "INSERT INTO Participants(identity) VALUES ('bob'), ('carol')",
		}, "chat", "300 messages of 3 people", "Skype"},
		{"chrome_logins", "User Data/Default/Login Data", []string{
			"CREATE TABLE logins (origin_url VARCHAR NOT NULL, action_url VARCHAR, username_element VARCHAR, username_value VARCHAR, password_element VARCHAR, password_value BLOB, id INTEGER PRIMARY KEY)",
			upTo(42) + "INSERT INTO logins(origin_url, username_value, password_value) SELECT 'https://example.test', 'ada', randomblob(40) FROM n", "INSERT INTO logins(origin_url, password_value) VALUES ('https://never.test', x'')",
		}, "browser_store", "42 logins of 0 people", "Chrome logins"},
		{"chrome_cookies", "User Data/Default/Network/Cookies", []string{
			"CREATE TABLE cookies(creation_utc INTEGER NOT NULL, host_key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, encrypted_value BLOB)", upTo(777) + "INSERT INTO cookies SELECT i, 'h', 'n', '', randomblob(50) FROM n",
		}, "browser_store", "777 cookies of 0 people", "Chrome cookies"},
		{"firefox_keys", "Profiles/x/key4.db", []string{
			"CREATE TABLE metaData (id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2)", "CREATE TABLE nssPrivate (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a1)", "INSERT INTO nssPrivate VALUES (1, 'a', 'b')",
		}, "browser_store", "1 keys of 0 people", "Firefox keys"},
		{"history", "User Data/Default/History", []string{
			"CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, visit_count INTEGER)", "CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER)", upTo(99) + "INSERT INTO visits(url) SELECT i FROM n",
		}, "browsing_history", "99 visits of 0 people", "Chrome history"},
		{"apple_mail", "MailData/Envelope Index", []string{
			"CREATE TABLE messages (ROWID INTEGER PRIMARY KEY, sender INTEGER)", "CREATE TABLE addresses (ROWID INTEGER PRIMARY KEY, address COLLATE NOCASE, comment)", "CREATE TABLE mailboxes (ROWID INTEGER PRIMARY KEY, url)",
			upTo(64) + "INSERT INTO messages(sender) SELECT i FROM n", "INSERT INTO addresses(address) VALUES ('a@example.org'), ('A@example.org'), ('b@example.org')",
		}, "mail", "64 messages of 2 people", "Apple Mail"},
		{"users_of_a_program", "app/data.db", []string{
			"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT, first_name TEXT)", "CREATE TABLE settings (name TEXT, value TEXT)", upTo(250) + "INSERT INTO users(email) SELECT i||'@example.org' FROM n", "INSERT INTO settings VALUES ('a','b')",
		}, "database_dump", "250 rows of 0 people", "SQLite, with e-mail, password, name"},
		{"nothing", "cache.db", []string{"CREATE TABLE cache (key TEXT, value BLOB)", "INSERT INTO cache VALUES ('a', 'b')"}, "database_dump", "nothing", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := look(t, test.path, database(t, test.make...))
			if got := tell(held(r)[test.class]); got != test.want || !r.Complete {
				t.Errorf("%s, complete %v %q; want %s", got, r.Complete, r.Reason, test.want)
			}
			if test.hint != "" && (len(r.Finds) != 1 || r.Finds[0].Hint != test.hint) {
				t.Errorf("finds %+v; want the hint %q", r.Finds, test.hint)
			}
		})
	}
}

// TestLimit holds readers to the limit of a piece.
func TestLimit(t *testing.T) {
	b := database(t, "CREATE TABLE message (a)", "CREATE TABLE handle (id)", "CREATE TABLE chat_message_join (b)", upTo(20000)+"INSERT INTO message SELECT hex(randomblob(50)) FROM n")
	at := &counted{b: b}
	p := classify.Piece{Name: []byte("chat.db"), Size: int64(len(b)), At: at, Limit: int64(len(b)) / 4, Salt: testSalt}
	r, err := classify.Content(t.Context(), p)
	if err != nil || r.Complete || r.Reason != classify.Limited {
		t.Errorf("Content() = %v %q, %v; want that the limit is reached", r.Complete, r.Reason, err)
	}
	if at.read > p.Limit+classify.HeadSize {
		t.Errorf("read %d bytes; the limit is %d", at.read, p.Limit)
	}
}

type counted struct {
	b    []byte
	read int64
}

func (c *counted) ReadAt(b []byte, off int64) (int, error) {
	n := copy(b, c.b[off:])
	c.read += int64(n)
	return n, nil
}
