package classify

import (
	"bytes"

	"github.com/overgrant/overgrant"
)

var contactData = Class{
	Name:     "contact_data",
	Title:    "contact data",
	Doc:      "Mail addresses and telephone numbers in bulk: at least ten distinct ones in one text.",
	Severity: overgrant.Medium,
	Unit:     "addresses and numbers",
}

// bulk is how many distinct addresses and numbers a text must hold: a few
// stand in many, as that of its author.
const bulk = 10

// contacts counts addresses and numbers, and the people that they belong to.
type contacts struct {
	mail, phones overgrant.Crowd
}

// addresses looks for mail addresses around each @ in b[from:to].
func (c *contacts) addresses(b []byte, from, to int, salt uint64) {
	for at := from; at < to; at++ {
		next := bytes.IndexByte(b[at:to], '@')
		if next < 0 {
			return
		}
		at += next
		start, end := at, at+1
		for start > 0 && at-start < 64 && localByte[b[start-1]] {
			start--
		}
		if start == at {
			continue
		}
		for end < len(b) && end-at < 255 && (isAlnum(b[end]) || b[end] == '.' || b[end] == '-') {
			end++
		}
		for end > at+1 && !isAlnum(b[end-1]) {
			end--
		}
		if !domain(b[at+1:end]) || b[start] == '.' || b[at-1] == '.' {
			continue
		}
		var room [320]byte
		text := room[:0]
		for _, ch := range b[start:end] {
			text = append(text, fold[ch])
		}
		c.mail.Join(hash(salt, text))
		at = end - 1
	}
}

// localByte are the bytes before the @ of an address, as people have them.
var localByte = func() (t [256]bool) {
	for i := range t {
		c := byte(i)
		t[i] = isAlnum(c) || c == '.' || c == '_' || c == '-' || c == '+'
	}
	return t
}()

// domain reports whether a name may be one that gets mail, and is not one that
// stands in examples.
func domain(name []byte) bool {
	dot := bytes.LastIndexByte(name, '.')
	if dot <= 0 || bytes.Contains(name, []byte("..")) {
		return false
	}
	top := name[dot+1:]
	if len(top) < 2 || len(top) > 18 {
		return false
	}
	for _, c := range top {
		if !isLetter(c) {
			return false
		}
	}
	for _, other := range notMail {
		if len(name) >= len(other) && equalFold(other, name[len(name)-len(other):]) {
			return false
		}
	}
	return true
}

// notMail are endings of domains that nobody has, and of files that are named
// with an @.
//
// Source: RFC 2606, RFC 6761.
var notMail = []string{"example.com", "example.org", "example.net", ".example", ".test", ".invalid", ".localhost", ".local", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".js", ".ts", ".css", ".git", ".json", ".py", ".service", "users.noreply.github.com"}

// telephone looks for a telephone number: one with a plus and a country, or in
// the groups of North America.
func (c *contacts) telephone(b []byte, w *written, salt uint64) {
	d := w.digits[:w.n]
	switch {
	case w.from > 0 && b[w.from-1] == '+' && 9 <= w.n && w.n <= 15 && w.groups <= 7 && called(d) && !ascending(d):
	case w.groups >= 3 && american(w) && w.to-w.from >= 12:
		d = d[w.n-10:]
	default:
		return
	}
	var text [longNumber]byte
	for i, v := range d {
		text[i] = v + '0'
	}
	c.phones.Join(hash(salt, text[:len(d)]))
}

// american reports whether all groups are those of a number of the North
// American plan: 3-3-4, perhaps after a 1. Fictitious numbers (555-01xx) are none.
func american(w *written) bool {
	first := w.groups - 3
	if first > 1 || w.group(first) != 3 || w.group(first+1) != 3 || w.group(first+2) != 4 || first == 1 && (w.group(0) != 1 || w.digits[0] != 1) {
		return false
	}
	sign := w.marks[first+1]
	if sign == '/' || sign == '+' || w.marks[first+2] != sign && sign != ')' {
		return false
	}
	d := w.digits[w.start(first):]
	fictitious := d[3] == 5 && d[4] == 5 && d[5] == 5 && d[6] == 0 && d[7] == 1
	return d[0] >= 2 && d[3] >= 2 && !fictitious && !allSame(d[:10])
}

// called reports whether digits begin with the code of a country that exists.
//
// Source: ITU-T, list of E.164 country codes.
func called(d []byte) bool {
	two := int(d[0])*10 + int(d[1])
	switch d[0] {
	case 0:
		return false
	case 1, 7:
		return len(d) == 11
	}
	switch two {
	case 21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99:
		return len(d) >= 10
	case 28, 83, 89:
		return false
	}
	return len(d) >= 10
}

func (c *contacts) finds(all []overgrant.Find, p Piece) []overgrant.Find {
	mail, exact := c.mail.Count()
	phones, exactly := c.phones.Count()
	if mail+phones < bulk {
		return all
	}
	f := contactData.Find(p, mail+phones)
	f.People = c.mail
	if mail < phones {
		f.People = c.phones
	}
	f.Hint = plural(mail, "mail address", "mail addresses") + ", " + plural(phones, "telephone number", "telephone numbers")
	f.AtLeast = !exact || !exactly
	return append(all, f)
}
