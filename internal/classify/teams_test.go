package classify_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
)

const testSalt = 0x5eed

// look looks into b as a piece of that name, and holds the result to what is
// promised of all.
func look(t testing.TB, name string, b []byte) classify.Result {
	t.Helper()
	p := classify.Piece{Place: overgrant.Place{Path: name}, Name: []byte(name), Size: int64(len(b)), At: bytes.NewReader(b), Salt: testSalt}
	r, err := classify.Content(context.Background(), p)
	if err != nil {
		t.Fatalf("Content(%s): %v", name, err)
	}
	if r.Complete != (r.Reason == "") {
		t.Errorf("Content(%s): complete is %v, reason %q", name, r.Complete, r.Reason)
	}
	return r
}

// held is what the finds of several pieces come to.
func held(all ...classify.Result) map[string]*overgrant.ClassHeld {
	e := overgrant.Exposure{}
	for _, r := range all {
		for _, f := range r.Finds {
			e.Class(f.Class).Add(&overgrant.ClassHeld{Severity: f.Severity, Count: f.Count, Unit: f.Unit, People: f.People, Items: f.Items})
		}
	}
	return e.Classes
}

// tell writes the counts of a class in words.
func tell(c *overgrant.ClassHeld) string {
	if c == nil {
		return "nothing"
	}
	people, _ := c.People.Count()
	return fmt.Sprintf("%d %s of %d people", c.Count, c.Unit, people)
}

// chain is a chain of replies as Teams stores it.
func chain(conversation string, first, count int, wrote func(i int) int) object {
	var messages object
	for i := first; i < first+count; i++ {
		id := fmt.Sprint(1600000000000 + int64(i)*1000)
		messages = append(messages, property{id, object{
			{"id", id}, {"clientMessageId", "77" + id}, {"conversationId", conversation},
			{"creator", fmt.Sprintf("8:orgid:00000000-0000-4000-8000-%012d", wrote(i))}, {"imDisplayName", "Ada Exämple 例"},
			{"messageType", "RichText/Html"}, {"content", "<p>synthetic 例</p>"}, {"originalArrivalTime", float64(1600000000000 + int64(i)*1000)}, {"isSentByCurrentUser", i%2 == 0},
		}})
	}
	return object{{"conversationId", conversation}, {"replyChainId", fmt.Sprint(first)}, {"messageMap", messages}}
}

// inStore opens the store in dir, lets write write, and closes it. What an
// earlier sitting left in the log becomes a table when the store is opened; no
// tables are merged, so that what lies there does not depend on the clock.
func inStore(t *testing.T, dir string, write func(*leveldb.DB)) {
	t.Helper()
	db, err := leveldb.OpenFile(dir, &opt.Options{WriteBuffer: 64 << 20, CompactionL0Trigger: 1000})
	if err != nil {
		t.Fatal(err)
	}
	write(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTeamsStore writes a store of 31,402 messages of 359 people by a LevelDB of
// another hand, each chain in several versions, and looks into its files one by
// one.
func TestTeamsStore(t *testing.T) {
	const messages, people, perChain = 31_402, 359, 10
	dir := t.TempDir()
	wrote := func(i int) int { return i % people }
	put := func(db *leveldb.DB, first, count int) {
		key := recordKey(1, 1, fmt.Sprint(first))
		value := append([]byte{1}, scriptValue(chain("19:synthetic@thread.v2", first, count, wrote))...)
		if err := db.Put(key, value, nil); err != nil {
			t.Fatal(err)
		}
	}
	sittings := []func(db *leveldb.DB){
		func(db *leveldb.DB) { // an earlier version, with fewer messages
			for first := 0; first < messages; first += perChain {
				put(db, first, (min(perChain, messages-first)+1)/2)
			}
		},
		func(db *leveldb.DB) {
			for first := 0; first < messages; first += perChain {
				put(db, first, min(perChain, messages-first))
			}
		},
		func(db *leveldb.DB) { // once more, into a later file
			for first := 0; first < messages; first += 7 * perChain {
				put(db, first, min(perChain, messages-first))
			}
		},
		func(db *leveldb.DB) { put(db, 0, perChain) },
	}
	for _, sitting := range sittings {
		inStore(t, dir, sitting)
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []classify.Result
	kinds := map[string]int{}
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		r := look(t, "AppData/Roaming/Microsoft/Teams/IndexedDB/https_teams.microsoft.com_0.indexeddb.leveldb/"+n.Name(), b)
		kinds[filepath.Ext(n.Name())]++
		all = append(all, r)
		if ext := filepath.Ext(n.Name()); !r.Complete && (ext == ".ldb" || ext == ".log") {
			t.Errorf("%s: %s", n.Name(), r.Reason)
		}
		for _, f := range r.Finds {
			if f.Hint != "Teams, 2020 to 2021" && f.Hint != "Teams, 2020" && f.Hint != "Teams, 2021" {
				t.Errorf("hint %q", f.Hint)
			}
		}
	}
	if kinds[".ldb"] < 3 || kinds[".log"] == 0 {
		t.Errorf("files %v; want several tables and a log", kinds)
	}
	if got, want := tell(held(all...)["chat"]), "31402 messages of 359 people"; got != want {
		t.Errorf("the store holds %s; want %s", got, want)
	}
}

// TestTeamsChromium looks into a log that Chromium wrote.
func TestTeamsChromium(t *testing.T) {
	packed, err := os.ReadFile("indexeddb/testdata/chromium-148.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	log, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	r := look(t, "EBWebView/Default/IndexedDB/https_teams.live.com_0.indexeddb.leveldb/000003.log", log)
	if got, want := tell(held(r)["chat"]), "34 messages of 5 people"; got != want || !r.Complete {
		t.Errorf("the log holds %s, complete %v; want %s", got, r.Complete, want)
	}
	if got, want := tell(held(r)["address_book"]), "7 contacts of 7 people"; got != want {
		t.Errorf("the log holds %s; want %s", got, want)
	}
	cut := look(t, "x/000003.log", log[:len(log)*2/3])
	if cut.Complete || cut.Reason != classify.Damaged || len(cut.Finds) == 0 || !cut.Finds[0].AtLeast {
		t.Errorf("of a log that was cut: %v %q, %d finds", cut.Complete, cut.Reason, len(cut.Finds))
	}
}

func TestScriptValueFile(t *testing.T) {
	value := scriptValue(chain("19:synthetic@thread.v2", 0, 40, func(i int) int { return i % 3 }))
	r := look(t, "https_teams.live.com_0.indexeddb.blob/1/00/2f", value)
	if got, want := tell(held(r)["chat"]), "40 messages of 3 people"; got != want || !r.Complete {
		t.Errorf("the file holds %s, complete %v; want %s", got, r.Complete, want)
	}
}

// TestFindsHoldNoText looks for what was said, and by whom, in what is found.
func TestFindsHoldNoText(t *testing.T) {
	value := scriptValue(chain("19:synthetic@thread.v2", 0, 3, func(int) int { return 7 }))
	for _, f := range look(t, "x.indexeddb.blob/1/00/2f", value).Finds {
		said := fmt.Sprintf("%+v", f)
		for _, secret := range []string{"synthetic", "Ada", "orgid"} {
			if strings.Contains(said, secret) {
				t.Errorf("a find says %q", secret)
			}
		}
	}
}
