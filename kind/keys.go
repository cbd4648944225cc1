package kind

import (
	"bytes"
	"iter"
	"strings"
)

// keyChars is the length of a 64-byte account key in base64, without padding.
const keyChars = 86

// findKeys yields account keys that stand alone: 88 characters of base64 with a
// label before them or the marker that Azure puts into keys.
func findKeys(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte("=="))
			if i < 0 {
				return
			}
			end := at + i + 2
			at = end
			s, ok := keyBefore(text, end)
			if ok && labelled(text, s) && !yield(s) {
				return
			}
		}
	}
}

// keyBefore reports whether text[:end] ends with a key and nothing of its
// alphabet stands on either side.
func keyBefore(text []byte, end int) (Span, bool) {
	start := end - 2 - keyChars
	if start < 0 || end < len(text) && text[end] == '=' {
		return Span{}, false
	}
	for _, c := range text[start : end-2] {
		if !isWord(c) && c != '+' && c != '/' {
			return Span{}, false
		}
	}
	if start > 0 && (isWord(text[start-1]) || strings.IndexByte("+/-_", text[start-1]) >= 0) {
		return Span{}, false
	}
	return Span{start, end}, true
}

// marked reports whether a key carries the marker that account keys have had
// since 2021: the characters +ASt at the 77th place. Source: rule SEC101/152 of
// microsoft/security-utilities.
func marked(key []byte) bool {
	return len(key) == keyChars+2 && string(key[76:80]) == "+ASt"
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func lower(b []byte) string { return strings.ToLower(string(b)) }

// findGrantTokens yields download authorisations of Backblaze B2, which are
// told by their own form: 3_20240101000000_…_dnld.
func findGrantTokens(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte("_dnld"))
			if i < 0 {
				return
			}
			end := at + i + len("_dnld")
			at = end
			start := end
			for start > 0 && end-start < 256 && (isWord(text[start-1]) || text[start-1] == '_') {
				start--
			}
			if _, ok := readGrantToken(string(text[start:end])); ok && !yield(Span{start, end}) {
				return
			}
		}
	}
}
