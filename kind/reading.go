package kind

import (
	"bytes"
	"strings"
)

// reading is a link taken apart, before anyone asks what kind it is.
type reading struct {
	text     string
	at       address
	base     int    // where the address starts in text
	query    params // of the URL, the bare token, the header or the dictionary
	from     int    // where the query starts in text
	segments params // of a connection string; nil if it is none
	header   bool   // it stood in an Authorization header
	pairs    bool   // the query was a dictionary
}

// read takes text apart.
func read(text string) *reading {
	r := &reading{text: text}
	start := 0
	for start < len(text) && (isSpace(text[start]) || isQuote(text[start])) {
		start++
	}
	if r.segments = splitSegments(text[start:]); r.segments != nil {
		for i := range r.segments {
			r.segments[i].at.Start += start
			r.segments[i].at.End += start
		}
		r.readSegments()
		return r
	}
	r.base = start
	if key, ok := keyBefore([]byte(text), len(strings.TrimRight(text, " \t\r\n"))); ok && key.Start == start {
		return r // an account key, whose padding is no equals sign of a parameter
	}
	if hasPrefixFold([]byte(text[start:]), "SharedAccessSignature") {
		r.header = true
		start += len("SharedAccessSignature")
		for start < len(text) && isSpace(text[start]) {
			start++
		}
		r.query, r.from = splitQuery(text, start), start
		return r
	}
	if isDictionary(text) {
		r.query, r.pairs = splitPairs(text), true
		return r
	}
	r.readURL(start, len(text))
	return r
}

// readURL reads text[start:end] as a URL with a query, or a bare query.
func (r *reading) readURL(start, end int) {
	part := r.text[:end]
	q := strings.LastIndexByte(part[start:r.firstAnchor(start, end)], '?')
	if q < 0 {
		from := start + max(0, paramIn([]byte(firstPart(part[start:]))))
		if from > start {
			r.base = start
		}
		if strings.Contains(firstPart(part[start:]), "=") {
			r.query, r.from = splitQuery(part, from), from
		} else {
			r.at = readAddress(part[start:])
		}
		return
	}
	r.at = readAddress(part[start : start+q])
	r.base = start
	r.query, r.from = splitQuery(part, start+q+1), start+q+1
	route := part[start+r.at.route.Start : start+r.at.route.End]
	r.at.path = strings.TrimLeft(unescapeTimes(route, r.query.depth()), "/")
}

// firstAnchor returns the position of the first secret parameter in
// text[start:end], end if there is none.
func (r *reading) firstAnchor(start, end int) int {
	b := []byte(r.text[:end])
	for at := start; ; {
		i := bytes.IndexByte(b[at:], '=')
		if i < 0 {
			return end
		}
		if s, ok := anchorBefore(b, at+i); ok && s >= start {
			return s
		}
		at += i + 1
	}
}

func firstPart(s string) string {
	part, _, _ := strings.Cut(s, "&")
	return part
}

// isDictionary reports whether text holds its parameters as pairs.
func isDictionary(text string) bool {
	b := []byte(text)
	i := bytes.IndexByte(b, '&')
	if i >= 0 && bytes.IndexByte(b[:i], '=') >= 0 && bytes.IndexByte(b[i:], '=') >= 0 {
		return false
	}
	return len(pairsIn(b, 0)) > 1
}

// readSegments reads what a connection string carries: a token, or an endpoint
// with one.
func (r *reading) readSegments() {
	for _, s := range r.segments {
		switch {
		case s.name == "sharedaccesssignature":
			from := s.at.Start
			rest := r.text[from:s.at.End]
			if hasPrefixFold([]byte(rest), "SharedAccessSignature ") {
				r.header = true
				from += len("SharedAccessSignature ")
			}
			for from < s.at.End && r.text[from] == '?' {
				from++
			}
			r.query, r.from = splitQuery(r.text[:s.at.End], from), from
		case strings.Contains(s.raw, "sig=") && r.query == nil:
			r.readURL(s.at.Start, s.at.End)
		}
	}
	if r.at.host == "" {
		p := r.segments.firstOf("blobendpoint", "dfsendpoint", "fileendpoint", "queueendpoint", "tableendpoint", "endpoint", "accountendpoint")
		r.at, r.base = readAddress(p.raw), p.at.Start
	}
}
