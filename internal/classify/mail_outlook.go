package classify

import (
	"context"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify/pst"
)

var outlookStoreReader = Reader{
	Name:  "outlook_store",
	Doc:   "Outlook stores (PST, OST): the tree of nodes and the tables of folders tell how many messages of which class there are, chats of Teams and contacts among them, and who wrote.",
	Sniff: func(head, _ []byte) bool { return len(head) >= 564 && string(head[:4]) == pst.Magic },
	Read:  readOutlookStore,
}

func readOutlookStore(ctx context.Context, p Piece) (Result, error) {
	m := newMeter(ctx, p)
	s, err := pst.Open(m, p.Size)
	if err != nil {
		return m.result(err)
	}
	var people overgrant.Crowd
	sum, err := s.Survey(ctx, func(name []byte) {
		if who := person(name); len(who) > 0 {
			people.Join(hash(p.Salt, who))
		}
	})
	var chats, cards int64
	for class, n := range sum.Classes {
		switch {
		case isChatClass(class):
			chats += n
		case hasClass(class, "ipm.contact"):
			cards += n
		}
	}
	layout := [...]string{pst.ANSI: "Outlook before 2003", pst.Unicode: "Outlook", pst.Unicode4K: "Outlook 2013 and later"}[s.Layout]
	f := mail.Find(p, max(sum.Messages-chats-cards, 0))
	c := chat.Find(p, chats)
	b := addressBook.Find(p, cards)
	if f.Count > 0 {
		f.People, f.Hint = people, fmt.Sprintf("%s, %d folders", layout, sum.Folders)
	}
	if chats > 0 {
		c.People, c.Hint = people, "Teams or Skype in Outlook"
	}
	if cards > 0 {
		b.Hint = layout
	}
	r, err := m.result(err, f, c, b)
	if s.Encoding == pst.Protected && r.Complete {
		r.Complete, r.Reason = false, Encrypted
	}
	return r, err
}

// isChatClass reports whether messages of a class are chats that were kept in,
// or exported to, a mailbox.
func isChatClass(class string) bool {
	for _, of := range []string{"ipm.skypeteams.message", "ipm.note.microsoft.conversation", "ipm.note.microsoft.missed", "ipm.im"} {
		if hasClass(class, of) {
			return true
		}
	}
	return false
}

// hasClass reports whether a message class is, or is derived from, another.
func hasClass(class, of string) bool {
	class = strings.ToLower(strings.TrimRight(class, "\x00"))
	return class == of || strings.HasPrefix(class, of+".")
}
