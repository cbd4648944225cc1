package find_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/overgrant/overgrant/internal/find"
)

// secret is a link with what has to be read from it.
type secret struct {
	name, text  string
	id, account string
}

func random(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.Read(p)
	return p
}

func idOf(p []byte) string {
	sum := sha256.Sum256(p)
	return hex.EncodeToString(sum[:])
}

// secrets returns new random links of several kinds.
func secrets() []secret {
	sig, key := random(32), random(64)
	quoted := url.QueryEscape(base64.StdEncoding.EncodeToString(sig))
	hmac := random(32)
	return []secret{
		{"service_sas", "https://quietmeadow42.blob.core.windows.net/models/v1/net.ckpt?sv=2021-10-04&st=2023-01-02T03%3A04%3A05Z&se=2033-01-02T03%3A04%3A05Z&sr=b&sp=r&sig=" + quoted, idOf(sig), "quietmeadow42"},
		{"account_sas", "https://quietmeadow42.blob.core.windows.net/models?sv=2019-12-12&ss=bfqt&srt=sco&sp=rwdlacupx&se=2051-10-06T07:00:00Z&st=2020-07-20T07:00:00Z&spr=https&sig=" + quoted, idOf(sig), "quietmeadow42"},
		{"connection_string", "DefaultEndpointsProtocol=https;AccountName=quietmeadow42;AccountKey=" + base64.StdEncoding.EncodeToString(key) + ";EndpointSuffix=core.windows.net", idOf(key), "quietmeadow42"},
		{"s3_presigned_v4", "https://quiet-meadow.s3.eu-west-1.amazonaws.com/a/b.bin?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAQUIETMEADOW42ABC%2F20240102%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20240102T030405Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=" + hex.EncodeToString(hmac), idOf(hmac), ""},
	}
}

// wrapping encodes a text as some file would hold it.
type wrapping struct {
	name string
	do   func(string) string
	last bool // nothing can be put around it
	line bool // it takes no line breaks
	bare bool // it takes no quotes either
}

func pieces(s string, n int) []string {
	var all []string
	for len(s) > n {
		all = append(all, s[:n])
		s = s[n:]
	}
	return append(all, s)
}

func join(n int, seam string) func(string) string {
	return func(s string) string { return `x = "` + strings.Join(pieces(s, n), seam) + `"` }
}

func utf16Of(order binary.AppendByteOrder) func(string) string {
	return func(s string) string {
		var b []byte
		for _, u := range utf16.Encode([]rune("title: notes\n" + s + "\nend of notes\n")) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
}

func replaceAll(pairs ...string) func(string) string {
	return func(s string) string { return strings.NewReplacer(pairs...).Replace(s) }
}

// wrappings returns all encodings that are tested.
func wrappings() []wrapping {
	return slices.Concat(escaped(), encodedWhole(), concatenated(), wrapped(), embedded())
}

func quotedPrintable(s string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte("Dear all, the link is " + s + " and it works.\n"))
	_ = w.Close()
	return b.String()
}

func jsonOf(s string) string {
	b, _ := json.Marshal(s)
	return `{"note": ` + string(b) + `, "n": 1}`
}

// escaped are escapes of single characters.
func escaped() []wrapping {
	return []wrapping{
		{name: "html", do: html.EscapeString},
		{name: "html_numeric", do: replaceAll("&", "&#38;", "=", "&#61;")},
		{name: "html_hex", do: replaceAll("&", "&#x26;", "?", "&#x3f;")},
		{name: "json", do: jsonOf},
		{name: "json_slashes", do: replaceAll("/", `\/`, "&", `\u0026`, "=", `\u003d`)},
		{name: "javascript", do: replaceAll("&", `\x26`, "=", `\x3d`)},
		{name: "percent", do: func(s string) string {
			return "https://viewer.example.com/?u=" + strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
		}},
		{name: "markdown_escapes", do: replaceAll("&", `\&`, "_", `\_`, "=", `\=`)},
		{name: "shell", do: replaceAll("&", `\&`, "?", `\?`)},
		{name: "batch", do: replaceAll("&", "^&", "%", "%%")},
		{name: "powershell", do: replaceAll("&", "`&")},
	}
}

