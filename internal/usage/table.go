package usage

import "slices"

// maxColumns is how many columns a table may have; those of storage have 60.
const maxColumns = 1024

// tableMember reads a member of a table in the answer to a query of Log
// Analytics: its columns, of which the names matter, and its rows.
func (p *parser) tableMember(key []byte) error {
	first := p.scan.text[p.scan.at] == '['
	switch string(key) {
	case "columns", "Columns":
		if first {
			p.table = p.table[:0]
			return p.elements(p.column)
		}
	case "rows", "Rows":
		if first {
			p.scan.at++
			return errRows
		}
	}
	_, err := p.scan.value()
	return err
}

// column reads the name of a column.
func (p *parser) column() error {
	if len(p.table) == maxColumns {
		return errDamaged
	}
	p.table = append(p.table, fNone)
	if p.scan.text[p.scan.at] != '{' {
		_, err := p.scan.value()
		return err
	}
	return p.scan.members(func(key []byte) error {
		v, err := p.scan.value()
		if k := string(key); k == "name" || k == "ColumnName" {
			p.table[len(p.table)-1] = columnField(v)
		}
		return err
	})
}

// row reads a row as a record.
func (p *parser) row() error {
	p.rec.clear()
	p.rec.schema = Analytics
	i := 0
	err := p.elements(func() error {
		v, err := p.scan.value()
		if i < len(p.table) && p.table[i] != fNone {
			p.rec.raw[p.table[i]] = v
		}
		i++
		return err
	})
	if err == nil && i != len(p.table) {
		return errShape
	}
	return err
}

// elements calls read for each element of the array at which the text stands.
func (p *parser) elements(read func() error) error {
	s := &p.scan
	s.at++
	c, err := s.space()
	if err != nil {
		return err
	}
	if c == ']' {
		s.at++
		return nil
	}
	for {
		if _, err := s.space(); err != nil {
			return err
		}
		if err := read(); err != nil {
			return err
		}
		c, err := s.space()
		if err != nil {
			return err
		}
		s.at++
		if c == ']' {
			return nil
		}
		if c != ',' {
			return errDamaged
		}
	}
}

// useful reports whether columns are those of a storage log.
func useful(columns []field) bool {
	return slices.Contains(columns, fTime) && slices.Contains(columns, fOperation)
}
