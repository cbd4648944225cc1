package classify_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestMailbox(t *testing.T) {
	var mbox strings.Builder
	for i := range 50 {
		fmt.Fprintf(&mbox, "From ada@example.org Tue Mar  3 10:%02d:00 2020\r\nReturn-Path: <a@example.org>\r\nMessage-ID: <%d@example.org>\r\nDate: Tue, 3 Mar %d 10:00:00 +0000\r\nFrom: \"Ada: the first\"\r\n <Person%d@example.org>\r\nTo: bob@example.org,\r\n\tcarol@example.org\r\nSubject: x\r\n\r\nhello\r\nFrom here on nothing\r\n>From x\r\n\r\n", i%60, i, 2018+i%3, i%7)
	}
	eml := "Received: from a by b\r\nFrom: Ada <ada@example.org>\r\nTo: bob@example.org\r\nDate: Tue, 3 Mar 2020 10:00:00 +0000\r\nMessage-ID: <1@x>\r\nSubject: x\r\n\r\nFrom: not@counted.test\r\n"
	tests := []struct{ name, path, text, want, hint string }{
		{"mbox", "Mail/Archive", mbox.String(), "50 messages of 9 people", "mbox, 2018 to 2020"},
		{"eml", "a/b.eml", eml, "1 messages of 2 people", "one message, 2020"},
		{"emlx", "a/1.emlx", fmt.Sprintf("%-10d\n%s<?xml version=\"1.0\"?>", len(eml), eml), "1 messages of 2 people", "one message, 2020"},
		{"without_carriage_returns", "cur/1.eml,S", strings.ReplaceAll(eml, "\r", ""), "1 messages of 2 people", "one message, 2020"},
		{"http_header", "x.txt", "Content-Type: text/html\r\nDate: x\r\nServer: y\r\n\r\n", "nothing", ""},
		{"letter", "x.txt", "From the beginning of 2020\nDear: all\n", "nothing", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := look(t, test.path, []byte(test.text))
			if got := tell(held(r, r)["mail"]); got != test.want {
				t.Errorf("%s; want %s", got, test.want)
			}
			for _, f := range r.Finds {
				if f.Class == "mail" && f.Hint != test.hint {
					t.Errorf("hint %q; want %q", f.Hint, test.hint)
				}
			}
		})
	}
}

func FuzzMailbox(f *testing.F) {
	f.Add([]byte("Message-ID: <1@x>\nFrom: a@b.test\nDate: 3 Mar 2020\n\nx\n\nFrom a@b.test Tue Mar 3 10:00:00 2020\nTo: b\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := look(t, "x", append([]byte("From a@b.test Tue Mar  3 10:00:00 2020\nFrom: a@b.test\n"), b...))
		for _, found := range r.Finds {
			if found.Class == "mail" && found.Count > int64(len(b))+1 {
				t.Errorf("%d messages in %d bytes", found.Count, len(b))
			}
		}
	})
}
