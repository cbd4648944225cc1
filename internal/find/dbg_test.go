package find

import (
	"github.com/overgrant/overgrant/kind"
	"testing"
)

func TestDbg(t *testing.T) {
	text := []byte(`value: x = "https://quiet-meadow.s3.eu-west-1.amazonaws.com/a/" ..
                "b.bin?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Crede" ..
                "ntial=AKIAQUIETMEADOW42ABC%2F20240102%2Feu-west-1%" ..
                "2Fs3%2Faws4_request&X-Amz-Date=20240102T030405Z&X-" ..
                "Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-" ..
                "Signature=ec069f82da007ecc76165ed37ae56886db399bd9" ..
                "089fcec8e55f43fdd41858ad"
`)
	f := New(Options{})
	m := f.scanner.marks(nil, text, 0, len(text)-width)
	for _, k := range m {
		t.Logf("%q", text[k.at:k.at+10])
	}
	f.each(text, func(r *reading) bool {
		t.Logf("%v %q", r.chain, r.text)
		for s := range kind.Find(r.text) {
			t.Log(s, string(r.text[s.Start:s.End]))
		}
		return false
	})
}
