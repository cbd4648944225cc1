package usage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/usage"
	"github.com/overgrant/overgrant/internal/usage/generate"
	"github.com/overgrant/overgrant/kind"
)

// known turns a third of the tokens into cases, a third into entries of the
// ledger, and leaves a third unknown.
func known(t *testing.T, l *generate.Logs, withSign bool) (opt usage.Options, want map[string]overgrant.UsedMatch) {
	t.Helper()
	want = map[string]overgrant.UsedMatch{}
	n := 0
	for _, tok := range l.Tokens {
		if tok.Link == "" {
			continue
		}
		link, err := kind.Parse(tok.Link)
		if err != nil {
			t.Fatal(err)
		}
		k := usage.Known{Link: overgrant.Link{ID: link.ID, Redacted: link.Redacted, Grant: link.Grant}}
		by := "parameters"
		if withSign {
			k.Sign, by = strings.ToUpper(kind.LogHash(link)), "signature"
		}
		switch n++; n % 3 {
		case 0:
			opt.Known = append(opt.Known, k)
			want[tok.Sign] = overgrant.UsedMatch{Known: link.ID, By: by}
		case 1:
			k.Name, k.KeyHash, k.Sign = tok.Link[:40], tok.KeyHash, ""
			opt.Ledger = append(opt.Ledger, k)
			want[tok.Sign] = overgrant.UsedMatch{Ledger: k.Name, By: "parameters"}
		default:
			want[tok.Sign] = overgrant.UsedMatch{}
		}
	}
	return opt, want
}

// TestMatch tells known tokens, ours and unknown ones, by the hash of the
// signature where the vault was open and by the parameters where it was not.
func TestMatch(t *testing.T) {
	for _, withSign := range []bool{true, false} {
		l := generate.New(generate.Options{Seed: 21, Tokens: 150, Requests: 1500})
		opt, want := known(t, l, withSign)
		got := map[string]overgrant.UsedMatch{}
		for u := range read(t, opt, forms["resource"](l)).Used() {
			got[u.Token] = u.Match
		}
		for sign, m := range want {
			if got[sign] != m {
				t.Errorf("with signatures %v: match of %s = %+v; want %+v", withSign, sign, got[sign], m)
			}
		}
	}
}

// TestMatchNotTheSame takes no token for a case from which it differs in
// anything that is known of both.
func TestMatchNotTheSame(t *testing.T) {
	const record = `{"time":"2026-01-02T03:04:05Z","category":"StorageRead","operationName":"GetBlob","statusCode":200,"identity":{"type":"SAS","tokenHash":"key1(KEYHASH),SasSignature(SIGNHASH)"},"properties":{"accountName":"contoso","objectKey":"/contoso/box/a.txt"},"uri":"https://contoso.blob.core.windows.net/box/a.txt?sv=2021-06-08&sr=c&sp=rl&se=2030-01-01T00%3A00%3A00Z&sig=XXXXX"}`
	hash, other := strings.Repeat("A1", 32), strings.Repeat("b2", 32)
	log := strings.NewReplacer("KEYHASH", hash, "SIGNHASH", hash).Replace(record)
	const link = "https://contoso.blob.core.windows.net/box?se=2030-01-01T00:00:00Z&sp=rl&sr=c&sv=2021-06-08&sig=…"
	grant := overgrant.Grant{Kind: "service_sas", Account: "contoso", Container: "box"}
	for _, tt := range []struct {
		name string
		edit func(*usage.Known)
		want string
	}{
		{"equal", func(*usage.Known) {}, "parameters"},
		{"other_key", func(k *usage.Known) { k.KeyHash = other }, ""},
		{"same_key", func(k *usage.Known) { k.KeyHash = strings.ToLower(hash) }, "parameters"},
		{"other_signature", func(k *usage.Known) { k.Sign = other }, ""},
		{"same_signature", func(k *usage.Known) { k.Sign = hash }, "signature"},
		{"other_account", func(k *usage.Known) { k.Link.Grant.Account = "fabrikam" }, ""},
		{"other_container", func(k *usage.Known) { k.Link.Grant.Container = "bin" }, ""},
		{"other_rights", func(k *usage.Known) { k.Link.Redacted = strings.Replace(link, "sp=rl", "sp=rwl", 1) }, ""},
		{"no_account", func(k *usage.Known) { k.Link.Grant.Account, k.Link.Grant.Container = "", "" }, "parameters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := usage.Known{Link: overgrant.Link{ID: "case", Redacted: link, Grant: grant}}
			tt.edit(&k)
			used := slices.Collect(read(t, usage.Options{Known: []usage.Known{k}}, []byte(log)).Used())
			if len(used) != 1 || used[0].Match.By != tt.want || (used[0].Match.Known != "") != (tt.want != "") {
				t.Errorf("match = %+v; want by %q", used[0].Match, tt.want)
			}
		})
	}
}

