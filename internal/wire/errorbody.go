package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"strings"
	"unicode"
)

const (
	maxErrorBody  = 64 << 10 // bytes of an error's body that are read
	maxErrorDepth = 8
	maxErrorText  = 4 << 10 // bytes of a message or a detail
)

// ErrorBody reads the body of an answer that is an error, at most 64 KiB of it,
// closes it, and returns the service's code, its message and what it says
// besides: AuthenticationErrorDetail, ExtendedErrorDetail. The code of the
// header x-ms-error-code comes first. Of a page that is not of the service, such
// as a proxy's, the message says so and the code is empty. What looks like a
// signature is left out of all three.
func ErrorBody(resp *http.Response) (code, message, detail string) {
	defer resp.Body.Close()
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	var f fault
	switch head := bytes.TrimLeftFunc(raw, unicode.IsSpace); {
	case len(head) == 0:
	case isHTML(resp.Header.Get("Content-Type"), head):
		f.message = "the answer is an HTML page, not one of the service"
	case head[0] == '{':
		f.readJSON(raw)
	case head[0] == '<':
		f.readXML(raw)
	}
	if h := codeOf(resp); h != "" {
		f.code = h
	}
	return word(f.code), strip(f.message), strip(f.detail)
}

// codeOf returns the error code that stands in the header.
func codeOf(resp *http.Response) string { return word(resp.Header.Get("X-Ms-Error-Code")) }

// word returns s if it is a code: letters, digits, few other signs. The long
// codes of Azure are words without digits, which keys hardly ever are.
func word(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 80 || len(s) > 36 && strings.ContainsAny(s, "0123456789") || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return ""
	}
	return s
}

func isHTML(contentType string, head []byte) bool {
	start := strings.ToLower(string(head[:min(len(head), 16)]))
	return strings.HasPrefix(strings.ToLower(contentType), "text/html") && head[0] == '<' && !strings.HasPrefix(start, "<?xml") ||
		strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// fault is what an error's body says.
type fault struct{ code, message, detail string }

// readXML reads <Error><Code/><Message/>…</Error>, and the <m:error> of tables.
// The decoder knows no entities but XML's own and reads no DTD; depth is
// bounded here.
func (f *fault) readXML(raw []byte) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	var at []string
	for {
		t, err := d.Token()
		if err != nil {
			return
		}
		switch t := t.(type) {
		case xml.StartElement:
			if at = append(at, strings.ToLower(t.Name.Local)); len(at) > maxErrorDepth {
				return
			}
		case xml.EndElement:
			at = at[:len(at)-1]
		case xml.Directive:
			return
		case xml.CharData:
			if len(at) == 2 && at[0] == "error" {
				f.set(at[1], string(t))
			}
		}
	}
}

func (f *fault) set(name, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	switch name {
	case "code":
		f.code = text
	case "message":
		f.message += text
	case "authenticationerrordetail", "extendederrordetail":
		if f.detail != "" {
			f.detail += "; "
		}
		f.detail += text
	}
}

// readJSON reads the forms of tables, {"odata.error":…}, and of the file system
// API and the resource manager, {"error":…}. What is deeper is not read.
func (f *fault) readJSON(raw []byte) {
	if depthOf(raw) > maxErrorDepth {
		return
	}
	type inner struct {
		Code    string          `json:"code"`
		Message json.RawMessage `json:"message"`
		Auth    string          `json:"authenticationErrorDetail"`
		More    string          `json:"extendedErrorDetail"`
	}
	var body struct {
		OData *inner `json:"odata.error"`
		Plain *inner `json:"error"`
		inner
	}
	if json.Unmarshal(raw, &body) != nil {
		return
	}
	e := &body.inner
	if body.OData != nil {
		e = body.OData
	} else if body.Plain != nil {
		e = body.Plain
	}
	f.code = e.Code
	var value struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(e.Message, &f.message) != nil && json.Unmarshal(e.Message, &value) == nil {
		f.message = value.Value
	}
	f.set("authenticationerrordetail", e.Auth)
	f.set("extendederrordetail", e.More)
}

// depthOf returns how deep the brackets of a JSON text go, at most. Brackets in
// strings count too, which makes it too much rather than too little.
func depthOf(raw []byte) (most int) {
	depth := 0
	for _, b := range raw {
		switch b {
		case '{', '[':
			depth++
			most = max(most, depth)
		case '}', ']':
			depth--
		}
	}
	return most
}

// secretLike finds signatures and keys: the value of sig, base64 of 32 or 64
// bytes, tokens of Entra.
var secretLike = regexp.MustCompile(`(?i)(\bsig(?:nature)?=)[^&\s"'<>]+|[A-Za-z0-9+/%_-]{42,}(?:={1,2}|(?:%3d){1,2})|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+`)

// strip makes text of a server fit to show.
func strip(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxErrorText)], "")
	s = secretLike.ReplaceAllString(s, "${1}"+ellipsis)
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
