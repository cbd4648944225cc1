package usage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/usage"
	"github.com/overgrant/overgrant/internal/usage/generate"
)

func stringOf(t *testing.T, all ...any) string {
	t.Helper()
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestLimits counts what there is no room for: nothing is lost silently.
func TestLimits(t *testing.T) {
	l := generate.New(generate.Options{Seed: 2, Tokens: 100, Requests: 3000})
	log := forms["resource"](l)
	c := read(t, usage.Options{Limits: usage.Limits{Tokens: 10, Crowds: 20, Hours: 5, Services: 2, Doubles: 100}}, log)
	var told int64
	for u := range c.Used() {
		told += u.Requests
	}
	got := c.Logged()
	if n := len(slices.Collect(c.Used())); n > 10 {
		t.Errorf("%d tokens; want 10 at most", n)
	}
	if told+got.Folded["tokens"] != 3000 {
		t.Errorf("%d requests told and %d folded; want 3000 together", told, got.Folded["tokens"])
	}
	for _, what := range []string{"tokens", "callers", "hours", "services", "requests_forgotten"} {
		if got.Folded[what] == 0 {
			t.Errorf("nothing folded of %s; want some: %v", what, got.Folded)
		}
	}
}

// TestSweep keeps tokens in use when somebody tries made-up signatures.
func TestSweep(t *testing.T) {
	var log []byte
	add := func(i int, sign string, code int) {
		log = fmt.Appendf(log, `{"time":"2026-01-02T03:04:05.%07dZ","category":"StorageRead","operationName":"GetBlob","statusCode":%d,"statusText":"x","correlationId":"11111111-0000-0000-0000-%012d","identity":{"type":"SAS","tokenHash":"key1(%064x),SasSignature(%s)"},"uri":"https://a.blob.core.windows.net/c/b?sv=2021-06-08&sr=b&sp=r&se=2030-01-01&sig=XXXXX"}`+"\n", i, code, i, 1, sign)
	}
	good := strings.Repeat("AB", 32)
	for i := range 1000 {
		add(2*i, fmt.Sprintf("%064x", i+1), 403)
		add(2*i+1, good, 200)
	}
	c := read(t, usage.Options{Limits: usage.Limits{Tokens: 50}}, log)
	used := slices.Collect(c.Used())
	if len(used) > 50 {
		t.Errorf("%d tokens; want 50 at most", len(used))
	}
	for _, u := range used {
		if u.Token == strings.ToLower(good) && u.Requests == 1000 {
			return
		}
	}
	t.Errorf("the token in use is not there with its 1000 requests")
}

// TestDamage reads all that can be read around what cannot, and counts that.
func TestDamage(t *testing.T) {
	l := generate.New(generate.Options{Seed: 4, Tokens: 5, Requests: 60})
	var lines [][]byte
	for r := range l.Records() {
		lines = append(lines, append(r.AppendResource(nil), '\n'))
	}
	cut := func(line []byte, at int) []byte { return line[:at] }
	for _, tt := range []struct {
		name   string
		log    []byte
		good   int64
		unread int64
	}{
		{"cut_at_the_end", bytes.Join([][]byte{lines[0], lines[1], cut(lines[2], 700)}, nil), 2, 1},
		{"cut_in_the_middle", bytes.Join([][]byte{lines[0], cut(lines[1], 700), []byte("\n"), lines[2], lines[3]}, nil), 3, 1},
		{"cut_without_a_line_end", bytes.Join([][]byte{lines[0], cut(lines[1], 700), lines[2], lines[3]}, nil), 3, 1},
		{"cut_after_a_colon", bytes.Join([][]byte{[]byte(`{"time":"2026-01-02T03:04:05Z","identity":` + "\n"), lines[2], lines[3]}, nil), 2, 1},
		{"garbage_between", bytes.Join([][]byte{lines[0], []byte("\x00\x01 garbage { [\n"), lines[1]}, nil), 2, 1},
		{"no_time", bytes.Join([][]byte{[]byte(`{"category":"StorageRead","operationName":"GetBlob"}` + "\n"), lines[1]}, nil), 1, 1},
		{"too_deep", bytes.Join([][]byte{[]byte(`{"time":"x","y":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + "}\n"), lines[1]}, nil), 1, 1},
		{"too_long", bytes.Join([][]byte{lines[0], []byte(`{"x":"` + strings.Repeat("a", 9<<20) + "\"}\n"), lines[1]}, nil), 2, 1},
		{"other_services", bytes.Join([][]byte{[]byte(`{"time":"2026-01-02T03:04:05Z","category":"AuditEvent","operationName":"SecretGet"}` + "\n"), lines[1]}, nil), 1, 0},
		{"no_log_at_all", []byte("just some text\nin two lines\n"), 0, 1},
		{"empty", nil, 0, 0},
		{"gzip_cut_off", cut(pack(t, bytes.Repeat(bytes.Join(lines, nil), 3)), 3000), -1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gaps := 0
			c := usage.New(usage.Options{Skipped: func(overgrant.Skipped) error { gaps++; return nil }})
			if err := c.Read(context.Background(), overgrant.Place{Path: "x.json"}, bytes.NewReader(tt.log)); err != nil {
				t.Fatal(err)
			}
			got := c.Logged()
			if tt.good >= 0 && got.Records != tt.good || got.Unread != tt.unread {
				t.Errorf("%d records, %d unread; want %d, %d", got.Records, got.Unread, tt.good, tt.unread)
			}
			if (gaps > 0) != (tt.unread > 0 || tt.name == "other_services") {
				t.Errorf("%d gaps told", gaps)
			}
		})
	}
}

// TestTrail tells what a case was used for before and after it was published.
func TestTrail(t *testing.T) {
	l := generate.New(generate.Options{Seed: 31, Tokens: 40, Requests: 8000, Days: 20})
	opt, want := known(t, l, true)
	published := time.Date(2026, 1, 9, 12, 0, 0, 0, time.UTC)
	var target *generate.Token
	for _, tok := range l.Tokens {
		if want[tok.Sign].Known != "" && strings.Contains(tok.Sp, "d") && (target == nil || tok.Kind == "account_sas") {
			target = tok
		}
	}
	opt.Case, opt.Published = want[target.Sign].Known, published
	var log []byte
	var before, after overgrant.Deeds
	early, late := map[string]bool{}, map[string]bool{}
	days, changed := map[string]int64{}, map[string]int64{}
	for r := range l.Records() {
		log = append(r.AppendResource(log), '\n')
		if r.Token != target {
			continue
		}
		d := overgrant.Deeds{Requests: 1, BytesOut: r.Out, BytesIn: r.In}
		switch {
		case r.Code >= 400:
			d.Failed = 1
		case r.Category == "StorageRead":
			d.Reads = 1
		case r.Category == "StorageWrite":
			d.Writes = 1
		default:
			d.Deletes = 1
		}
		days[r.Time.Format(time.DateOnly)]++
		changed[r.Object] += d.Writes + d.Deletes
		if r.Time.Before(published) {
			before.Add(d)
			early[r.Caller] = true
		} else {
			after.Add(d)
			late[r.Caller] = true
		}
	}
	for who := range early {
		delete(late, who)
	}
	for _, order := range [][]byte{log, reversed(log)} {
		got := read(t, opt, order).Trail()
		if got.Before != before || got.After != after || got.NewCallers != int64(len(late)) {
			t.Errorf("before %+v, after %+v, %d new; want %+v, %+v, %d", got.Before, got.After, got.NewCallers, before, after, len(late))
		}
		for _, d := range got.Days {
			if d.Requests != days[d.Day] {
				t.Errorf("%s: %d requests; want %d", d.Day, d.Requests, days[d.Day])
			}
		}
		if len(got.Days) != len(days) || len(got.Tokens) != 1 || got.Tokens[0] != target.Sign {
			t.Errorf("%d days of tokens %v; want %d of %s", len(got.Days), got.Tokens, len(days), target.Sign)
		}
		for _, u := range got.Callers {
			if u.New != late[u.Name] {
				t.Errorf("caller %s new: %v; want %v", u.Name, u.New, late[u.Name])
			}
		}
		for _, o := range got.Objects {
			if o.Writes+o.Deletes != changed[o.Name] {
				t.Errorf("%s changed %d times; want %d", o.Name, o.Writes+o.Deletes, changed[o.Name])
			}
		}
	}
}

// TestTrailSays tells plainly what cannot be said.
func TestTrailSays(t *testing.T) {
	record := func(day, hour int, category string) string {
		return fmt.Sprintf(`{"time":"2026-01-%02dT%02d:00:01Z","category":"%s","operationName":"GetBlob","statusCode":200,"identity":{"type":"AccountKey","tokenHash":"key1(AB)"},"properties":{"accountName":"contoso","serviceType":"blob"},"uri":"https://contoso.blob.core.windows.net/c/b"}`+"\n", day, hour, category)
	}
	link := overgrant.Link{ID: "case", Redacted: "https://contoso.blob.core.windows.net/?sv=2021-06-08&ss=b&srt=o&sp=r&se=2030-01-01&sig=…", Grant: overgrant.Grant{Kind: "account_sas", Account: "contoso"}}
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name, log string
		published time.Time
		want      []string
	}{
		{"no_logs_of_the_account", strings.ReplaceAll(record(3, 1, "StorageRead"), "contoso", "fabrikam"), at(2), []string{"no logs of the account"}},
		{"begins_too_late", record(5, 1, "StorageRead"), at(2), []string{"The logs begin at 2026-01-05 01:00 UTC, after", "No writes", "No deletes", "in none of the records"}},
		{"ends_too_early", record(5, 1, "StorageRead"), at(9), []string{"The logs end at 2026-01-05 01:00 UTC, before"}},
		{"reads_not_logged", record(1, 1, "StorageWrite") + record(5, 1, "StorageDelete"), at(3), []string{"No reads of the blob service of contoso"}},
		{"hours_missing", record(1, 1, "StorageRead") + record(1, 4, "StorageRead"), at(1), []string{"In 2 of 4 hours nothing was logged", "in 1 gap"}},
		{"not_known_when", record(1, 1, "StorageRead"), time.Time{}, []string{"When the link was published is not known"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, usage.Options{Known: []usage.Known{{Link: link}}, Case: "case", Published: tt.published}, []byte(tt.log))
			says := strings.Join(c.Trail().Says, "\n")
			for _, w := range tt.want {
				if !strings.Contains(says, w) {
					t.Errorf("says %q; want %q in it", says, w)
				}
			}
		})
	}
}