// encodedWhole are encodings of every byte.
func encodedWhole() []wrapping {
	return []wrapping{
		{name: "base64", do: func(s string) string { return "token: " + base64.StdEncoding.EncodeToString([]byte(s)) }},
		{name: "base64_shifted", do: func(s string) string { return "data=" + base64.StdEncoding.EncodeToString([]byte("x "+s+" y")) }},
		{name: "base64_shifted_2", do: func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte("{" + s + "}")) }},
		{name: "base64_url", do: func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
		{name: "base64_lines", do: func(s string) string {
			return strings.Join(pieces(base64.StdEncoding.EncodeToString([]byte("note "+s)), 76), "\n")
		}},
		{name: "quoted_printable", do: quotedPrintable},
		{name: "utf16_le", do: utf16Of(binary.LittleEndian), last: true},
		{name: "utf16_be", do: utf16Of(binary.BigEndian), last: true},
	}
}

// concatenated are string literals that a language puts together.
func concatenated() []wrapping {
	return []wrapping{
		{name: "python", bare: true, do: join(41, "\"\n    \"")},
		{name: "java", bare: true, do: join(37, "\" +\n        \"")},
		{name: "java_leading", bare: true, do: join(53, "\"\n        + \"")},
		{name: "php", bare: true, do: join(47, "\" .\n  \"")},
		{name: "visual_basic", bare: true, do: join(50, "\" & _\n    \"")},
		{name: "lua", bare: true, do: join(50, "\" ..\n    \"")},
		{name: "haskell", bare: true, do: join(50, "\" ++\n    \"")},
		{name: "sql", bare: true, do: func(s string) string { return "select '" + strings.Join(pieces(s, 40), "' ||\n   '") + "'" }},
		{name: "python_prefixes", bare: true, do: func(s string) string { return "url = (f\"" + strings.Join(pieces(s, 43), "\"\n       f\"") + "\")" }},
		{name: "javascript_single", bare: true, do: func(s string) string { return "var u = '" + strings.Join(pieces(s, 44), "' +\n  '") + "';" }},
		{name: "same_line", bare: true, do: join(60, `" + "`)},
		{name: "objective_c", bare: true, do: func(s string) string { return `NSString *u = @"` + strings.Join(pieces(s, 61), "\"\n  @\"") + `";` }},
		{name: "c_continued", bare: true, do: func(s string) string { return `char *u = "` + strings.Join(pieces(s, 45), "\\\n") + `";` }},
		{name: "shell_continued", line: true, do: func(s string) string { return "curl " + strings.Join(pieces(s, 45), "\\\n") }},
		{name: "plus_assign", bare: true, do: func(s string) string { return `u = "` + strings.Join(pieces(s, 64), "\";\nu += \"") + `";` }},
		{name: "append", bare: true, do: func(s string) string { return `b.append("` + strings.Join(pieces(s, 64), "\")\n  .append(\"") + `");` }},
	}
}

// wrapped are texts that were broken to fit a width.
func wrapped() []wrapping {
	return []wrapping{
		{name: "hard_wrap", line: true, do: func(s string) string { return strings.Join(pieces(s, 72), "\n") }},
		{name: "hard_wrap_indented", line: true, do: func(s string) string { return "    " + strings.Join(pieces(s, 70), "\n    ") }},
		{name: "quoted_mail", line: true, do: func(s string) string { return "> " + strings.Join(pieces(s, 70), "\n> ") }},
		{name: "comment_hash", line: true, do: func(s string) string { return "# " + strings.Join(pieces(s, 70), "\n# ") }},
		{name: "comment_slashes", line: true, do: func(s string) string { return "// " + strings.Join(pieces(s, 70), "\n// ") }},
		{name: "comment_stars", line: true, do: func(s string) string { return " * " + strings.Join(pieces(s, 70), "\n * ") }},
		{name: "crlf_wrap", line: true, do: func(s string) string { return strings.Join(pieces(s, 72), "\r\n") }},
		{name: "word_breaks", do: func(s string) string { return "<p>" + strings.Join(pieces(s, 30), "<wbr>") + "</p>" }},
		{name: "line_breaks", do: func(s string) string { return "<p>" + strings.Join(pieces(s, 40), "<br/>") + "</p>" }},
		{name: "zero_width", do: func(s string) string { return strings.Join(pieces(s, 40), "\u200b") }},
		{name: "soft_hyphens", do: func(s string) string { return strings.Join(pieces(s, 40), "\u00ad") }},
	}
}

