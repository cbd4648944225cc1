package azure_test

import (
	"net/url"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
)

func TestKnownReachesWhatTheLinkReads(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Objects: []fake.Object{{Name: "dir/a.txt", Body: []byte("a")}}}}})
	account := func(services, types, permissions string) url.Values {
		return url.Values{"sv": {"2022-11-02"}, "ss": {services}, "srt": {types}, "sp": {permissions}, "se": {"2051-10-06"}}
	}
	scoped := func(sr, sp string) url.Values {
		return url.Values{"sv": {"2022-11-02"}, "sr": {sr}, "sp": {sp}, "se": {"2051-10-06"}}
	}
	for _, tt := range []struct {
		name, path      string
		params          url.Values
		container, file string
		reached         bool
		objects         int
	}{
		{"container", "/c", scoped("c", "r"), "", "dir/a.txt", true, 1},
		{"container_by_its_name", "/c", scoped("c", "r"), "c", "dir/a.txt", true, 1},
		{"not_there", "/c", scoped("c", "r"), "", "dir/none.txt", true, 0},
		{"another_container", "/c", scoped("c", "r"), "d", "dir/a.txt", false, 0},
		{"no_name", "/c", scoped("c", "r"), "", "", false, 0},
		{"container_that_does_not_read", "/c", scoped("c", "l"), "", "dir/a.txt", false, 0},
		{"one_object", "/c/dir/a.txt", scoped("b", "r"), "", "dir/a.txt", false, 0},
		{"account", "/", account("b", "o", "r"), "c", "dir/a.txt", true, 1},
		{"account_without_container", "/", account("b", "o", "r"), "", "dir/a.txt", false, 0},
		{"account_without_objects", "/", account("b", "sc", "r"), "c", "dir/a.txt", false, 0},
		{"account_without_blobs", "/", account("q", "o", "r"), "c", "dir/a.txt", false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := tt.path
			if tt.params.Has("ss") {
				path = "/"
			}
			r := openText(t, s.URL+tt.path+"?"+s.Sign("blob", path, tt.params, 1), s.Hosts(), "")
			k, ok := r.(source.Knower)
			if !ok {
				t.Fatal("it is no source.Knower")
			}
			at, ok := k.Known(tt.container, tt.file)
			if ok != tt.reached {
				t.Fatalf("Known(%q, %q) = %v; want %v", tt.container, tt.file, ok, tt.reached)
			}
			if !ok {
				return
			}
			objects := 0
			for page, err := range r.Pages(t.Context(), at) {
				if err == nil {
					objects += len(page.Objects)
				}
			}
			if objects != tt.objects {
				t.Errorf("%d objects; want %d", objects, tt.objects)
			}
		})
	}
}
