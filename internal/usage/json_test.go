package usage

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"html"
	"strings"
	"testing"
	"unicode/utf8"
)

// jsonSeeds are records, whole and otherwise.
var jsonSeeds = []string{
	`{"time":"2026-01-02T03:04:05.1234567Z","category":"StorageRead","operationName":"GetBlob","statusCode":200,"identity":{"type":"SAS","tokenHash":"key1(AA),SasSignature(BB)"},"properties":{"accountName":"a","responseBodySize":12},"uri":"https://a.blob.core.windows.net/c/b?sig=XXXXX"}`,
	`{ "time" : "t" , "properties" : { "accountName" : "a\u0062\"\\\/\b\f\n\r\t\ud83d\ude00\ud83dx" , "x":[1,{"y":"]}"}] } , "identity":null }`,
	`{"TimeGenerated":"2026-01-02T03:04:05Z","OperationName":"PutBlob","StatusCode":"201","CallerIpAddress":"1.2.3.4:5"}`,
	`{"time":"a","time":"b","identity":{"type":"SAS"},"identity":{"tokenHash":"x"}}`,
	`{"ti\u006de":"escaped key","operationName":true,"statusCode":-1.5e+3,"uri":null,"callerIpAddress":{"a":[{}]},"correlationId":[]}`,
	`{}`, `{"a":1`, `{"a"`, `{"time":"x","uri":"https://a` + "\n" + `{"time":"y"}`, `{"a":nul}`, `{"a":"\x"}`, `{"a":"` + "\x01" + `"}`, `[{"time":"1"},{"time":"2"}]`,
}

// oracle reads the fields of a record with encoding/json.
func oracle(t *testing.T, text []byte) (fields [fields][]byte) {
	t.Helper()
	put := func(f field, raw json.RawMessage) {
		var s string
		switch {
		case len(raw) == 0, raw[0] == 'n', raw[0] == '{', raw[0] == '[':
			fields[f] = nil
		case raw[0] == '"':
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			fields[f] = []byte(s)
		default:
			fields[f] = raw
		}
	}
	object := func(raw []byte) map[string]json.RawMessage {
		m := map[string]json.RawMessage{}
		_ = json.Unmarshal(raw, &m)
		return m
	}
	for key, raw := range object(text) {
		f, _ := topField([]byte(key))
		switch f {
		case fNone, fRecords, fTables:
		case fIdentity:
			in := object(raw)
			for name, f := range map[string]field{"type": fAuth, "tokenHash": fHash} {
				put(f, in[name])
			}
			who := object(in["requester"])
			put(fRequester, who["objectId"])
			put(fAppID, who["appId"])
		case fProperties:
			in := object(raw)
			for name, f := range map[string]field{"accountName": fAccount, "userAgentHeader": fAgent, "serviceType": fService, "objectKey": fObject, "responseBodySize": fOut, "requestBodySize": fIn, "operationCount": fCount} {
				put(f, in[name])
			}
		default:
			put(f, raw)
		}
	}
	return fields
}

// FuzzRecord reads what encoding/json reads, wherever it reads anything.
func FuzzRecord(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p := parser{last: true}
		p.scan.text = text
		if len(text) == 0 || text[0] != '{' {
			return
		}
		err := p.object()
		valid := json.Valid(text) && utf8.Valid(text)
		if !valid || ambiguous(text) {
			return
		}
		if errors.Is(err, errRecords) || errors.Is(err, errTables) || errors.Is(err, errDeep) || p.scan.cutAnywhere() {
			return
		}
		if err != nil {
			t.Fatalf("object(%q) = %v; encoding/json reads it", text, err)
		}
		want := oracle(t, text)
		for i, w := range want {
			if got := p.rec.raw[i]; !bytes.Equal(got, w) {
				t.Errorf("field %d of %q = %q; want %q", i, text, got, w)
			}
		}
	})
}

// cutAnywhere reports whether the text has what is taken for a record that was
// cut off.
func (s *scanner) cutAnywhere() bool { return bytes.Contains(s.text, []byte("\n{\"")) }

// ambiguous reports whether a text names what is one field twice, in the two
// spellings of the schemas: which holds is up to their order, which a map has not.
func ambiguous(text []byte) bool {
	var top map[string]json.RawMessage
	if json.Unmarshal(text, &top) != nil {
		return true
	}
	seen := map[field]bool{}
	for key, raw := range top {
		f, _ := topField([]byte(key))
		all := []field{f}
		switch f {
		case fNone:
			continue
		case fIdentity:
			all = []field{fAuth, fHash, fRequester, fAppID}
			if strings.Count(string(raw), "requester")+strings.Count(string(raw), `\u`) > 1 || bytes.Contains(raw, []byte("appID")) {
				return true
			}
		case fProperties:
			all = []field{fAccount, fAgent, fService, fObject, fOut, fIn, fCount}
		}
		for _, f := range all {
			if seen[f] {
				return true
			}
			seen[f] = true
		}
	}
	return bytes.Count(text, []byte("identity"))+bytes.Count(text, []byte("properties")) > 2
}

