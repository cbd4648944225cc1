package kind_test

import (
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

// one returns the only link of text, completed by what stands near it.
func one(t *testing.T, text string) (overgrant.Link, string) {
	t.Helper()
	var links []overgrant.Link
	var spans []string
	for s := range kind.Find([]byte(text)) {
		if l, err := kind.Parse(text[s.Start:s.End]); err == nil {
			kind.Join(&l, text, s.Start)
			links = append(links, l)
			spans = append(spans, text[s.Start:s.End])
		}
	}
	if len(links) != 1 {
		t.Fatalf("Find(%q) gives %q; want one link", text, spans)
	}
	return links[0], spans[0]
}

// A link ends where its grammar ends, whatever follows.
func TestFind_ends_where_the_grammar_ends(t *testing.T) {
	for _, kindName := range []string{"account_sas", "service_sas", "s3_presigned_v4", "gcs_v2", "logic_app_sas"} {
		link := vectorsOf(t, kindName, 5)[0].Text
		for _, after := range []string{"", "\n", ")", "`", ",", ";", ".", "|", "}", `\"`, "<", "'", `"`, ">", "]", " ", "\\n", ");", ".</a>", "**", ": see", "。", "”"} {
			text := "see " + link + after
			if _, span := one(t, text); span != link {
				t.Errorf("Find(link%q) gives a span of %d bytes of a %s; want %d", after, len(span), kindName, len(link))
			}
		}
	}
}

// A mail program may break a link at its ampersands.
func TestFind_follows_spaces_around_ampersands(t *testing.T) {
	link := vectorsOf(t, "service_sas", 5)[0].Text
	spaced := strings.ReplaceAll(link, "&", " & ")
	if _, span := one(t, "see "+spaced+" and so on"); span != spaced {
		t.Errorf("Find gives %d bytes of a link with spaces; want %d", len(span), len(spaced))
	}
	if _, span := one(t, "a & b & "+link+" & c & d"); span != link {
		t.Errorf("Find gives %d bytes of a link between ampersands; want %d", len(span), len(link))
	}
}

func TestFind_starts_where_the_link_starts(t *testing.T) {
	link := vectorsOf(t, "service_sas", 5)[0].Text
	for _, before := range []string{"", "(", "[a](", `"`, "'", "<", "=", ":", "url=", "x:", "https://proxy.example/?url=", "|", "`", "见", "\t", "file,", ">"} {
		if _, span := one(t, before+link); span != link {
			t.Errorf("Find(%qlink) gives %d bytes; want %d", before, len(span), len(link))
		}
	}
	spaced := strings.Replace(link, "file.bin", "my file 1 of 2.bin", 1)
	for _, around := range []string{"()", `""`, "''", "<>"} {
		if _, span := one(t, "see "+around[:1]+spaced+around[1:]); span != spaced {
			t.Errorf("Find(%q around a link with spaces) gives %d bytes; want %d", around, len(span), len(spaced))
		}
	}
	bare := link[strings.IndexByte(link, '?')+1:]
	for _, before := range []string{"", "SECRET='", "SAS=", "AZURE_SAS_TOKEN = ", "sas: ", "token:", "(", "--sas-token "} {
		if _, span := one(t, before+bare); span != bare {
			t.Errorf("Find(%qtoken) gives %d bytes; want %d", before, len(span), len(bare))
		}
	}
}

func TestParse_reads_the_whole_grant(t *testing.T) {
	const sig = "&sig=YWJjZDE5ZWZnaElKS2xtbm9wcVJzdHV2d3h5eiEwMTI%3D"
	base := "https://contoso.blob.core.windows.net/c/d1/d2/f.bin?sv=2020-08-04&se=2030-01-02"
	tests := []struct {
		name, text string
		want       func(g overgrant.Grant) bool
	}{
		{"version", base + "&sr=bv&versionid=2026-08-12T04:05:06.0000000Z&sp=rx" + sig, func(g overgrant.Grant) bool {
			return g.Scope == "version" && g.Version == "2026-08-12T04:05:06.0000000Z" && g.Can("delete_version")
		}},
		{"snapshot", base + "&sr=bs&snapshot=2026-08-12T04:05:06.0000000Z&sp=r" + sig, func(g overgrant.Grant) bool {
			return g.Scope == "snapshot" && g.Snapshot != ""
		}},
		{"directory", base + "&sr=d&sdd=2&sp=rl" + sig, func(g overgrant.Grant) bool {
			return g.Scope == "directory" && *g.Depth == 2 && g.Container == "c" && g.Path == "d1/d2/f.bin"
		}},
		{"root_blob", "https://contoso.blob.core.windows.net/f.bin?sv=2020-08-04&se=2030-01-02&sr=b&sp=r" + sig, func(g overgrant.Grant) bool {
			return g.Container == "$root" && g.Path == "f.bin"
		}},
		{"secondary", "https://contoso-secondary.blob.core.windows.net/c?sv=2020-08-04&se=2030-01-02&sr=c&sp=l" + sig, func(g overgrant.Grant) bool {
			return g.Account == "contoso"
		}},
		{"dns_zone", "https://contoso.z4.blob.storage.azure.net/c?sv=2020-08-04&se=2030-01-02&sr=c&sp=l" + sig, func(g overgrant.Grant) bool {
			return g.Account == "contoso" && g.Services[0] == "blob"
		}},
		{"hadoop", "abfss://fs@contoso.dfs.core.windows.net/a/b?sv=2020-08-04&se=2030-01-02&sr=d&sdd=1&sp=rl" + sig, func(g overgrant.Grant) bool {
			return g.Account == "contoso" && g.Container == "fs" && g.Path == "a/b"
		}},
		{"one_lake", "https://onelake.dfs.fabric.microsoft.com/ws/lh?sv=2020-08-04&se=2030-01-02&sr=c&sp=l" + sig, func(g overgrant.Grant) bool {
			return g.Account == "" && g.Container == "ws" && g.Path == "lh"
		}},
		{"r2", "https://b." + strings.Repeat("0a", 16) + ".r2.cloudflarestorage.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=20250101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + strings.Repeat("0123456789abcdef", 4), func(g overgrant.Grant) bool {
			return g.Account == "" && g.Container == "b" && g.Path == "k" && g.Provider == "cloudflare"
		}},
		{"spaces_around_ampersands", strings.ReplaceAll(base+"&sr=c&sp=r"+sig, "&", " & "), func(g overgrant.Grant) bool {
			return g.Account == "contoso" && g.Container == "c" && g.SignedVersion == "2020-08-04" && g.Permissions == "r"
		}},
		{"emulator_host", "http://azurite:10000/myacct/c/b?sv=2020-08-04&se=2030-01-02&sr=b&sp=r" + sig, func(g overgrant.Grant) bool {
			return g.Account == "myacct" && g.Container == "c" && g.Path == "b"
		}},
		{"table_with_range", "https://contoso.table.core.windows.net/T?tn=T&spk=a&srk=1&epk=b&erk=2&sv=2020-08-04&se=2030-01-02&sp=rau" + sig, func(g overgrant.Grant) bool {
			return g.Table == "T" && g.KeyRange == "a/1 to b/2" && g.Scope == "table" && g.Can("update")
		}},
		{"queue_processes", "https://contoso.queue.core.windows.net/q/messages?sv=2020-08-04&se=2030-01-02&sp=rap" + sig, func(g overgrant.Grant) bool {
			return g.Container == "q" && g.Path == "" && g.Can("process")
		}},
		{"no_version", "https://contoso.blob.core.windows.net/c/b?se=2011-01-02&sr=b&sp=r" + sig, func(g overgrant.Grant) bool {
			return g.SignedVersion == "" && g.Extra[0].Value == "pre-2012-02-12"
		}},
		{"user_in_url", "https://contoso.blob.core.windows.net@evil.example/c/b?sv=2020-08-04&se=2030-01-02&sr=b&sp=r" + sig, func(g overgrant.Grant) bool {
			return g.Host == "evil.example" && g.Account == ""
		}},
		{"policy", base + "&sr=c&si=readers" + sig, func(g overgrant.Grant) bool {
			return g.Kind == "policy_sas" && g.Revocation.Route == "delete_stored_policy"
		}},
		{"far_away", strings.Replace(base, "2030-01-02", "9999-12-31T23:59:59-12:00", 1) + "&sr=c&sp=r" + sig, func(g overgrant.Grant) bool {
			return g.Expiry.Year() == 9999
		}},
		{"unknown", base + "&sr=c&sp=r&zz=secret-value&n=1" + sig, func(g overgrant.Grant) bool {
			return len(g.Unknown) == 2 && g.Unknown[0].Value == "…" && g.Unknown[1].Value == "1"
		}},
		{"repeated", base + "&sr=c&sp=r&sp=w" + sig, func(g overgrant.Grant) bool {
			return g.Permissions == "r" && g.Extra[len(g.Extra)-1].Name == "sp"
		}},
		{"mixed_encoding", base + "&sr=c&sp=r&sig=A%2Fb%252Bc%2525" + "2Fefghijklmnopqrstuvwxyz0123456789AB%253D", func(g overgrant.Grant) bool {
			return g.Shape == overgrant.Placeholder // it spells the alphabet
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := kind.Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if !tt.want(l.Grant) {
				t.Errorf("Parse(%s) = %+v", tt.name, l.Grant)
			}
		})
	}
}

func TestParse_dates(t *testing.T) {
	day := time.Date(2051, 10, 6, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name, text string
		want       time.Time
	}{
		{"day", "2051-10-06", day},
		{"minute", "2051-10-06T07:00Z", day.Add(7 * time.Hour)},
		{"second", "2051-10-06T07:00:05Z", day.Add(7*time.Hour + 5*time.Second)},
		{"fraction", "2051-10-06T07:00:00.1234567Z", day.Add(7*time.Hour + 123456700)},
		{"offset", "2051-10-06T07:00+02:00", day.Add(5 * time.Hour)},
		{"offset_as_space", "2051-10-06T07:00:00 02:00", day.Add(5 * time.Hour)},
		{"basic", "20511006T070000Z", day.Add(7 * time.Hour)},
		{"stray", "2051-10-#06T07:00:00Z", day.Add(7 * time.Hour)},
		{"no_date", "never", time.Time{}},
		{"no_such_day", "2051-02-30", time.Time{}},
		{"template", "${expiry}", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := kind.ReadTime(tt.text); !got.Equal(tt.want) {
				t.Errorf("ReadTime(%q) = %v; want %v", tt.text, got, tt.want)
			}
		})
	}
}
