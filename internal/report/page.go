package report

import (
	"bufio"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/overgrant/overgrant"
)

// page writes text of a given width, coloured or not.
type page struct {
	w     *bufio.Writer
	width int
	color bool
}

// The narrowest and widest text; wider lines are hard to read.
const (
	narrowest  = 40
	widest     = 110
	usualWidth = 80
	labelWidth = 12 // columns of "  lifetime  "
)

func newPage(w *bufio.Writer, o Options) *page {
	p := &page{w: w, width: o.Width, color: o.Color}
	if p.width <= 0 {
		p.width = usualWidth
	}
	p.width = min(max(p.width, narrowest), widest)
	return p
}

// Styles, as the parameters of a terminal escape.
const (
	bold  = "1"
	faint = "2"
)

// severityStyles colours the severities; none has no colour.
var severityStyles = map[overgrant.Severity]string{
	overgrant.Critical: "1;97;41",
	overgrant.High:     "1;31",
	overgrant.Medium:   "1;33",
	overgrant.Low:      "36",
	overgrant.Info:     "2",
}

func (p *page) paint(style, s string) string {
	if !p.color || style == "" || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (p *page) line(parts ...string) {
	for _, s := range parts {
		_, _ = p.w.WriteString(s) // a bufio.Writer keeps its first error for Flush
	}
	_ = p.w.WriteByte('\n')
}

func (p *page) rule() { p.line(p.paint(faint, strings.Repeat("─", p.width))) }

// paragraph writes s, wrapped and indented.
func (p *page) paragraph(indent int, style, s string) {
	pad := strings.Repeat(" ", indent)
	for _, l := range wrap(s, p.width-indent) {
		p.line(pad, p.paint(style, l))
	}
}

// field writes a label and its value, wrapped beside it. Empty values are left
// out.
func (p *page) field(label, value string) {
	if value == "" {
		return
	}
	p.item("  "+label, labelWidth, faint, value)
}

// item writes a head of the given width and, beside it, s.
func (p *page) item(head string, wide int, style, s string) {
	for i, l := range wrap(s, p.width-wide) {
		if i > 0 {
			head = ""
		}
		p.line(p.paint(style, head), strings.Repeat(" ", max(wide-columns(head), 0)), l)
	}
}

// alone writes a head and, on a line that holds nothing else, s as it is.
func (p *page) alone(head, s string) {
	p.line(p.paint(faint, head))
	p.line(s)
}

// unbroken writes s beside a head as item does, or alone where it would have to
// be wrapped.
func (p *page) unbroken(head string, wide int, s string) {
	if wide+columns(s) > p.width {
		p.alone(head, s)
		return
	}
	p.item(head, wide, faint, s)
}

// wrap breaks s into lines of at most wide columns: between words where that
// can be done, within them where a word alone is longer.
func wrap(s string, wide int) []string {
	wide = max(wide, 8)
	var lines []string
	line, used := "", 0
	flush := func() {
		lines = append(lines, line)
		line, used = "", 0
	}
	for _, word := range strings.Fields(s) {
		n := columns(word)
		if used > 0 && used+1+n > wide {
			flush()
		}
		for n > wide {
			if used > 0 {
				flush()
			}
			line, word = cut(word, wide)
			flush()
			n = columns(word)
		}
		if n == 0 && word == "" {
			continue
		}
		if used > 0 {
			line += " "
			used++
		}
		line += word
		used += n
	}
	if used > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

// cut parts s after at most wide columns, and after at least one rune.
func cut(s string, wide int) (head, tail string) {
	used := 0
	for i, r := range s {
		n := runeColumns(r)
		if used+n > wide && i > 0 {
			return s[:i], s[i:]
		}
		used += n
	}
	return s, ""
}

// columns counts the columns that s takes on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
