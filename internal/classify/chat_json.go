package classify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
)

var chatExportReader = Reader{
	Name:  "chat_export",
	Doc:   "Conversations as JSON: exports of Teams, Skype, Slack, Discord, Telegram, Google Chat, Messenger and Instagram. The text is searched as any other.",
	Sniff: sniffChatExport,
	Read:  readChatExport,
}

// exportMarks are names of fields that stand together near the beginning of an
// export, by program.
var exportMarks = []struct {
	program string
	marks   []string
}{
	{"Teams", []string{`"messagelist"`, `"conversations"`}},
	{"Teams", []string{`"messagetype"`, `"conversationid"`}},
	{"Teams", []string{`"chatid"`, `"createddatetime"`}},
	{"Slack", []string{`"type"`, `"ts"`, `"user"`, `"text"`}},
	{"Slack", []string{`"team_id"`, `"profile"`, `"real_name"`}},
	{"Discord", []string{`"guild"`, `"channel"`}},
	{"Discord", []string{`"id"`, `"timestamp"`, `"contents"`}},
	{"Telegram", []string{`"from_id"`, `"date"`}},
	{"Telegram", []string{`"personal_information"`, `"chats"`}},
	{"Telegram", []string{`"date_unixtime"`}},
	{"Messenger", []string{`"participants"`, `"messages"`}},
	{"Messenger", []string{`"sender_name"`, `"timestamp_ms"`}},
	{"Google Chat", []string{`"creator"`, `"created_date"`, `"topic_id"`}},
	{"Google Chat", []string{`"creator"`, `"created_date"`, `"message_id"`}},
	{"Google Chat", []string{`"messages"`, `"creator"`, `"created_date"`}},
	{"Matrix", []string{`"event_id"`, `"m.room.message"`}},
}

// exportProgram returns the program whose export begins with head.
func exportProgram(head []byte) string {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return ""
	}
	head = bytes.ToLower(head)
next:
	for _, e := range exportMarks {
		for _, mark := range e.marks {
			if !bytes.Contains(head, []byte(mark)) {
				continue next
			}
		}
		return e.program
	}
	return ""
}

func sniffChatExport(head, _ []byte) bool { return exportProgram(head) != "" }

func readChatExport(ctx context.Context, p Piece) (Result, error) {
	return besideText(ctx, p, func(m *meter, head []byte) (Result, error) {
		program := exportProgram(head)
		if named := chatProgram(p.Name); named != "chat" && program != "Slack" {
			program = named
		}
		t := newTalk(p, program)
		err := t.json(m.stream(), folderOf(p.Name))
		return m.result(err, t.finds()...)
	})
}

// folderOf returns the name of the folder that a file is in: that of a channel,
// in exports that have a folder for each.
func folderOf(name []byte) []byte {
	i := bytes.LastIndexAny(name, `/\!`)
	if i < 0 {
		return nil
	}
	name = name[:i]
	return name[bytes.LastIndexAny(name, `/\!`)+1:]
}

const (
	jsonDepth = 64  // objects deeper than this are not looked at
	jsonText  = 512 // bytes of a text that are kept
)

// jsonFrame is an object or a list that is open.
type jsonFrame struct {
	record
	object bool
	slot   slot // of the field that is being read
}

// jsonWalk reads JSON as a stream, one value after the other, as far as is
// needed to know its objects. It does not check it.
type jsonWalk struct {
	r      *bufio.Reader
	talk   *talk
	folder []byte
	frames []jsonFrame
	depth  int // of frames in use; may be more than there are
	value  bool
	text   []byte
}

// json counts the messages and contacts in JSON.
func (t *talk) json(r io.Reader, folder []byte) error {
	w := &jsonWalk{r: bufio.NewReaderSize(r, 64<<10), talk: t, folder: folder, frames: make([]jsonFrame, jsonDepth)}
	for {
		c, err := w.r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
				if w.depth > 0 {
					err = errDamaged
				}
			}
			return err
		}
		if err := w.token(c); err != nil {
			return err
		}
	}
}

// top returns the innermost frame, nil if there is none or it is too deep.
func (w *jsonWalk) top() *jsonFrame {
	if w.depth == 0 || w.depth > jsonDepth {
		return nil
	}
	return &w.frames[w.depth-1]
}

func (w *jsonWalk) token(c byte) error {
	f := w.top()
	switch c {
	case '{', '[':
		w.open(c == '{')
	case '}', ']':
		w.close()
	case ':':
		w.value = true
	case ',':
		w.value = false
	case '"':
		if err := w.quoted(); err != nil {
			return err
		}
		if f == nil || !f.object {
			return nil
		}
		if w.value {
			f.set(f.slot, w.text)
			f.slot = noSlot
			return nil
		}
		f.slot = slotOf(w.text)
	case ' ', '\t', '\r', '\n':
	default:
		w.text = append(w.text[:0], c)
		for {
			b, err := w.r.Peek(1)
			if err != nil || bytes.IndexByte([]byte(" \t\r\n,:]}[{\""), b[0]) >= 0 {
				break
			}
			_, _ = w.r.Discard(1)
			if len(w.text) < jsonText {
				w.text = append(w.text, b[0])
			}
		}
		if f != nil && f.object && w.value && c != 'n' { // null is nothing
			f.set(f.slot, w.text)
			f.slot = noSlot
		}
	}
	return nil
}

func (w *jsonWalk) open(object bool) {
	if f := w.top(); f != nil && f.object && f.slot != noSlot {
		f.there[f.slot] = true
	}
	w.depth++
	w.value = false
	if f := w.top(); f != nil {
		f.clear()
		f.object, f.slot = object, noSlot
	}
}

func (w *jsonWalk) close() {
	f := w.top()
	if w.depth > 0 {
		w.depth--
	}
	w.value = false
	if f == nil || !f.object {
		return
	}
	conversation := w.folder
	for i := range w.depth {
		if w.frames[i].object {
			conversation = w.frames[i].room(conversation)
		}
	}
	w.talk.tell(&f.record, conversation)
	if outer := w.top(); outer != nil && outer.object && outer.slot == authorSlot && len(outer.text[authorSlot]) == 0 {
		outer.set(authorSlot, f.who())
	}
}

// quoted reads the rest of a quoted text and keeps its beginning. What is
// escaped stays so, but for the character after the backslash.
func (w *jsonWalk) quoted() error {
	w.text = w.text[:0]
	for {
		if _, err := w.r.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				err = errDamaged
			}
			return err
		}
		b, _ := w.r.Peek(w.r.Buffered())
		end := bytes.IndexByte(b, '"')
		part := b
		if end >= 0 {
			part = b[:end]
		}
		slash := bytes.IndexByte(part, '\\')
		if slash >= 0 {
			part = part[:slash]
		}
		w.text = append(w.text, part[:min(len(part), jsonText-min(len(w.text), jsonText))]...)
		switch {
		case slash >= 0:
			_, _ = w.r.Discard(slash + 1)
			c, err := w.r.ReadByte()
			if err != nil {
				return errDamaged
			}
			if len(w.text) < jsonText {
				w.text = append(w.text, c)
			}
		case end >= 0:
			_, _ = w.r.Discard(end + 1)
			return nil
		default:
			_, _ = w.r.Discard(len(b))
		}
	}
}
