package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// The notebook has cells of code, of which every fourth ends in a picture;
// together they come to about 2 MB.
const (
	cellsMost  = 120
	linesMost  = 200
	pictureLen = 32 << 10 // bytes before base64
)

// notebookCell is one cell: its lines of code, and its picture or nothing.
type notebookCell struct {
	lines   []string
	picture string
}

// writeDeep edits one notebook over and over: mostly a line, from time to time
// a picture.
func writeDeep(s *stream, edits int) error {
	rng := rand.New(rand.NewPCG(3, 4))
	cells := make([]notebookCell, cellsMost)
	for i := range cells {
		for range linesMost {
			cells[i].lines = append(cells[i].lines, line(rng))
		}
		if i%4 == 0 {
			cells[i].picture = picture(rng)
		}
	}
	for n := range edits {
		c := &cells[rng.IntN(len(cells))]
		at := rng.IntN(len(c.lines))
		switch {
		case c.picture != "" && n%100 == 0:
			c.picture = picture(rng)
		case n%3 == 0 && len(c.lines) < 2*linesMost:
			c.lines = append(c.lines[:at], append([]string{line(rng)}, c.lines[at:]...)...)
		case n%3 == 1 && len(c.lines) > linesMost/2:
			c.lines = append(c.lines[:at], c.lines[at+1:]...)
		default:
			c.lines[at] = line(rng)
		}
		s.commit(fmt.Sprintf("Edit %d of the notebook", n+1))
		s.file("notebooks/training.ipynb", notebook(cells))
	}
	return nil
}

// notebook writes the cells down as an .ipynb file.
func notebook(cells []notebookCell) []byte {
	var b strings.Builder
	b.Grow(3 << 20)
	b.WriteString("{\n \"cells\": [\n")
	for i, c := range cells {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString("  {\n   \"cell_type\": \"code\",\n   \"metadata\": {},\n   \"outputs\": [")
		if c.picture != "" {
			b.WriteString("{\n     \"data\": {\"image/png\": \"" + c.picture + "\"},\n     \"output_type\": \"display_data\"\n    }")
		}
		b.WriteString("],\n   \"source\": [\n")
		for _, l := range c.lines {
			b.WriteString(l)
		}
		b.WriteString("    \"\"\n   ]\n  }")
	}
	b.WriteString("\n ],\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n")
	return []byte(b.String())
}

var words = strings.Fields("model train batch loss epoch optimizer learning rate tensor shape input output layer " +
	"attention mask token embed weight bias gradient checkpoint dataset loader sample split metric accuracy plot figure")

// line makes one line of code.
func line(rng *rand.Rand) string {
	word := func() string { return words[rng.IntN(len(words))] }
	return fmt.Sprintf("    \"%s_%s = %s(%s, %s=%d)\\n\",\n", word(), word(), word(), word(), word(), rng.IntN(100000))
}

// picture makes an output that does not compress.
func picture(rng *rand.Rand) string {
	raw := make([]byte, pictureLen)
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	return base64.StdEncoding.EncodeToString(raw)
}
