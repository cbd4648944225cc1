package usage

import "bytes"

// csv reads a line of a CSV text (RFC 4180): its head, or a record. The columns
// may stand in any order; those that are not known are passed over.
func (p *parser) csv(text []byte) (int, found) {
	p.scan.aside = p.scan.aside[:0]
	if p.sheet == nil {
		return p.head(text)
	}
	p.rec.clear()
	p.rec.schema = Analytics
	i := 0
	n, what := p.cells(text, func(cell []byte) {
		if i < len(p.sheet) && p.sheet[i] != fNone {
			p.rec.raw[p.sheet[i]] = cell
		}
		i++
	})
	switch {
	case what == whole && i != len(p.sheet):
		if p.columns(text[:n]) { // the head of a file that follows
			return n, nothing
		}
		return firstLine(text), damaged
	case what == whole && string(p.rec.raw[fOperation]) == "OperationName":
		p.columns(text[:n])
		return n, nothing
	}
	return n, what
}

// head reads the line that names the columns.
func (p *parser) head(text []byte) (int, found) {
	n := firstLine(text)
	if n == len(text) && !p.last {
		return 0, wantMore
	}
	if !p.columns(text[:n]) {
		return n, damaged
	}
	return n, nothing
}

// columns takes the names of columns from a line.
func (p *parser) columns(line []byte) bool {
	was := p.last
	p.last = true
	var all []field
	p.cells(line, func(cell []byte) {
		cell = bytes.TrimSpace(cell)
		cell, _, _ = bytes.Cut(cell, []byte(" [")) // TimeGenerated [UTC]
		if len(all) < maxColumns {
			all = append(all, columnField(cell))
		}
	})
	p.last = was
	if !useful(all) {
		return false
	}
	p.sheet = all
	return true
}

// cells calls put for each cell of the line at which text begins. A quoted cell
// may hold line ends.
func (p *parser) cells(text []byte, put func(cell []byte)) (int, found) {
	at := 0
	for {
		var cell []byte
		if at < len(text) && text[at] == '"' {
			end, ok := p.quoted(text, at)
			if !ok {
				if p.last {
					return firstLine(text), damaged
				}
				return 0, wantMore
			}
			cell, at = end.cell, end.at
		} else {
			from := at
			at += until(text[at:], ',', '\n')
			if at == len(text) && !p.last {
				return 0, wantMore
			}
			cell = text[from:at]
			if at == len(text) || text[at] == '\n' {
				cell = bytes.TrimSuffix(cell, []byte("\r"))
			}
		}
		put(cell)
		switch {
		case at == len(text):
			return at, whole
		case text[at] == ',':
			at++
		case text[at] == '\n':
			return at + 1, whole
		case text[at] == '\r' && (at+1 == len(text) || text[at+1] == '\n'):
			return min(at+2, len(text)), whole
		default:
			return firstLine(text), damaged
		}
	}
}

// quotedCell is a cell in quotes and where the text goes on.
type quotedCell struct {
	cell []byte
	at   int
}

// quoted reads the cell whose quote stands at at.
func (p *parser) quoted(text []byte, at int) (quotedCell, bool) {
	from := at + 1
	i := bytes.IndexByte(text[from:], '"')
	if i < 0 {
		return quotedCell{}, false
	}
	end := from + i
	if end+1 == len(text) && !p.last {
		return quotedCell{}, false
	}
	if end+1 == len(text) || text[end+1] != '"' {
		return quotedCell{text[from:end], end + 1}, true
	}
	start := len(p.scan.aside)
	for {
		p.scan.aside = append(p.scan.aside, text[from:end]...)
		if end+1 == len(text) && !p.last {
			return quotedCell{}, false
		}
		if end+1 == len(text) || text[end+1] != '"' {
			return quotedCell{p.scan.aside[start:len(p.scan.aside):len(p.scan.aside)], end + 1}, true
		}
		p.scan.aside = append(p.scan.aside, '"')
		from = end + 2
		if i = bytes.IndexByte(text[from:], '"'); i < 0 {
			return quotedCell{}, false
		}
		end = from + i
	}
}

func firstLine(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}
