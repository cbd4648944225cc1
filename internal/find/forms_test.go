package find_test

import (
	"encoding/base64"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/find"
)

// form is a way in which a shared access signature is written down. SIG stands
// for its signature, percent-encoded.
type form struct{ name, text string }

const (
	blobHost = "https://quietmeadow42.blob.core.windows.net"
	readOnly = "sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sr=b&sp=r&sig=SIG"
	blobURL  = blobHost + "/models/v1/net.ckpt?" + readOnly
	wholeURL = "?sv=2022-11-02&ss=bfqt&srt=sco&sp=rwdlacupiytfx&se=2051-10-06T07:00:00Z&spr=https&sig=SIG"
	userKey  = "skoid=0f8fad5b-d9cb-469f-a165-70867728950e&sktid=7c9e6679-7425-40de-944b-e07fc1f90ae7&skt=2023-01-01T00%3A00%3A00Z&ske=2033-01-01T00%3A00%3A00Z&sks=b&skv=2022-11-02"
)

// forms are what other scanners are compared by: each service, each kind, each
// order and each encoding.
var forms = []form{
	{"service_sas_of_a_blob", blobURL},
	{"service_sas_of_a_container", blobHost + "/models?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sr=c&sp=rl&sig=SIG"},
	{"account_sas_of_a_blob", blobHost + "/models/v1/net.ckpt" + wholeURL},
	{"account_sas_of_the_root", blobHost + "/" + wholeURL},
	{"all_permissions", blobHost + "/models?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sr=c&sp=racwdlmeop&sig=SIG"},
	{"permission_for_tags", blobHost + "/models/v1/net.ckpt?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sr=b&sp=rt&sig=SIG"},
	{"user_delegation", blobHost + "/models?" + userKey + "&sv=2022-11-02&se=2033-01-01T00%3A00%3A00Z&sr=c&sp=rl&sig=SIG"},
	{"stored_policy", blobHost + "/models?sv=2022-11-02&si=readers&sr=c&sig=SIG"},
	{"stored_policy_without_version", blobHost + "/models?si=readers&sr=c&sig=SIG"},
	{"data_lake", "https://quietmeadow42.dfs.core.windows.net/models/v1?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sr=d&sdd=1&sp=rl&sig=SIG"},
	{"file_share", "https://quietmeadow42.file.core.windows.net/share/a.txt?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sr=f&sp=r&sig=SIG"},
	{"queue", "https://quietmeadow42.queue.core.windows.net/jobs?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sp=raup&sig=SIG"},
	{"table", "https://quietmeadow42.table.core.windows.net/rows?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sp=raud&tn=rows&sig=SIG"},
	{"token_with_question_mark", "account: quietmeadow42\ntoken: ?" + readOnly},
	{"token_alone", "account: quietmeadow42\ntoken: " + readOnly},
	{"connection_string", "BlobEndpoint=" + blobHost + "/;SharedAccessSignature=" + strings.TrimPrefix(wholeURL, "?")},
	{"html", `<a href="` + html.EscapeString(blobURL) + `">model</a>`},
	{"json_unicode", `{"url": "` + strings.ReplaceAll(blobURL, "&", `\u0026`) + `"}`},
	{"url_in_a_url", "https://viewer.example.com/?u=" + url.QueryEscape(blobURL)},
	{"url_in_a_url_in_a_url", "https://proxy.example.com/?to=" + url.QueryEscape("https://viewer.example.com/?u="+url.QueryEscape(blobURL))},
	{"split_string", "url = (\"" + blobURL[:70] + "\"\n       \"" + blobURL[70:] + "\")"},
	{"line_continuation", "curl '" + blobURL[:90] + "\\\n" + blobURL[90:] + "'"},
	{"yaml_folded", "url: >-\n  " + strings.Replace(blobURL, "&sr=", "\n  &sr=", 1) + "\n"},
	{"notebook", "   \"source\": [\n    \"url = \\\"" + blobURL + "\\\"\\n\"\n   ]"},
	{"signature_first", blobHost + "/models/v1/net.ckpt?sig=SIG&sp=r&sr=b&se=2033-01-02T03%3A04%3A05Z&sv=2022-11-02"},
	{"signature_in_the_middle", blobHost + "/models/v1/net.ckpt?se=2033-01-02T03%3A04%3A05Z&sig=SIG&sv=2022-11-02&sp=r&sr=b"},
	{"signature_not_encoded", blobHost + "/models/v1/net.ckpt?sv=2022-11-02&se=2033-01-02T03:04:05Z&sr=b&sp=r&sig=RAW"},
	{"http", strings.Replace(blobURL, "https:", "http:", 1)},
	{"sovereign_cloud", strings.Replace(blobURL, ".core.windows.net", ".core.chinacloudapi.cn", 1)},
	{"custom_domain", strings.Replace(blobURL, blobHost, "https://files.example.com", 1)},
	{"dictionary", `{"account": "quietmeadow42", "sv": "2022-11-02", "se": "2033-01-02T03:04:05Z", "sr": "b", "sp": "r", "sig": "RAW"}`},
	{"date_without_time", blobHost + "/models/v1/net.ckpt?sv=2022-11-02&se=2033-01-02&sr=b&sp=r&sig=SIG"},
	{"web_container", blobHost + "/$web/index.html?sv=2022-11-02&se=2033-01-02T03%3A04%3A05Z&sr=b&sp=r&sig=SIG"},
}

