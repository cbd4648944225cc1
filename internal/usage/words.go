package usage

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// words numbers names that come again and again, up to a limit. Number 0 is all
// others.
type words struct {
	number map[string]uint16
	name   []string
}

// most names that are numbered. The service has some 200 operations, and 150
// codes of errors.
const mostWords = 4096

const others = "others"

func newWords() words { return words{number: map[string]uint16{}, name: []string{others}} }

func (w *words) of(name []byte) uint16 {
	if n, ok := w.number[string(name)]; ok {
		return n
	}
	if len(w.name) == mostWords || len(name) > longestName {
		return 0
	}
	n := uint16(len(w.name))
	s := string(name)
	w.number[s], w.name = n, append(w.name, short(name))
	return n
}

// tally counts words of one token.
type tally []wordCount

type wordCount struct {
	word  uint16
	count int64
}

// mostTallied is how many words a tally tells apart.
const mostTallied = 64

func (t *tally) add(word uint16, n int64) {
	for i := range *t {
		if (*t)[i].word == word {
			(*t)[i].count += n
			if i > 0 && (*t)[i].count > (*t)[i-1].count {
				(*t)[i], (*t)[i-1] = (*t)[i-1], (*t)[i]
			}
			return
		}
	}
	if len(*t) >= mostTallied-1 && word != 0 {
		t.add(0, n)
		return
	}
	*t = append(*t, wordCount{word, n})
}

func (t tally) named(w *words) map[string]int64 {
	m := map[string]int64{}
	for _, c := range t {
		m[w.name[c.word]] += c.count
	}
	return m
}

// longestName is how much of a name is kept, in bytes.
const longestName = 256

// short returns the beginning of a name as text.
func short(b []byte) string { return text(masked(b[:min(len(b), longestName)])) }

// secrets are those that people paste where a name belongs: into the name of a
// program or of an object.
var secrets = regexp.MustCompile(`(?i)\b(sig|signature|accountkey|sharedaccesskey)(=|%3d)[^&;\s"'<>]+`)

// masked returns a name with XXXXX in the place of secrets, as the service
// writes it in addresses.
func masked(name []byte) []byte {
	if bytes.IndexByte(name, '=') < 0 && !bytes.Contains(name, []byte("%3")) {
		return name
	}
	return secrets.ReplaceAll(name, []byte("${1}${2}XXXXX"))
}

// text returns b as text that can be written as JSON.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}
