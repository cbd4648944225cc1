package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/overgrant/overgrant"
)

// The fixture re-enacts a well-known leak with made-up values, and adds what
// else a report has to cope with.

// now is the moment to which all golden files speak.
var now = at("2023-09-18")

func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t
}

func known(b bool) *bool { return &b }

// hash stands for a signature, an object id or a case id: synthetic, stable.
func hash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func object(name string) string { return hash(name)[:40] }

// signature is the secret of a link of the fixture.
func signature(name string) string {
	sum := sha256.Sum256([]byte("signature of " + name))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func link(name string, g overgrant.Grant, before string) overgrant.Link {
	return overgrant.Link{
		ID: hash(name), Redacted: before + "…", Secret: overgrant.NewSecret(before + signature(name)), Grant: g,
	}
}

// collateral of a change of account keys.
const collateral = "every link and client that uses the same key"

var (
	everything = []string{"read", "write", "delete", "list", "add", "create", "update", "process", "immutability", "tag", "find"}

	wideGrant = overgrant.Grant{
		Kind: "account_sas", Provider: "azure", Account: "contosomodels", Host: "contosomodels.blob.core.windows.net",
		Services: []string{"blob", "file", "queue", "table"}, Scope: "account", Container: "public-models", Path: "robust/resnet18.ckpt",
		ResourceTypes: "sco", Permissions: "rwdlacupitfx", Actions: everything,
		Start: at("2021-10-05").Add(15 * time.Hour), StartRaw: "2021-10-05T15:00:00Z", Expiry: at("2051-10-06").Add(7 * time.Hour), ExpiryRaw: "2051-10-06T07:00:00Z",
		Protocols: []string{"https"}, SignedVersion: "2020-08-04", Signer: "account_key",
		Revocation: overgrant.Revocation{Route: "rotate_account_key", Collateral: collateral},
	}
	firstGrant = overgrant.Grant{
		Kind: "account_sas", Provider: "azure", Account: "contosomodels", Host: "contosomodels.blob.core.windows.net",
		Services: []string{"blob"}, Scope: "account", Container: "public-models", ResourceTypes: "sco", Permissions: "rlx",
		Actions: []string{"read", "list", "delete_version"}, Start: at("2020-06-10"), Expiry: at("2021-10-05").Add(15 * time.Hour),
		Protocols: []string{"https"}, SignedVersion: "2019-10-10", Signer: "account_key",
		Revocation: overgrant.Revocation{Route: "rotate_account_key", Collateral: collateral},
	}
	serviceGrant = overgrant.Grant{
		Kind: "service_sas", Provider: "azure", Account: "contosobuild", Host: "contosobuild.blob.core.windows.net",
		Services: []string{"blob"}, Scope: "object", Container: "drops", Path: "2022/setup.msi", Resource: "b", Permissions: "r", Actions: []string{"read"},
		Expiry: at("2022-03-01"), ExpiryRaw: "2022-03-01", Protocols: []string{"https", "http"}, SignedVersion: "2018-03-28", Signer: "account_key",
		Revocation: overgrant.Revocation{Route: "rotate_account_key", Collateral: collateral},
		Unknown:    []overgrant.Param{{Name: "zz", Value: "1"}},
	}
	keyGrant = overgrant.Grant{
		Kind: "account_key", Provider: "azure", Account: "contosologs", Joined: []string{"account"}, Scope: "account",
		Services: []string{"blob", "file", "queue", "table"}, Actions: []string{"everything"}, Endless: true, Signer: "account_key",
		Revocation: overgrant.Revocation{Route: "rotate_account_key", Collateral: collateral},
	}
	policyGrant = overgrant.Grant{
		Kind: "policy_sas", Provider: "azure", Account: "contosoweb", Services: []string{"blob"}, Scope: "container", Container: "uploads",
		Resource: "c", PolicyID: "partners", Signer: "account_key", SignedVersion: "2022-11-02",
		Revocation: overgrant.Revocation{Route: "delete_stored_policy", Collateral: "links on that policy"},
	}
	s3Grant = overgrant.Grant{
		Kind: "s3_presigned_v4", Provider: "aws", Host: "reports.s3.eu-west-1.amazonaws.com", Services: []string{"s3"}, Scope: "object",
		Container: "reports", Path: "2024/q1.pdf", Method: "GET", Actions: []string{"read"}, Start: at("2024-01-01"), Expiry: at("2024-01-08"), ExpiresIn: 604800,
		Signer: "access_key", SignerID: "AKIAIOSFODNN7EXAMPLE",
		Revocation: overgrant.Revocation{Route: "deactivate_access_key", Collateral: "all that uses the access key"},
	}
	placeholderGrant = overgrant.Grant{
		Kind: "service_sas", Provider: "azure", Shape: overgrant.Placeholder, ShapeWhy: "the signature is a run of one character",
		Account: "myaccount", Scope: "container", Container: "sas", Permissions: "rw", Actions: []string{"read", "write"},
	}
	emulatorGrant = overgrant.Grant{
		Kind: "account_key", Provider: "azure", Shape: overgrant.Emulator, ShapeWhy: "the key that the storage emulator publishes",
		Account: "devstoreaccount1", Scope: "account", Actions: []string{"everything"}, Endless: true,
	}
)

var (
	accountScope = overgrant.Reason{Rule: "account-scope", Severity: overgrant.Critical, Why: "It opens the whole storage account, not the one file it stands beside.", Fix: "Share one file or one container, with a user delegation SAS."}
	canWrite     = overgrant.Reason{Rule: "can-write", Severity: overgrant.Critical, Why: "It can change and delete what others download; models among it can be poisoned.", Fix: "Share for reading only (sp=r)."}
	forYears     = overgrant.Reason{Rule: "long-lived", Severity: overgrant.High, Why: "It works for 30 years.", Fix: "Let links end within seven days."}
	onlyRotation = overgrant.Reason{Rule: "ad-hoc", Severity: overgrant.Medium, Why: "Nothing but a change of the account key ends it early.", Fix: "Change the account key now, then use a stored access policy for what must be shared."}
	anyNetwork   = overgrant.Reason{Rule: "any-network", Severity: overgrant.Info, Why: "It can be used from any address.", Fix: "Limit it to the addresses that need it.", Advice: true}
	isKey        = overgrant.Reason{Rule: "account-key", Severity: overgrant.Critical, Why: "It is the account's master key.", Fix: "Change the key, and let programs sign in with an identity instead."}
	overHTTP     = overgrant.Reason{Rule: "http-allowed", Severity: overgrant.Low, Why: "It may be used over plain http, where others can read it.", Fix: "Allow https only (spr=https)."}
)

func verdict(s overgrant.Severity, reasons ...overgrant.Reason) overgrant.Verdict {
	return overgrant.Verdict{OverProvisioned: s >= overgrant.Medium, Severity: s, Reasons: reasons}
}

// hostileName tries what a file name can do to a terminal, a page and a
// spreadsheet.
const hostileName = "=cmd|'/c calc'!A1\x1b[2J\x1b]0;owned\a/<img src=x onerror=alert(1)>`|\u202etxt.\n](javascript:x) @everyone {0}.md"

const repository = "/srv/git/robust-models"

// stream is the fixture.
func stream() []overgrant.Message {
	var m []overgrant.Message
	add := func(x overgrant.Message) { m = append(m, x) }
	add(overgrant.Message{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: "1.0.0", Started: now, Targets: []string{repository, "drops"}}})
	for _, c := range fixtureCases() {
		add(overgrant.Message{Found: &overgrant.Found{Link: c.link}})
		for _, s := range c.seen {
			add(overgrant.Message{Seen: &overgrant.Seen{ID: c.link.ID, Sighting: s}})
		}
		add(overgrant.Message{Judged: &overgrant.Judged{ID: c.link.ID, Status: c.link.Grant.Status(now), Verdict: c.verdict}})
		if c.hushed != nil {
			h := *c.hushed
			h.ID = c.link.ID
			add(overgrant.Message{Hushed: &h})
		}
	}
	for i := range 5 {
		add(skip(overgrant.Place{Source: "dir", Path: "backup/disk" + strconv.Itoa(i) + ".zip"}, "archive bomb", "unpacks to more than 10 GiB", 1<<30))
	}
	add(skip(overgrant.Place{Source: "git", Repository: repository, Object: object("missing")}, "missing object", "", 0))
	add(skip(overgrant.Place{Source: "dir", Path: hostileName}, "cannot be opened", "permission denied", 0))
	add(overgrant.Message{Skipped: &overgrant.Skipped{Place: overgrant.Place{Source: "dir", Path: "run/app.sock"}, Reason: "socket", Benign: true}})
	add(overgrant.Message{Summary: &overgrant.Summary{Pieces: 12345, Objects: 11980, Bytes: 4_210_000_000, Elapsed: 13*time.Second + 400*time.Millisecond}})
	return m
}

