package usage

import (
	"bytes"
	"errors"
)

// mode is what of a JSON text the parser is in.
type mode uint8

const (
	between mode = iota // records, or in an array of them
	tables              // in the array of tables of an answer to a query
	rows                // in the rows of one of them
)

// Turns that a JSON text takes where records are within something.
var (
	errRecords = errors.New("here begins an array of records")
	errTables  = errors.New("here begins an array of tables")
	errRows    = errors.New("here begin the rows of a table")
)

// parser reads records of any schema, told one by one by how they begin, so
// that logs may be mixed. It is for one log.
type parser struct {
	scan  scanner
	mode  mode
	depth int     // envelopes that are open
	table []field // what the columns of a table are
	sheet []field // what the columns of a CSV text are; nil before its head
	rec   record
	last  bool // no text follows
}

// found is what next came upon.
type found uint8

const (
	nothing  found = iota // bytes that hold no record
	whole                 // a record
	damaged               // a record that cannot be read
	tooDeep               //
	wantMore              // the text ends within a record
)

// next reads from the beginning of text up to the end of the next record, and
// returns how much that is. With last, no more text follows.
func (p *parser) next(text []byte, last bool) (int, found) {
	p.last = last
	at := 0
	for at < len(text) && (text[at] == '\n' || text[at] == '\r' || text[at] == ' ' || text[at] == '\t') {
		at++
	}
	if at > 0 || len(text) == 0 {
		return at, nothing
	}
	if text[0] == byteOrder[0] {
		if len(text) < len(byteOrder) && !last {
			return 0, wantMore
		}
		if bytes.HasPrefix(text, byteOrder) {
			return len(byteOrder), nothing
		}
	}
	switch c := text[0]; {
	case p.mode != between || p.depth > 0 || c == '{' || c == '[' || c == ']' || c == '}' || c == ',' && p.sheet == nil:
		return p.json(text)
	case isClassic(text):
		return p.line(text, p.classic)
	}
	return p.csv(text)
}

// byteOrder is the mark that some programs begin UTF-8 with.
var byteOrder = []byte("\xef\xbb\xbf")

// line reads text up to the end of its line.
func (p *parser) line(text []byte, read func(line []byte) bool) (int, found) {
	end := bytes.IndexByte(text, '\n')
	n := end + 1
	if end < 0 {
		if !p.last {
			return 0, wantMore
		}
		end, n = len(text), len(text)
	}
	if !read(bytes.TrimSuffix(text[:end], []byte("\r"))) {
		return n, damaged
	}
	return n, whole
}

// json reads what stands next in a JSON text.
func (p *parser) json(text []byte) (int, found) {
	p.scan.text, p.scan.at, p.scan.aside = text, 0, p.scan.aside[:0]
	switch c := text[0]; {
	case c == '[' && p.mode == rows:
		return p.ended(text, p.row())
	case c == '{' && p.mode == tables:
		return p.ended(text, p.scan.members(p.tableMember))
	case c == '{' && p.mode == between:
		return p.ended(text, p.object())
	case c == ']' && p.mode == rows:
		p.mode = tables
		return 1, nothing
	case c == ']' && p.mode == tables:
		p.mode = between
		return 1, nothing
	case c == '[' || c == ']' || c == ',':
		return 1, nothing
	case c == '}' && p.depth > 0:
		if p.mode == between {
			p.depth--
		}
		return 1, nothing
	case c == '"' && p.depth > 0: // what else the envelope says
		return p.ended(text, p.scan.member(p.pass))
	}
	return p.ended(text, errDamaged)
}

func (p *parser) pass([]byte) error {
	_, err := p.scan.value()
	if err == nil {
		err = errRecordless
	}
	return err
}

// errRecordless says that what was read well holds no record.
var errRecordless = errors.New("no record")

// ended turns the end of reading into what was found.
func (p *parser) ended(text []byte, err error) (int, found) {
	switch {
	case err == nil:
		return p.scan.at, whole
	case errors.Is(err, errRecordless):
		return p.scan.at, nothing
	case errors.Is(err, errRecords):
		p.depth++
		return p.scan.at, nothing
	case errors.Is(err, errTables):
		p.depth++
		p.mode = tables
		return p.scan.at, nothing
	case errors.Is(err, errRows):
		p.mode = rows
		return p.scan.at, nothing
	case errors.Is(err, errMore) && !p.last:
		return 0, wantMore
	case errors.Is(err, errShape):
		return p.scan.at, damaged
	}
	n, ok := p.resume(text)
	switch {
	case !ok:
		return 0, wantMore
	case errors.Is(err, errDeep):
		return n, tooDeep
	}
	return n, damaged
}

// errShape says that a row was read well, and has not the cells of its table.
var errShape = errors.New("not as many cells as columns")

// begins is how records of resource logs begin.
var begins = []byte(`{"time"`)

// resume returns where to go on after a damaged record: at the next one, where
// the end of the first is missing, or on the next line. It reports false if that
// cannot be told before more text is there.
func (p *parser) resume(text []byte) (int, bool) {
	line, within := bytes.IndexByte(text[min(p.scan.at, len(text)):], '\n'), text[1:]
	if line >= 0 {
		line += p.scan.at + 1
		within = text[1:line]
	}
	next := bytes.Index(within, begins) + 1
	switch {
	case next > 0:
		return next, true
	case line >= 0:
		return line, true
	case !p.last:
		return 0, false
	}
	p.depth, p.mode = 0, between
	return len(text), true
}