func (f form) sign(p []byte) string {
	raw := base64.StdEncoding.EncodeToString(p)
	quoted := url.QueryEscape(raw)
	if strings.Contains(f.name, "url_in") {
		quoted = url.QueryEscape(quoted)
	}
	if f.name == "url_in_a_url_in_a_url" {
		quoted = url.QueryEscape(quoted)
	}
	return strings.NewReplacer("SIG", quoted, "RAW", raw).Replace(f.text)
}

func TestForms(t *testing.T) {
	f := find.New(find.Options{})
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			p := random(32)
			want := secret{name: form.name, id: idOf(p), account: "quietmeadow42"}
			if form.name == "custom_domain" {
				want.account = ""
			}
			check(t, f, want, surrounded(form.sign(p)))
		})
		t.Run("utf16_of_"+form.name, func(t *testing.T) {
			p := random(32)
			var wide strings.Builder
			for _, c := range []byte(surrounded(form.sign(p))) {
				wide.WriteString(string([]byte{c, 0}))
			}
			check(t, f, secret{name: form.name, id: idOf(p)}, wide.String())
		})
	}
}

// What stands directly behind a link is no part of it.
func TestDelimiters(t *testing.T) {
	f := find.New(find.Options{})
	for name, behind := range map[string]string{
		"newline": "\n", "carriage_return": "\r\n", "parenthesis": ") and more", "backtick": "` and more", "comma": ", and more",
		"semicolon": "; and more", "full_stop": ". And more", "table": "| next |", "brace": "}", "json_quote": "\\\"}", "quote": "\" title",
		"apostrophe": "' title", "angle": "> and more", "tag": "</a>", "bracket": "] and more", "space": " and more", "end": "", "nul": "\x00\x01",
		"backslash_n": "\\n next", "question": "? And more", "exclamation": "! And more", "colon": ": and more", "stars": "** and more",
	} {
		t.Run(name, func(t *testing.T) {
			p := random(32)
			link := forms[0].sign(p)
			text := "see " + link + behind
			hits := f.Text([]byte(text))
			if len(hits) != 1 {
				t.Fatalf("%d links before %q; want 1", len(hits), behind)
			}
			if h := hits[0]; h.Link.ID != idOf(p) || h.Link.Grant.Shape != "" || h.Span[1] != int64(4+len(link)) {
				t.Errorf("link before %q: same id %t, shape %q, ends at %d; want %d", behind, h.Link.ID == idOf(p), h.Link.Grant.Shape, h.Span[1], 4+len(link))
			}
		})
	}
}
