package azure_test

import (
	"bytes"
	"errors"
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

// TestSizesThatMakeNoSense keeps the objects and tells that they are not summed
// up.
func TestSizesThatMakeNoSense(t *testing.T) {
	for _, text := range []string{"-1", "9223372036854775807", "99999999999999999999", "many", ""} {
		for _, at := range []source.Range{{Service: "blob", Container: "c"}, {Service: "file", Container: "s"}} {
			t.Run(at.Service+"_of_"+text, func(t *testing.T) {
				s := serve(t, fake.Options{Page: 50, Containers: []fake.Container{{Name: "c", Blobs: 120}}, Shares: []fake.Share{{Name: "s", Kind: fake.Keys, Files: 120}},
					Faults: []fake.Fault{{When: fake.Listing, Do: fake.Sizes(text)}}})
				objects, bytes, gaps := 0, int64(0), 0
				for page, err := range allOf(t, s, "").Pages(t.Context(), at) {
					var skip *source.Skip
					if errors.As(err, &skip) {
						if gaps++; skip.Reason != "size not understood" || len(skip.Detail) > 100 {
							t.Errorf("gap %q: %q", skip.Reason, skip.Detail)
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					for _, o := range page.Objects {
						if o.State == source.Current {
							objects++
							bytes += o.Size
						}
					}
				}
				if objects != 120 || bytes != 0 || gaps != 1 {
					t.Errorf("%d objects, %d bytes, %d gaps; want 120, 0, 1", objects, bytes, gaps)
				}
			})
		}
	}
}
