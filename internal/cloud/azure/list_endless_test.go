package azure_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
)

// TestEmptyPagesEnd goes on behind each page by a call of its own, so that
// nothing is remembered but what stands in the range.
func TestEmptyPagesEnd(t *testing.T) {
	emptied := func(to func(*fake.Request) string) fake.Change {
		return func(q *fake.Request, r *fake.Reply) {
			fake.Empty(q, r)
			head, _, _ := bytes.Cut(r.Body, []byte("<NextMarker"))
			r.Body = append(bytes.Clone(head), []byte("<NextMarker>"+to(q)+"</NextMarker></EnumerationResults>")...)
		}
	}
	for _, tt := range []struct {
		name string
		do   fake.Change
		most int64
	}{
		{"the_same_marker", emptied(func(*fake.Request) string { return "round" }), 20},
		{"ever_new_markers", emptied(func(q *fake.Request) string { return fmt.Sprint("m", q.Number) }), 1100},
	} {
		for _, at := range []source.Range{{Service: "blob", Container: "c"}, {Service: "file", Container: "s"}} {
			t.Run(tt.name+"_of_"+at.Service, func(t *testing.T) {
				s := serve(t, fake.Options{Page: 100, Containers: []fake.Container{{Name: "c", Blobs: 500}}, Shares: []fake.Share{{Name: "s", Kind: fake.Keys, Files: 500}},
					Faults: []fake.Fault{{When: fake.Listing, Do: tt.do}}})
				r := allOf(t, s, "")
				told := false
				for at != (source.Range{}) && !told && s.Count() < 5000 {
					rest := source.Range{}
					for page, err := range r.Pages(t.Context(), at) {
						if told = err != nil; !told {
							rest = page.Next
						}
						break
					}
					at = rest
				}
				if !told || s.Count() > tt.most {
					t.Errorf("told: %t, after %d requests; want within %d", told, s.Count(), tt.most)
				}
			})
		}
	}
}