// TestRecord runs the seeds of the fuzz test and says what is expected of those
// that are no JSON.
func TestRecord(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       found
	}{
		{"whole", jsonSeeds[0], whole},
		{"cut_off", jsonSeeds[6], damaged},
		{"no_value", `{"a":}`, damaged},
		{"control_character", jsonSeeds[11], damaged},
		{"bad_escape", jsonSeeds[10], damaged},
		{"bad_word", jsonSeeds[9], damaged},
		{"too_deep", `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, tooDeep},
		{"brackets_crossed", `{"a":[{]}}`, damaged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p parser
			if _, got := p.next([]byte(tt.text), true); got != tt.want {
				t.Errorf("next(%q) found %d; want %d", tt.text, got, tt.want)
			}
		})
	}
}

// FuzzCSV reads cells as encoding/csv does.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b,c\n", `"a ""quoted"" cell","line` + "\n" + `end",x` + "\r\n", `a,"b",` + "\n", `"open`, "\"\"\n", "a\"b,c\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got []string
		p := parser{last: true}
		n, what := p.cells(text, func(cell []byte) { got = append(got, string(cell)) })
		if n < 0 || n > len(text) {
			t.Fatalf("cells(%q) read %d of %d bytes", text, n, len(text))
		}
		r := csv.NewReader(bytes.NewReader(text))
		want, err := r.Read()
		if err != nil || bytes.Contains(text, []byte("\r")) || len(text) == 0 || text[0] == '\n' {
			return
		}
		if what != whole || strings.Join(got, "\x00") != strings.Join(want, "\x00") {
			t.Errorf("cells(%q) = %q, found %d; want %q", text, got, what, want)
		}
	})
}

// FuzzClassic undoes entities as package html does, where it knows them.
func FuzzClassic(f *testing.F) {
	f.Add([]byte(`1.0;2014-06-19T22:59:23.1967767Z;GetBlob;AnonymousSuccess;200;17;16;anonymous;;a;blob;"https://a?x=1&amp;y";"/a/b";id;0;1.2.3.4:5;v;1;2;3;4;5;;;""0x8D"";t;;"agent &quot;x&quot;; y";;"id"`))
	f.Add([]byte(`2.0;;;`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if !isClassic(line) || bytes.IndexByte(line, '\n') >= 0 {
			return
		}
		var p parser
		if !p.classic(line) {
			return
		}
		plain := html.EscapeString(string(line))
		p.scan.aside = p.scan.aside[:0]
		if got := string(p.entities([]byte(plain))); utf8.ValidString(plain) && got != string(line) {
			t.Errorf("entities(%q) = %q; want %q", plain, got, line)
		}
	})
}

// FuzzParser takes any bytes and comes to an end, always going forward.
func FuzzParser(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s), 16)
	}
	f.Add([]byte("TimeGenerated,OperationName\n2026-01-02T03:04:05Z,GetBlob\n1.0;x\n{\"time\":\"x\"}\n"), 7)
	f.Add([]byte(`{"tables":[{"name":"x","columns":[{"name":"TimeGenerated"},{"name":"OperationName"}],"rows":[["2026-01-02T03:04:05Z","GetBlob"]]}]}`), 9)
	f.Add([]byte(`{"records":[{"time":"x"},{"time":"y"}],"z":1}`), 3)
	f.Fuzz(func(t *testing.T, text []byte, part int) {
		whole1, bad1 := drain(t, text, len(text))
		whole2, bad2 := drain(t, text, max(part, 1)%4096+1)
		if whole1 != whole2 || bad1 != bad2 {
			t.Errorf("%q has %d records and %d damaged; in parts %d and %d", text, whole1, bad1, whole2, bad2)
		}
	})
}

// drain parses text, giving so many bytes more whenever more are wanted.
func drain(t *testing.T, text []byte, step int) (records, bad int) {
	t.Helper()
	var p parser
	have := min(step, len(text))
	at := 0
	for rounds := 0; at < len(text); rounds++ {
		if rounds > 4*len(text)+8 {
			t.Fatalf("parsing %q does not end", text)
		}
		n, what := p.next(text[at:have], have == len(text))
		switch what {
		case whole:
			records++
		case damaged, tooDeep:
			bad++
		case wantMore:
			if have == len(text) {
				t.Fatalf("parsing %q wants more than there is", text)
			}
			have = min(have+step, len(text))
			continue
		}
		if n == 0 && at < have {
			t.Fatalf("parsing %q stands still at %d", text, at)
		}
		if at += n; at == have {
			have = min(have+step, len(text))
		}
	}
	return records, bad
}

// FuzzMoment never gives a time outside of the range that logs can have.
func FuzzMoment(f *testing.F) {
	for _, s := range []string{"2026-01-02T03:04:05.1234567Z", "1/2/2026, 3:04:05.678 PM", "2024-02-29T00:00:00Z", "2026-01-02T03:04:05+02:00", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		at, ok := moment(b)
		if ok && !inRange(instant(at)) {
			t.Errorf("moment(%q) = %v", b, instant(at))
		}
	})
}

func TestMoment(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.1234567Z"},
		{"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"},
		{"2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"},
		{"2026-01-02 03:04:05.5", "2026-01-02T03:04:05.5Z"},
		{"7/5/2022, 11:47:39.604 PM", "2022-07-05T23:47:39.604Z"},
		{"2023-02-29T00:00:00Z", ""}, {"1999-01-01T00:00:00Z", ""}, {"yesterday", ""}, {"2026-13-01T00:00:00Z", ""},
	} {
		at, ok := moment([]byte(tt.text))
		got := ""
		if ok {
			got = instant(at).Format("2006-01-02T15:04:05.9999999Z07:00")
		}
		if got != tt.want {
			t.Errorf("moment(%q) = %s; want %s", tt.text, got, tt.want)
		}
	}
}
