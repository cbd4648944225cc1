package report

import (
	"slices"
	"strings"
)

// leastCell is how far a column of a grid is cut, in columns of the page.
const leastCell = 12

// writeGrid prints a table whose columns are as wide as their cells. Where the
// page is too narrow, the columns with these heads are left out, one after the
// other, and then the widest is cut.
func writeGrid(p *page, rows [][]string, spare ...string) {
	wide := widths(rows)
	for _, head := range spare {
		if at := slices.Index(rows[0], head); gridWidth(wide) > p.width && at >= 0 {
			rows = dropColumn(rows, at)
			wide = widths(rows)
		}
	}
	if over := gridWidth(wide) - p.width; over > 0 {
		at := slices.Index(wide, slices.Max(wide))
		wide[at] = max(wide[at]-over, leastCell)
		for _, r := range rows {
			r[at] = fit(r[at], wide[at])
		}
	}
	for n, r := range rows {
		var b strings.Builder
		b.WriteByte(' ')
		for i, c := range r {
			if c == "" {
				c = "-"
			}
			pad := strings.Repeat(" ", max(wide[i]-columns(c), 0)+tableGap)
			if n == 0 {
				c = p.paint(faint, c)
			}
			b.WriteString(c + pad)
		}
		p.line(strings.TrimRight(b.String(), " "))
	}
}

// widths returns how wide each column is.
func widths(rows [][]string) []int {
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			wide[i] = max(wide[i], columns(c))
		}
	}
	return wide
}

// gridWidth is how wide a line of such columns is.
func gridWidth(wide []int) int {
	n := 1 - tableGap
	for _, w := range wide {
		n += w + tableGap
	}
	return n
}

// dropColumn returns the rows without one of their columns.
func dropColumn(rows [][]string, at int) [][]string {
	left := make([][]string, len(rows))
	for i, r := range rows {
		left[i] = slices.Concat(r[:at], r[at+1:])
	}
	return left
}