// embedded are texts inside documents.
func embedded() []wrapping {
	return []wrapping{
		{name: "notebook", do: func(s string) string {
			b, _ := json.Marshal("url = \"" + s + "\"\n")
			return "{\"cells\": [{\"source\": [\n    \"import os\\n\",\n    " + string(b) + ",\n    \"print(url)\"\n   ]}]}"
		}},
		{name: "notebook_split", bare: true, do: func(s string) string {
			var b strings.Builder
			b.WriteString("   \"source\": [\n    \"conn = (\\\"")
			b.WriteString(strings.Join(pieces(s, 60), "\\\"\\n\",\n    \"        \\\""))
			b.WriteString("\\\")\\n\",\n    \"run(conn)\\n\"\n   ]\n")
			return b.String()
		}},
		{name: "json_in_json", do: func(s string) string { return jsonOf(jsonOf(s)) }},
		{name: "xml_element", do: func(s string) string { return "<config><url>" + html.EscapeString(s) + "</url></config>" }},
		{name: "cdata", do: func(s string) string { return "<url><![CDATA[" + s + "]]></url>" }},
	}
}

// surrounded puts a text where something stands before and behind it.
func surrounded(s string) string {
	return "The first line says nothing.\n\nvalue: " + s + "\n\nThe last line says nothing either.\n"
}

func check(t *testing.T, f *find.Finder, want secret, text string) {
	t.Helper()
	var got []string
	for _, h := range f.Text([]byte(text)) {
		g := h.Link.Grant
		if h.Link.ID == want.id && g.Shape == "" && (want.account == "" || g.Account == want.account) {
			if h.Span[0] < 0 || h.Span[1] > int64(len(text)) || h.Span[0] >= h.Span[1] {
				t.Errorf("span of %s is %v of %d bytes", want.name, h.Span, len(text))
			}
			return
		}
		got = append(got, fmt.Sprintf("%s %q account %q by %v, same id %t", g.Kind, g.Shape, g.Account, h.Encoding, h.Link.ID == want.id))
	}
	t.Errorf("links in %s = %v; want it with account %q\n%s", want.name, got, want.account, text[:min(len(text), 1200)])
}

func TestEncodings(t *testing.T) {
	f := find.New(find.Options{})
	for _, w := range wrappings() {
		t.Run(w.name, func(t *testing.T) {
			for _, s := range secrets() {
				text := w.do(s.text)
				if !w.last {
					text = surrounded(text)
				}
				check(t, f, s, text)
			}
		})
	}
}

// cutsMark lists where the widths chosen above happen to cut every mark of the
// inner encoding, so that nothing is left to recognise.
var cutsMark = map[string]bool{
	"html_numeric/java_leading": true, "base64_shifted/quoted_printable": true,
	"base64/java_leading": true, "base64/visual_basic": true, "base64/lua": true, "base64/haskell": true,
	"base64_shifted/java_leading": true, "base64_shifted/visual_basic": true, "base64_shifted/lua": true, "base64_shifted/haskell": true,
	"cdata/zero_width": true, "cdata/soft_hyphens": true,
}

func TestNestedEncodings(t *testing.T) {
	f := find.New(find.Options{})
	all := wrappings()
	for _, inner := range all {
		if inner.last {
			continue
		}
		t.Run(inner.name, func(t *testing.T) {
			for _, outer := range all {
				t.Run("in_"+outer.name, func(t *testing.T) {
					for _, s := range secrets()[:2] {
						text := inner.do(s.text)
						if cutsMark[inner.name+"/"+outer.name] {
							t.Skip("the only mark is cut in two")
						}
						if (outer.line || outer.bare) && strings.Contains(text, "\n") || outer.bare && strings.ContainsAny(text, `"'`) {
							t.Skip("nobody writes it so")
						}
						text = outer.do(text)
						if !outer.last {
							text = surrounded(text)
						}
						check(t, f, s, text)
					}
				})
			}
		})
	}
}

