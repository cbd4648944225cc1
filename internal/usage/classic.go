package usage

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// classicFields says what the fields of a line of Storage Analytics are, in
// their order. Version 2.0 has eight more than 1.0, of which two matter here.
// Source: "Storage Analytics log format" in the Azure Storage REST reference.
var classicFields = [...]field{
	fNone, fTime, fOperation, fStatus, fCode, fNone, fNone, fAuth, fNone, fAccount, fService, fURI, fObject,
	fRequest, fCount, fCaller, fNone, fNone, fIn, fNone, fOut, fNone, fNone, fNone, fNone, fNone, fNone, fAgent,
	fNone, fNone, fRequester, fNone, fAppID, fNone, fNone, fNone, fNone, fNone,
}

// Fields of a line of each version.
const (
	classic1Fields = 30
	classic2Fields = 38
)

// isClassic reports whether text begins with the version of a line of Storage
// Analytics.
func isClassic(text []byte) bool {
	return len(text) >= 4 && (text[0] == '1' || text[0] == '2') && text[1] == '.' && isDigit(text[2]) && text[3] == ';'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// classic reads a line of Storage Analytics. Text with a quote, a semicolon or a
// line end stands in quotes, with HTML entities for them.
func (p *parser) classic(line []byte) bool {
	p.rec.clear()
	p.scan.aside = p.scan.aside[:0]
	want := classic1Fields
	p.rec.schema = Classic1
	if line[0] == '2' {
		want, p.rec.schema = classic2Fields, Classic2
	}
	n := 0
	for {
		f := fNone
		if n < len(classicFields) {
			f = classicFields[n]
		}
		if len(line) > 0 && line[0] == '"' {
			end := quoteEnd(line)
			if end < 0 {
				return false
			}
			if f != fNone {
				p.rec.raw[f] = p.entities(line[1:end])
			}
			line = line[end+1:]
		} else {
			end := until(line, ';', ';')
			if f != fNone {
				p.rec.raw[f] = line[:end]
			}
			line = line[end:]
		}
		n++
		if len(line) == 0 {
			return n >= want
		}
		line = line[1:]
	}
}

// quoteEnd returns where the quoted field that line begins with ends: at the
// first quote before a semicolon or the end. An entity tag has quotes within.
func quoteEnd(line []byte) int {
	for at := 1; ; {
		i := bytes.IndexByte(line[at:], '"')
		if i < 0 {
			return -1
		}
		at += i
		if at+1 == len(line) || line[at+1] == ';' {
			return at
		}
		at++
	}
}

// entities undoes the entities that the service writes. Others are left: a
// query may hold what only looks like one, such as &sp= and &copy=.
func (p *parser) entities(text []byte) []byte {
	amp := bytes.IndexByte(text, '&')
	if amp < 0 {
		return text
	}
	start := len(p.scan.aside)
	for amp >= 0 {
		p.scan.aside = append(p.scan.aside, text[:amp]...)
		text = text[amp:]
		if len(text) > 4 && string(text[:5]) == "&amp;" { // nearly all of them
			p.scan.aside = append(p.scan.aside, '&')
			text = text[5:]
		} else {
			n, r := entity(text)
			if n == 0 {
				n, r = 1, '&'
			}
			p.scan.aside = utf8.AppendRune(p.scan.aside, r)
			text = text[n:]
		}
		amp = bytes.IndexByte(text, '&')
	}
	p.scan.aside = append(p.scan.aside, text...)
	return p.scan.aside[start:len(p.scan.aside):len(p.scan.aside)]
}

// entity reads the entity that text begins with; 0 if it is none that is undone.
func entity(text []byte) (int, rune) {
	end := bytes.IndexByte(text[:min(len(text), 10)], ';')
	if end < 3 {
		return 0, 0
	}
	switch name := text[1:end]; string(name) {
	case "amp":
		return end + 1, '&'
	case "quot":
		return end + 1, '"'
	case "lt":
		return end + 1, '<'
	case "gt":
		return end + 1, '>'
	case "apos":
		return end + 1, '\''
	default:
		if name[0] != '#' {
			return 0, 0
		}
		digits, base := name[1:], 10
		if digits[0] == 'x' || digits[0] == 'X' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(string(digits), base, 32)
		if err != nil || n == 0 || n > utf8.MaxRune {
			return 0, 0
		}
		return end + 1, rune(n)
	}
}
