package model

import (
	"bytes"
	"regexp"
)

// graphText is a graph in the text form of protocol buffers, which TensorFlow
// loads as saved_model.pbtxt.
var graphText = Format{
	Name: "tf-text",
	Doc:  "TensorFlow's graphs as text (.pbtxt): operators that run code or reach files",
	look: func(_ *scan, p piece) bool { return textual(readUpTo(p.at, 0, headSize)) },
	scan: scanGraphText,
}

const graphTextBytes = 64 << 20

var (
	graphTextOp   = regexp.MustCompile(`\bop\s*:\s*["']((?:[^"'\\]|\\.){1,256})["']`)
	graphTextName = regexp.MustCompile(`\bsignature\s*:?\s*\{\s*name\s*:\s*["']([^"']{1,256})["']`)
	graphTextFile = regexp.MustCompile(`\bkey\s*:\s*["']output_stream["'][^"']{0,80}\bs\s*:\s*["'](file:[^"']{1,200})["']`)
)

// scanGraphText takes a text in which nodes are spelt. It is looked through, not
// parsed: an operator that is spelt with escapes is known by no name, and told.
func scanGraphText(s *scan, p piece) bool {
	if !graphTextOp.Match(readUpTo(p.at, 0, 64<<10)) {
		return false
	}
	most := min(graphTextBytes, 4<<20+16*max(s.report.Size, 0))
	t := newTensorflow(s, p)
	t.pass = 1
	nodes := false
	p.chunks(most, func(b []byte, _ int64, _ int) {
		nodes = nodes || bytes.Contains(b, []byte("node"))
		for _, m := range graphTextName.FindAllSubmatch(b, tfKept-len(t.own)) {
			t.own[string(m[1])] = true
		}
	})
	if !nodes {
		return false
	}
	s.name(p, "tf-text")
	n := p.chunks(most, t.spelt)
	t.run(func() error { return nil })
	if len(readUpTo(p.at, n, 1)) > 0 {
		s.unread(p, "more text than is read")
	}
	return true
}

// spelt judges the operators that are spelt in b.
func (t *tensorflow) spelt(b []byte, off int64, upto int) {
	for _, m := range graphTextOp.FindAllSubmatchIndex(b, -1) {
		if op := string(b[m[2]:m[3]]); m[0] < upto && op != "PrintV2" {
			t.judge(op, off+int64(m[0]))
		}
	}
	for _, m := range graphTextFile.FindAllSubmatchIndex(b, 100) {
		if m[0] < upto {
			t.s.find(t.p, Finding{Rule: "operator", What: "the operator PrintV2 to " + clipText(string(b[m[2]:m[3]]), 120), Why: "it writes a file of the machine when the graph runs", Offset: off + int64(m[0]), Severity: Medium})
		}
	}
}