// Languages put a URL together of parts that end where one of
// its own parts does.
func TestPartsBetweenParameters(t *testing.T) {
	s := secrets()[0]
	url, query, _ := strings.Cut(s.text, "?")
	first, last, _ := strings.Cut(query, "&sr=")
	parts := []string{url, "?" + first, "&sr=" + last}
	tests := []struct{ name, before, between, after string }{
		{"rust_concat", "let url = concat!(\n        \"", "\",\n        \"", "\"\n    );\n    println!(\"{url}\");"},
		{"r_paste0", "url <- paste0(\n  \"", "\",\n  \"", "\"\n)\n"},
		{"javascript_join", "const url = [\n  '", "',\n  '", "',\n].join('');\nawait fetch(url);"},
		{"string_builder", "sb = new StringBuilder();\n  sb.append(\"", "\");\n  sb.append(\"", "\");\n  return sb.toString();"},
		{"yaml_folded", "job:\n  source: >\n    ", "\n    ", "\n  retries: 2\n"},
		{"yaml_folded_in_a_diff", " job:\n+  source: >-\n+    ", "\n+    ", "\n+  retries: 2\n"},
		{"yaml_removed_in_a_diff", " job:\n-  source: >-\n-    ", "\n-    ", "\n-  retries: 2\n"},
	}
	f := find.New(find.Options{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := test.before + strings.Join(parts, test.between) + test.after
			hits := f.Text([]byte(text))
			if len(hits) != 1 {
				t.Fatalf("%d links; want 1", len(hits))
			}
			g := hits[0].Link.Grant
			if hits[0].Link.ID != s.id || g.Account != s.account || g.ExpiryRaw == "" || g.Path != "v1/net.ckpt" || g.SignedVersion != "2021-10-04" {
				t.Errorf("link of %s/%s, version %q, expiry %q; want all of its parts", g.Account, g.Path, g.SignedVersion, g.ExpiryRaw)
			}
		})
	}
	t.Run("two_tokens_in_a_list", func(t *testing.T) {
		other := secrets()[0]
		_, second, _ := strings.Cut(other.text, "?")
		if n := len(f.Text([]byte("tokens = [\n  \"?" + query + "\",\n  \"?" + second + "\",\n]\n"))); n != 2 {
			t.Errorf("%d links; want 2", n)
		}
	})
}

func TestBase64InBase64(t *testing.T) {
	f := find.New(find.Options{})
	once := base64.StdEncoding.EncodeToString
	for _, s := range secrets()[:3] {
		for lead := range 3 {
			text := strings.Repeat(" ", lead) + s.text + "\n"
			check(t, f, s, "apiVersion: v1\nkind: Secret\ndata:\n  value: "+once([]byte(once([]byte(text))))+"\n  other: YWJj\n")
		}
	}
}

func TestManyLinksInOneRun(t *testing.T) {
	f := find.New(find.Options{})
	for lead := range 3 {
		all := secrets()[1:]
		var lines []string
		for _, s := range all {
			lines = append(lines, s.text)
		}
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", lead) + strings.Join(lines, "\n")))
		for _, s := range all {
			check(t, f, s, "data: "+text+"\n")
		}
		if n := len(f.Text([]byte("data: " + text + "\n"))); n != len(all) {
			t.Errorf("%d links in one run of base64; want %d", n, len(all))
		}
	}
}

// Two values in base64 close to each other are two values.
func TestBase64ValuesSideBySide(t *testing.T) {
	f := find.New(find.Options{})
	all := secrets()
	for _, seam := range []string{
		"\").decode(\"utf-8\")\n    env['STORAGE_CONNECTION_STRING'] = base64.b64decode(\"",
		"\"(\"f-8\")\n    env['STORAGE'] = base64.b64decode(\"", "\", \"", "\n  B: ", "\n", "\n\n", "\" + \"", " ", "\\n", "\",\n\"", "|", "=\n",
	} {
		for lead := range 3 {
			for k := range 3 {
				a, b := all[k], all[(k+1)%3]
				encode := func(s secret) string {
					return strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", lead)+" "+s.text+strings.Repeat("\n", lead))), "=")
				}
				text := "A: \"" + encode(a) + seam + encode(b) + "\"\n"
				check(t, f, a, text)
				check(t, f, b, text)
			}
		}
	}
}

// A parameter and its value may be two elements of a list.
func TestParametersInLists(t *testing.T) {
	s := secrets()[0]
	_, query, _ := strings.Cut(s.text, "?")
	values, _ := url.ParseQuery(query)
	f := find.New(find.Options{})
	for name, form := range map[string]string{
		"go_set":            "q.Set(%q, %q)\n",
		"javascript_append": "u.searchParams.append(%q, %q);\n",
		"python_tuples":     "    (%q, %q),\n",
		"har":               "      {\"name\": %q, \"value\": %q},\n",
		"har_minified":      `{"name":%q,"value":%q},`,
	} {
		t.Run(name, func(t *testing.T) {
			text := "host = \"https://quietmeadow42.blob.core.windows.net/models/v1/net.ckpt\"\n"
			for _, p := range []string{"sv", "st", "se", "sr", "sp", "sig"} {
				text += fmt.Sprintf(form, p, values.Get(p))
			}
			check(t, f, s, text)
		})
	}
}
