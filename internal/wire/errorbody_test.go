package wire_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/overgrant/overgrant/internal/wire"
)

func TestErrorBody(t *testing.T) {
	t.Parallel()
	sig := strings.Repeat("aB3/", 10) + "xYz="
	tests := []struct {
		name, header, contentType, body string
		code, message, detail           string
	}{
		{"blob", "", "application/xml", "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed.\nRequestId:1</Message>" +
			"<AuthenticationErrorDetail>Signature did not match. String to sign used was r\n\n2021-10-05\n/blob/contoso/c</AuthenticationErrorDetail></Error>",
			"AuthenticationFailed", "Server failed.\nRequestId:1", "Signature did not match. String to sign used was r\n\n2021-10-05\n/blob/contoso/c"},
		{"both_details", "", "", "<Error><Code>A</Code><AuthenticationErrorDetail>one</AuthenticationErrorDetail><ExtendedErrorDetail>two</ExtendedErrorDetail></Error>", "A", "", "one; two"},
		{"header_first", "FromHeader", "", "<Error><Code>FromBody</Code></Error>", "FromHeader", "", ""},
		{"head_has_no_body", "BlobNotFound", "", "", "BlobNotFound", "", ""},
		{"table_xml", "", "", `<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><m:code>ResourceNotFound</m:code><m:message xml:lang="en-US">Not here.</m:message></m:error>`, "ResourceNotFound", "Not here.", ""},
		{"table_json", "", "application/json", `{"odata.error":{"code":"ResourceNotFound","message":{"lang":"en-US","value":"Not here."}}}`, "ResourceNotFound", "Not here.", ""},
		{"dfs_json", "", "application/json", `{"error":{"code":"PathNotFound","message":"Not here."}}`, "PathNotFound", "Not here.", ""},
		{"arm_json", "", "", `{"error":{"code":"Denied","message":"No.","details":[{"code":"x","innererror":{"a":{}}}]}}`, "Denied", "No.", ""},
		{"bare_json", "", "", `{"code":"Denied","message":"No."}`, "Denied", "No.", ""},
		{"html", "", "text/html; charset=utf-8", "<html><body>Blocked by the firewall</body></html>", "", "the answer is an HTML page, not one of the service", ""},
		{"html_untold", "", "", "  <!DOCTYPE html><Error><Code>A</Code></Error>", "", "the answer is an HTML page, not one of the service", ""},
		{"signature", "", "", "<Error><Code>A</Code><Message>The MAC '" + sig + "' of ?sv=2020&amp;sig=abc%3D&amp;se=1 is wrong</Message></Error>", "A", "The MAC '…' of ?sv=2020&sig=…&se=1 is wrong", ""},
		{"no_code", "", "", "<Error><Code>not a code!</Code></Error>", "", "", ""},
		{"control_signs", "", "", `{"error":{"code":"A","message":"\u001b[31mred\u202e"}}`, "A", "[31mred", ""},
		{"entities", "", "", `<!DOCTYPE x [<!ENTITY a "b">]><Error><Code>A</Code><Message>&a;</Message></Error>`, "", "", ""},
		{"deep_xml", "", "", strings.Repeat("<Error>", 9000) + "<Code>A</Code>", "", "", ""},
		{"deep_json", "", "", strings.Repeat(`{"error":`, 5000) + "1" + strings.Repeat("}", 5000), "", "", ""},
		{"cut", "", "", "<Error><Code>A</Code><Mess", "A", "", ""},
		{"text", "", "", "upstream connect error", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := &http.Response{Header: http.Header{}, Body: io.NopCloser(strings.NewReader(tt.body))}
			resp.Header.Set("Content-Type", tt.contentType)
			if tt.header != "" {
				resp.Header.Set("x-ms-error-code", tt.header)
			}
			code, message, detail := wire.ErrorBody(resp)
			if code != tt.code || message != tt.message || detail != tt.detail {
				t.Errorf("ErrorBody = %q, %q, %q; want %q, %q, %q", code, message, detail, tt.code, tt.message, tt.detail)
			}
		})
	}
}

func FuzzErrorBody(f *testing.F) {
	f.Add("application/xml", "<Error><Code>A</Code><Message>b &amp; c</Message></Error>")
	f.Add("application/json", `{"odata.error":{"code":"A","message":{"value":"b"}}}`)
	f.Add("text/html", "<html>")
	f.Add("", "<a><b></a></b></c>")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		resp := &http.Response{Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))}
		code, message, detail := wire.ErrorBody(resp)
		for _, s := range []string{code, message, detail} {
			if !utf8.ValidString(s) || len(s) > 3*4096 || strings.ContainsAny(s, "\x1b\x00\r") {
				t.Errorf("%q is not fit to show", s)
			}
		}
	})
}

func TestRedact(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("aB3", 15)
	tests := []struct{ name, url, want string }{
		{"signature", "https://h.example/c/b?sv=2020-08-04&se=2051-10-06T07%3A00%3A00Z&sp=r&sig=c2Vj", "https://h.example/c/b?sv=2020-08-04&se=2051-10-06T07%3A00%3A00Z&sp=r&sig=…"},
		{"user_info_and_fragment", "https://u:p@h.example/c#frag", "https://h.example/c"},
		{"unknown_name", "https://h.example/?Sig=abc&token=x&comp=list", "https://h.example/?…&…&comp=list"},
		{"name_is_the_secret", "https://h.example/?c2VjcmV0", "https://h.example/?…"},
		{"object_names", "https://h.example/c?prefix=a&marker=b&delimiter=/", "https://h.example/c?prefix=…&marker=…&delimiter=/"},
		{"key_under_a_shown_name", "https://h.example/?sv=" + key, "https://h.example/?sv=…"},
		{"no_url_in_a_value", "https://h.example/?comp=a%zz", ""},
		{"dollar", "https://h.example/t()?%24top=1&$filter=x", "https://h.example/t()?$top=1&$filter=…"},
		{"opaque", "mailto:c2VjcmV0", "…"},
	}
	for _, tt := range tests {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		if tt.want == "" {
			tt.want = "https://h.example/?comp=…"
		}
		if got := wire.Redact(u); got != tt.want {
			t.Errorf("%s: Redact = %q; want %q", tt.name, got, tt.want)
		}
	}
	if got := wire.Redact(nil); got != "" {
		t.Errorf("Redact(nil) = %q", got)
	}
}

func TestProbeNames(t *testing.T) {
	t.Parallel()
	a, b := wire.ProbeName(), wire.ProbeName()
	if a == b || !wire.IsProbeName(a) || len(a) > 63 || wire.IsProbeName(a[:len(a)-1]+"G") || wire.IsProbeName(a+"0") || wire.IsProbeName("x"+a) {
		t.Errorf("ProbeName = %q, %q", a, b)
	}
	if n := wire.ProbeTableName(); !wire.IsProbeTableName(n) || len(n) > 63 || strings.Contains(n, "-") || wire.IsProbeTableName(a) {
		t.Errorf("ProbeTableName = %q", n)
	}
}