// TestTrailObjects forgets what was only read before what was changed.
func TestTrailObjects(t *testing.T) {
	var log []byte
	for i := range 500 {
		op, category := "GetBlob", "StorageRead"
		if i%50 == 0 {
			op, category = "PutBlob", "StorageWrite"
		}
		log = fmt.Appendf(log, `{"time":"2026-01-02T03:04:05.%07dZ","category":"%s","operationName":"%s","statusCode":200,"identity":{"type":"AccountKey","tokenHash":"key1(AB)"},"properties":{"accountName":"a","objectKey":"/a/c/%d"},"uri":"https://a.blob.core.windows.net/c/%d"}`+"\n", i, category, op, i, i)
	}
	opt := usage.Options{Known: []usage.Known{{Link: overgrant.Link{ID: "ab", Grant: overgrant.Grant{Kind: "account_key", Account: "a"}}}}, Case: "ab", Limits: usage.Limits{Objects: 40, Days: 1, People: 1}}
	got := read(t, opt, log).Trail()
	changed := 0
	for _, o := range got.Objects {
		if o.Writes > 0 {
			changed++
		}
	}
	if changed != 10 || len(got.Objects) > 40 || got.Folded["objects"] < 400 {
		t.Errorf("%d objects, %d changed, %d folded; want 40 at most, 10, 450 or so", len(got.Objects), changed, got.Folded["objects"])
	}
}

// TestSteady allocates nothing for a record, once its token and those who use it
// are known.
func TestSteady(t *testing.T) {
	for _, form := range []string{"resource", "analytics_csv", "classic_2.0"} {
		log := forms[form](generate.New(generate.Options{Seed: 3, Tokens: 20, Requests: 3000}))
		c := read(t, usage.Options{Limits: usage.Limits{Doubles: 100}}, log)
		n := testing.AllocsPerRun(3, func() {
			if err := c.Read(context.Background(), overgrant.Place{}, bytes.NewReader(log)); err != nil {
				t.Fatal(err)
			}
		})
		if n > 300 {
			t.Errorf("%s: 3000 records cost %.0f allocations; want none but those of the log itself", form, n)
		}
	}
}