func skip(p overgrant.Place, reason, detail string, bytes int64) overgrant.Message {
	return overgrant.Message{Skipped: &overgrant.Skipped{Place: p, Reason: reason, Detail: detail, Bytes: bytes}}
}

type fixtureCase struct {
	link    overgrant.Link
	verdict overgrant.Verdict
	seen    []overgrant.Sighting
	hushed  *overgrant.Hushed
}

func fixtureCases() []fixtureCase {
	return []fixtureCase{
		{link: link("wide", wideGrant, "https://contosomodels.blob.core.windows.net/public-models/robust/resnet18.ckpt?sv=2020-08-04&ss=bfqt&srt=sco&sp=rwdlacupitfx&se=2051-10-06T07:00:00Z&st=2021-10-05T15:00:00Z&spr=https&sig="),
			verdict: verdict(overgrant.Critical, accountScope, canWrite, forYears, onlyRotation, anyNetwork), seen: wideSightings()},
		{link: link("first", firstGrant, "https://contosomodels.blob.core.windows.net/public-models/robust/resnet18.ckpt?sv=2019-10-10&ss=b&srt=sco&sp=rlx&se=2021-10-05T15:00:00Z&st=2020-06-10T00:00:00Z&spr=https&sig="),
			verdict: verdict(overgrant.High, accountScope, onlyRotation), seen: []overgrant.Sighting{history("README.md", 52, at("2020-07-20"), "commit of 2020", "commit of 2021")}},
		{link: link("service", serviceGrant, "https://contosobuild.blob.core.windows.net/drops/2022/setup.msi?sv=2018-03-28&sr=b&sp=r&se=2022-03-01&sig="),
			verdict: verdict(overgrant.Low, overHTTP), seen: []overgrant.Sighting{
				{Place: overgrant.Place{Source: "dir", Path: "drops/build.ps1"}, Line: 7, Column: 12, Span: [2]int64{201, 330}},
				{Place: overgrant.Place{Source: "dir", Path: "drops/old.zip!notes/install.txt"}, Line: 3, Column: 1, Span: [2]int64{40, 169}, Encoding: []string{"zip", "base64"}}}},
		{link: link("key", keyGrant, "AccountKey="),
			verdict: verdict(overgrant.Critical, isKey), seen: []overgrant.Sighting{
				{Place: overgrant.Place{Source: "dir", Path: "drops/" + hostileName}, Line: 1, Column: 5, Span: [2]int64{4, 103}},
				{Place: overgrant.Place{Source: "git", Repository: repository, Object: object("message"), Part: "message"}, Line: 4, Column: 1, Span: [2]int64{80, 179},
					Commit: object("message"), Author: "=HYPERLINK(\"http://x\") \x1b[31m <mallory@example.org>", Time: at("2023-01-05"), InHead: known(true)}},
			hushed: &overgrant.Hushed{Why: "rotated in May", By: "erin@example.org", Until: at("2023-10-01"), Broken: "it was seen in 2 places more than when it was suppressed"}},
		{link: link("policy", policyGrant, "https://contosoweb.blob.core.windows.net/uploads?sv=2022-11-02&sr=c&si=partners&sig="),
			verdict: verdict(overgrant.Info, anyNetwork), seen: []overgrant.Sighting{{Place: overgrant.Place{Source: "stdin"}, Line: 1, Column: 1, Span: [2]int64{0, 120}, Encoding: []string{"json", "percent"}}}},
		{link: link("future", s3Grant, "https://reports.s3.eu-west-1.amazonaws.com/2024/q1.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604800&X-Amz-Signature="),
			verdict: verdict(overgrant.None)},
		{link: link("placeholder", placeholderGrant, "https://myaccount.blob.core.windows.net/sas?sv=2021-06-08&sr=c&sp=rw&sig="), verdict: verdict(overgrant.None),
			seen: []overgrant.Sighting{{Place: overgrant.Place{Source: "dir", Path: "docs/how-to.md"}, Line: 20, Column: 3, Span: [2]int64{900, 1000}}}},
		{link: link("emulator", emulatorGrant, "AccountName=devstoreaccount1;AccountKey="), verdict: verdict(overgrant.None),
			seen: []overgrant.Sighting{{Place: overgrant.Place{Source: "dir", Path: "test/settings.json"}, Line: 2, Column: 10, Span: [2]int64{30, 160}}}},
		{link: link("suppressed", serviceGrant, "https://contosobuild.blob.core.windows.net/drops/other.msi?sv=2018-03-28&sr=b&sp=r&se=2022-03-01&sig="),
			verdict: verdict(overgrant.Medium, overHTTP), hushed: &overgrant.Hushed{Why: "public file, meant to be", By: "erin@example.org", Until: at("2023-11-30")},
			seen: []overgrant.Sighting{{Place: overgrant.Place{Source: "dir", Path: "drops/other.ps1"}, Line: 9, Column: 1, Span: [2]int64{10, 130}}}},
	}
}

// wideSightings are 60 links in three files, brought by one commit and taken
// out by another.
func wideSightings() []overgrant.Sighting {
	var all []overgrant.Sighting
	for i := range 60 {
		path := "README.md"
		switch {
		case i >= 57:
			path = "notebooks/eval.ipynb"
		case i >= 40:
			path = "models/README.md"
		}
		s := history(path, 40+i, at("2021-10-06"), "commit of 2021", "commit of 2023")
		s.Removed, s.LastTime = at("2023-06-24"), at("2023-06-23")
		if i >= 57 {
			s.Encoding = []string{"ipynb", "json"}
		}
		all = append(all, s)
	}
	return all
}

func history(path string, line int, t time.Time, commit, last string) overgrant.Sighting {
	return overgrant.Sighting{
		Place: overgrant.Place{Source: "git", Repository: repository, Object: object(path), Part: "blob", Path: path},
		Line:  line, Column: 9, Span: [2]int64{int64(1000 + 200*line), int64(1190 + 200*line)},
		Commit: object(commit), Author: "Robin Researcher <robin@example.org>", Time: t, LastCommit: object(last), LastTime: t.AddDate(1, 0, 0),
		Removed: at("2021-10-06"), InHead: known(false),
	}
}
