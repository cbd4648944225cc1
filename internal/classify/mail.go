package classify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/overgrant/overgrant"
)

var mail = Class{
	Name:     "mail",
	Title:    "mail messages",
	Doc:      "Mail: Outlook stores (PST, OST) and messages, mbox files, single messages (EML, EMLX), and the folders of mail programs. Content tells how many messages there are and of how many people.",
	Severity: overgrant.High,
	Unit:     "messages",
	Names: []Shape{{
		Look:  Structure,
		Globs: []string{"*.pst", "*.ost", "*.nst", "*.msg", "Envelope Index", "global-messages-db.sqlite", "Outlook.sqlite", "*.olm", "*.nsf"},
	}, {
		Look:  Text,
		Globs: []string{"*.mbox", "*.mbx", "*.eml", "*.emlx", "*.mbox/mbox", "Thunderbird/Profiles/**/INBOX", "Thunderbird/Profiles/**/Sent", "Maildir/**", "winmail.dat"},
	}},
}

var mailboxReader = Reader{
	Name:  "mailbox",
	Doc:   "Mail as text: mbox files with many messages, single messages (EML), and those of Apple Mail (EMLX). The text is searched as any other.",
	Sniff: func(head, _ []byte) bool { return isMbox(head) || isMessageText(appleLength(head)) },
	Read: func(ctx context.Context, p Piece) (Result, error) {
		return besideText(ctx, p, func(m *meter, head []byte) (Result, error) {
			b := &mailbox{p: p, many: isMbox(head)}
			err := b.read(m.stream())
			return m.result(err, b.find())
		})
	},
}

// isMbox reports whether a text begins with the line that separates messages,
// and a header follows.
func isMbox(head []byte) bool {
	line, rest, ok := bytes.Cut(head, []byte("\n"))
	return ok && isSeparator(line) && headerName(rest) != nil
}

// isSeparator reports whether a line separates messages: From, a sender, and a
// date that ends in a year, perhaps with a zone.
func isSeparator(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("From "))
	if !ok || len(rest) > 300 {
		return false
	}
	words := bytes.Fields(rest)
	if len(words) < 5 {
		return false
	}
	for _, w := range words[len(words)-2:] {
		if len(w) == 4 && (w[0] == '1' || w[0] == '2') && bytes.IndexFunc(w, func(r rune) bool { return r < '0' || r > '9' }) < 0 {
			return true
		}
	}
	return false
}

// appleLength cuts off the first line of a message of Apple Mail: its length.
func appleLength(head []byte) []byte {
	line, rest, ok := bytes.Cut(head, []byte("\n"))
	line = bytes.TrimSpace(line)
	if !ok || len(line) == 0 || len(line) > 12 || bytes.IndexFunc(line, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return head
	}
	return rest
}

// isMessageText reports whether a text begins with the header of a message: at
// least three fields that mail has, one of which tells who wrote it or how it
// came.
func isMessageText(head []byte) bool {
	known, sender := 0, false
	for line := range bytes.Lines(head) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name := headerName(line)
		if name == nil {
			return false
		}
		switch string(bytes.ToLower(name)) {
		case "from", "received", "return-path", "delivered-to":
			sender = true
			known++
		case "to", "subject", "date", "message-id", "mime-version", "content-type", "reply-to", "x-mailer":
			known++
		}
	}
	return sender && known >= 3
}

// headerName returns the name of the field that a line begins; nil if it begins
// none.
func headerName(line []byte) []byte {
	for i, c := range line[:min(len(line), 80)] {
		if c == ':' && i > 0 {
			return line[:i]
		}
		if c <= ' ' || c >= 127 {
			return nil
		}
	}
	return nil
}

// mailbox counts messages in text.
type mailbox struct {
	p           Piece
	many        bool // an mbox, not one message
	header      bool // where the lines are
	blank       bool // the last line was empty
	field       []byte
	value       []byte
	identified  bool
	messages    int64
	people      overgrant.Crowd
	items       overgrant.Crowd
	first, last int64
}

func (b *mailbox) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, 64<<10)
	cut := false
	if !b.many {
		b.begin()
		if head, _ := in.Peek(16); len(appleLength(head)) < len(head) {
			_, _ = in.ReadSlice('\n')
		}
	}
	for {
		line, err := in.ReadSlice('\n')
		if !cut {
			b.line(line)
		}
		cut = errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !cut {
			b.endField()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if !b.many && !b.header {
			return nil // one message: the rest is its text
		}
	}
}

func (b *mailbox) begin() {
	b.messages++
	b.header, b.identified = true, false
}

func (b *mailbox) line(line []byte) {
	bare := bytes.TrimRight(line, "\r\n")
	switch {
	case b.many && !b.header && (b.blank || b.messages == 0) && len(line) > 5 && line[0] == 'F' && isSeparator(bare):
		b.begin()
	case !b.header:
	case len(bare) == 0:
		b.endField()
		b.header = false
	case bare[0] == ' ' || bare[0] == '\t':
		const longest = 64 << 10
		if len(b.field) > 0 && len(b.value) < longest {
			b.value = append(b.value, bare...)
		}
	default:
		b.endField()
		name := headerName(bare)
		b.field = append(b.field[:0], bytes.ToLower(name)...)
		if name != nil {
			b.value = append(b.value[:0], bare[len(name)+1:]...)
		}
	}
	b.blank = len(bare) == 0
}

// endField notes a field of a header.
func (b *mailbox) endField() {
	switch string(b.field) {
	case "from", "to", "cc", "sender":
		for who := range addressesIn(b.value) {
			b.people.Join(hash(b.p.Salt, person(who)))
		}
	case "message-id":
		if id := bytes.TrimSpace(b.value); len(id) > 2 && !b.identified {
			b.identified = true
			b.items.Join(hash(b.p.Salt, id))
		}
	case "date":
		b.dated(b.value)
	}
	b.field = b.field[:0]
}

// dated notes the year of a date: the first number of four digits in it.
func (b *mailbox) dated(value []byte) {
	for _, w := range bytes.Fields(value) {
		if len(w) != 4 || (w[0] != '1' && w[0] != '2') {
			continue
		}
		year := 0
		for _, c := range w {
			if c < '0' || c > '9' {
				year = -10000
			}
			year = year*10 + int(c-'0')
		}
		if year < 1980 || year > 2100 {
			continue
		}
		when := time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC).Unix()
		if b.first == 0 || when < b.first {
			b.first = when
		}
		b.last = max(b.last, when)
		return
	}
}

// addressesIn yields the mail addresses in a field.
func addressesIn(value []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for part := range bytes.FieldsFuncSeq(value, func(r rune) bool {
			return r <= ' ' || r == ',' || r == ';' || r == '<' || r == '>' || r == '"' || r == '(' || r == ')' || r == ':'
		}) {
			if at := bytes.IndexByte(part, '@'); at > 0 && at < len(part)-1 && !yield(part) {
				return
			}
		}
	}
}

func (b *mailbox) find() overgrant.Find {
	f := mail.Find(b.p, b.messages)
	f.People, f.Items = b.people, b.items
	f.Hint = "one message"
	if b.many {
		f.Hint = "mbox"
	}
	f.Hint += years(b.first, b.last)
	if b.messages == 0 {
		f.Hint = ""
	}
	return f
}
