package gitpack_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/gitpack"
)

const (
	hexA = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	hexB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
)

func id(t *testing.T, text string) gitpack.ID {
	t.Helper()
	parsed, err := gitpack.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestCommitBody(t *testing.T) {
	const who = "author A U Thor <a@example.com> 1700000000 -0330\ncommitter C <c@example.com> 1700000001 +0200\n"
	tests := []struct {
		name, text, message string
		parents             int
		author, email       string
		time                int64
		zone                int
		wrong               bool
	}{
		{"usual", "tree " + hexA + "\nparent " + hexB + "\n" + who + "\nthe message\n", "the message\n", 1, "A U Thor", "a@example.com", 1700000000, -210, false},
		{"merge", "tree " + hexA + "\nparent " + hexB + "\nparent " + hexA + "\n" + who + "\nm", "m", 2, "A U Thor", "a@example.com", 1700000000, -210, false},
		{"signed", "tree " + hexA + "\n" + who + "gpgsig -----BEGIN\n tree x\n \n -----END\n\nm", "m", 0, "A U Thor", "a@example.com", 1700000000, -210, false},
		{"no_message", "tree " + hexA + "\n" + who, "", 0, "A U Thor", "a@example.com", 1700000000, -210, false},
		{"no_author", "tree " + hexA + "\n\nm", "m", 0, "", "", 0, 0, false},
		{"odd_names", "tree " + hexA + "\nauthor <> <x <y@z> -5 +9\n\nm", "m", 0, "", "> <x <y@z", -5, 9, false},
		{"no_brackets", "tree " + hexA + "\nauthor nobody 5 +0000\n\nm", "m", 0, "nobody 5 +0000", "", 0, 0, false},
		{"no_tree", "parent " + hexB + "\n" + who + "\nm", "m", 1, "A U Thor", "a@example.com", 1700000000, -210, true},
		{"empty", "", "", 0, "", "", 0, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c gitpack.CommitBody
			err := c.Parse([]byte(tt.text))
			if (err != nil) != tt.wrong {
				t.Errorf("Parse = %v; want an error: %v", err, tt.wrong)
			}
			a := c.Author
			if tt.text[c.Message:] != tt.message || len(c.Parents) != tt.parents || string(a.Name) != tt.author ||
				string(a.Email) != tt.email || a.Time != tt.time || a.Zone != tt.zone {
				t.Errorf("Parse = %q, %d parents, %q %q %d %d; want %+v", tt.text[c.Message:], len(c.Parents), a.Name, a.Email, a.Time, a.Zone, tt)
			}
		})
	}
}

func TestTagBody(t *testing.T) {
	var tag gitpack.TagBody
	text := "object " + hexA + "\ntype tree\ntag v1\ntagger T <t@example.com> 5 +0000\n\nthe message"
	if err := tag.Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if tag.Object != id(t, hexA) || tag.Type != gitpack.Tree || string(tag.Name) != "v1" || tag.Tagger.Time != 5 || text[tag.Message:] != "the message" {
		t.Errorf("Parse = %+v", tag)
	}
	if err := tag.Parse([]byte("type commit\n\nx")); err == nil {
		t.Error("Parse of a tag of nothing gave no error")
	}
}

func TestEntries(t *testing.T) {
	raw := string(id(t, hexA).Bytes())
	tests := []struct {
		name, tree string
		names      []string
		wrong      bool
	}{
		{"empty", "", nil, false},
		{"all_modes", "100644 a\x00" + raw + "40000 b\x00" + raw + "120000 c\x00" + raw + "160000 d e\x00" + raw, []string{"a", "b/", "c@", "d e="}, false},
		{"cut_short", "100644 a\x00" + raw + "100644 b\x00" + raw[1:], []string{"a"}, true},
		{"no_mode", " a\x00" + raw, nil, true},
		{"mode_too_long", strings.Repeat("1", 20) + " a\x00" + raw, nil, true},
		{"no_end_of_name", "100644 a", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var names []string
			wrong := false
			for e, err := range gitpack.Entries([]byte(tt.tree), gitpack.SHA1) {
				if err != nil {
					wrong = true
					continue
				}
				name := string(e.Name)
				switch {
				case e.IsTree():
					name += "/"
				case e.IsSymlink():
					name += "@"
				case e.IsSubmodule():
					name += "="
				}
				names = append(names, name)
			}
			if wrong != tt.wrong || !reflect.DeepEqual(names, tt.names) {
				t.Errorf("Entries = %q, error: %v; want %q, %v", names, wrong, tt.names, tt.wrong)
			}
		})
	}
}