// TestMatchKey tells what a leaked account key signed, and its own use.
func TestMatchKey(t *testing.T) {
	l := generate.New(generate.Options{Seed: 5, Tokens: 60, Requests: 600})
	log := forms["resource"](l)
	leaked := l.Tokens[0].KeyHash
	opt := usage.Options{Known: []usage.Known{{Link: overgrant.Link{ID: leaked, Grant: overgrant.Grant{Kind: "account_key", Account: l.Tokens[0].Account}}}}, Case: leaked}
	c := read(t, opt, log)
	var requests int64
	for u := range c.Used() {
		byKey := u.KeyHash == leaked
		if byKey {
			requests += u.Requests
		}
		if u.Signed() && (u.Match.LeakedBy == leaked) != byKey {
			t.Errorf("%s signed by %s: key_case = %q", u.Kind, u.KeyHash, u.Match.LeakedBy)
		}
		if u.Kind == "account_key" && (u.Match.Known == leaked) != byKey {
			t.Errorf("use of key %s: known = %q", u.KeyHash, u.Match.Known)
		}
	}
	if trail := c.Trail(); trail.Before.Requests != requests || requests == 0 {
		t.Errorf("the trail of the key has %d requests; want %d", trail.Before.Requests, requests)
	}
}

// TestLeaks counts signatures that stand whole in a log, matches them, and tells
// none of them.
func TestLeaks(t *testing.T) {
	for _, form := range []string{"resource", "1.0"} {
		l := generate.New(generate.Options{Seed: 13, Tokens: 20, Requests: 400})
		opt, _ := known(t, l, false)
		want, log := map[string]int64{}, []byte(nil)
		for r := range l.Records() {
			r.Unblanked = r.Token.Link != "" && r.Port%3 == 0
			if r.Unblanked {
				want[r.Token.Sign]++
			}
			if form == "resource" {
				log = append(r.AppendResource(log), '\n')
			} else {
				log = append(r.AppendClassic(log, form), '\n')
			}
		}
		c := read(t, opt, log)
		used := slices.Collect(c.Used())
		for _, u := range used {
			if u.Unblanked != want[u.Token] {
				t.Errorf("%s: %s has %d whole signatures; want %d", form, u.Token, u.Unblanked, want[u.Token])
			}
			if u.Unblanked > 0 && u.Worst() < overgrant.High {
				t.Errorf("%s: a leaking token is %v; want high", form, u.Worst())
			}
		}
		text := stringOf(t, used, c.Logged())
		for _, tok := range l.Tokens {
			if _, sig, ok := strings.Cut(tok.Link, "&sig="); ok && strings.Contains(text, sig[:20]) {
				t.Errorf("%s: a signature is told", form)
			}
		}
	}
}

// TestPasted masks secrets that stand where a name belongs.
func TestPasted(t *testing.T) {
	sig := strings.Repeat("Ab3", 14) + "%3D"
	var log []byte
	for i, field := range []string{
		`"properties":{"userAgentHeader":"curl https://a.blob.core.windows.net/c?sv=2021-06-08&sig=@ end"}`,
		`"properties":{"objectKey":"/a/c/x&SIG%3d@"}`,
		`"properties":{"accountName":"AccountKey=@"}`,
		`"callerIpAddress":"sig=@"`,
		`"statusText":"Signature=@","statusCode":403`,
	} {
		log = fmt.Appendf(log, `{"time":"2026-01-02T03:04:05Z","category":"StorageRead","operationName":"GetBlob sig=@","correlationId":"11111111-0000-0000-0000-%012d","identity":{"type":"SAS"},"uri":"https://a.blob.core.windows.net/c/b?sv=2021-06-08&sr=c&sp=r&se=2030-01-01&sig=XXXXX",%s}`+"\n", i, field)
	}
	log = []byte(strings.ReplaceAll(string(log), "@", sig))
	link := "https://a.blob.core.windows.net/c?sv=2021-06-08&sr=c&sp=r&se=2030-01-01"
	c := read(t, usage.Options{Case: "case", Known: []usage.Known{{Link: overgrant.Link{ID: "case", Redacted: link}}}}, log)
	used, trail := slices.Collect(c.Used()), c.Trail()
	if trail.Before.Requests == 0 || len(trail.Agents) == 0 || len(trail.Objects) == 0 {
		t.Fatalf("trail = %+v; want requests, programs and objects", trail)
	}
	if text := stringOf(t, used, trail, c.Logged()); strings.Contains(text, sig[:12]) {
		t.Errorf("a signature is told: %s", text)
	}
}
