package kind

import (
	"bytes"
	"iter"
	"strings"
)

// A connection string is a run of key=value segments between semicolons, in any
// order; the last semicolon may be missing.

// segmentKeys are the keys of connection strings, in lower case. Source:
// "Configure Azure Storage connection strings"; the same for Service Bus, Event
// Hubs, IoT Hub and Cosmos DB.
var segmentKeys = func() map[string]bool {
	all := map[string]bool{}
	for _, k := range strings.Fields(`defaultendpointsprotocol accountname accountkey endpointsuffix
		blobendpoint queueendpoint tableendpoint fileendpoint dfsendpoint webendpoint
		blobsecondaryendpoint queuesecondaryendpoint tablesecondaryendpoint filesecondaryendpoint
		sharedaccesssignature usedevelopmentstorage developmentstorageproxyuri
		accountendpoint database apikind endpoint sharedaccesskeyname sharedaccesskey entitypath
		transporttype usedevelopmentemulator operationtimeout hostname deviceid moduleid gatewayhostname
		protocol containername`) {
		all[k] = true
	}
	return all
}()

// secretSegments are the keys that hold a secret: a connection string is looked
// for around each.
var secretSegments = map[string]bool{"accountkey": true, "sharedaccesskey": true, "sharedaccesssignature": true}

// segment is one key=value of a connection string.
type segment struct{ key, value Span }

// findConnections yields connection strings that hold a secret.
func findConnections(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for at := 0; ; {
			i := bytes.IndexByte(text[at:], '=')
			if i < 0 {
				return
			}
			eq := at + i
			at = eq + 1
			if eq == 0 || strings.IndexByte("yYeEtT", text[eq-1]) < 0 {
				continue // no key that matters here ends like that
			}
			start := segmentStart(text, eq)
			var b [32]byte
			key := string(fold(b[:0], text[start:eq]))
			endpoint := strings.HasSuffix(key, "endpoint")
			if !secretSegments[key] && !(endpoint && segmentKeys[key]) {
				continue
			}
			first := firstSegmentAt(text, start)
			end, n, secret := lastSegmentEnd(text[:min(len(text), eq+reach)], first)
			if !secret || n < 2 && key != "sharedaccesssignature" && !endpoint {
				continue
			}
			at = max(at, end)
			if !yield(Span{first, end}) {
				return
			}
		}
	}
}

// segmentStart returns the start of the key whose equals sign is text[eq].
func segmentStart(text []byte, eq int) int {
	start := eq
	for start > 0 && eq-start < 32 && isLetter(text[start-1]) {
		start--
	}
	return start
}

// firstSegmentAt goes back from the segment at text[start] over the segments
// before it.
func firstSegmentAt(text []byte, start int) int {
	low := max(0, start-reach)
	for {
		end := start
		for end > low && isSpace(text[end-1]) && start-end < 64 {
			end--
		}
		if end == low || text[end-1] != ';' {
			return start
		}
		prev := -1
		for i := end - 2; i >= low; i-- {
			c := text[i]
			if c == ';' || c <= ' ' || strings.IndexByte("\"'`<", c) >= 0 {
				break
			}
			if c == '=' {
				if s := segmentStart(text, i); segmentKeys[strings.ToLower(string(text[s:i]))] {
					prev = s
				}
			}
		}
		if prev < 0 {
			return start
		}
		start = prev
	}
}

// lastSegmentEnd walks over the segments from text[at]. It returns the end of
// the last, their number, and whether one of them holds a secret.
func lastSegmentEnd(text []byte, at int) (end, n int, secret bool) {
	end = at
	for _, s := range segmentsAt(text, at) {
		key := strings.ToLower(string(text[s.key.Start:s.key.End]))
		value := text[s.value.Start:s.value.End]
		secret = secret || secretSegments[key] && len(value) > 0 || bytes.Contains(value, []byte("sig="))
		end = s.value.End
		n++
	}
	if n > 0 && end < len(text) && text[end] == ';' && n > 1 {
		end++
	}
	return end, n, secret
}

// segmentsAt returns the segments that follow each other from text[at].
func segmentsAt(text []byte, at int) []segment {
	var all []segment
	limit := len(text)
	for at < limit {
		eq := at
		for eq < limit && isLetter(text[eq]) {
			eq++
		}
		key := strings.ToLower(string(text[at:eq]))
		if eq == limit || text[eq] != '=' || !segmentKeys[key] {
			break
		}
		s := segment{Span{at, eq}, Span{eq + 1, segmentValueEnd(text[:limit], key, eq+1)}}
		all = append(all, s)
		at = s.value.End
		if at == limit || text[at] != ';' {
			break
		}
		for at++; at < limit && isSpace(text[at]) && at-s.value.End < 64; at++ {
		}
	}
	return all
}

// segmentValueEnd returns the end of the value of a segment at text[at].
func segmentValueEnd(text []byte, key string, at int) int {
	switch key {
	case "sharedaccesssignature":
		if hasPrefixFold(text[at:], "SharedAccessSignature ") {
			at += len("SharedAccessSignature ")
		}
		if at < len(text) && text[at] == '?' {
			at++
		}
		if end := queryEnd(text, at); end > at {
			return end
		}
	case "accountkey", "sharedaccesskey":
		end := at
		for end < len(text) {
			c, next := unit(text, end)
			if next == end || !isBase64(c) && c != '=' {
				break
			}
			end = next
		}
		if !continues(text, at, end) {
			return end
		}
	default:
		if i := endpointQuery(text, at); i > 0 {
			return queryEnd(text, i)
		}
	}
	return freeEnd(text, at)
}

// endpointQuery returns where the query starts of an endpoint that carries a
// signature, 0 if it carries none.
func endpointQuery(text []byte, at int) int {
	for i := at; i < len(text) && i-at < 512; i++ {
		switch c := text[i]; {
		case c == '?':
			return i + 1
		case c <= ' ', c == ';', isQuote(c):
			return 0
		}
	}
	return 0
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
}

// splitSegments returns the segments of a text that is a connection string, nil
// if it is none.
func splitSegments(text string) params {
	b := []byte(text)
	var ps params
	for _, s := range segmentsAt(b, 0) {
		raw := text[s.value.Start:s.value.End]
		name := strings.ToLower(text[s.key.Start:s.key.End])
		ps = append(ps, param{name: name, value: unescape(raw), raw: raw, at: s.value})
	}
	return ps
}
