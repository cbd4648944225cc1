package classify

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/overgrant/overgrant/internal/classify/indexeddb"
	"github.com/overgrant/overgrant/internal/classify/leveldb"
	"github.com/overgrant/overgrant/internal/classify/v8"
)

var levelTableReader = Reader{
	Name: "leveldb_table",
	Doc:  "Tables of LevelDB stores, and in them what web pages and programs built on Chromium keep: the messages and contacts of Teams and others.",
	Sniff: func(_, name []byte) bool {
		return hasEnding(name, ".ldb") || hasEnding(name, ".sst")
	},
	Read: readLevelTable,
}

var levelLogReader = Reader{
	Name: "leveldb_log",
	Doc:  "Logs of LevelDB stores, read as their tables are.",
	Sniff: func(head, name []byte) bool {
		return hasEnding(name, ".log") && leveldb.IsLog(head)
	},
	Read: func(ctx context.Context, p Piece) (Result, error) {
		m := newMeter(ctx, p)
		return readEntries(m, leveldb.Log(m, p.Size))
	},
}

var scriptValueReader = Reader{
	Name:  "script_value",
	Doc:   "Large values that web pages keep beside their LevelDB store.",
	Sniff: func(head, _ []byte) bool { return len(head) > 8 && v8.IsEnvelope(head) },
	Read:  readScriptValue,
}

func hasEnding(name []byte, ending string) bool {
	return len(name) >= len(ending) && bytes.EqualFold(name[len(name)-len(ending):], []byte(ending))
}

func readLevelTable(ctx context.Context, p Piece) (Result, error) {
	m := newMeter(ctx, p)
	tail := make([]byte, min(48, p.Size))
	if n, err := m.ReadAt(tail, p.Size-int64(len(tail))); n < len(tail) {
		return m.result(err)
	}
	if !leveldb.IsTable(tail) {
		return Result{}, ErrOther
	}
	return readEntries(m, leveldb.Table(m, p.Size))
}

// readEntries counts the messages and contacts in the entries of a file.
func readEntries(m *meter, entries func(func(leveldb.Entry, error) bool)) (Result, error) {
	t := newTalk(m.p, chatProgram(m.p.Name))
	var buf []byte
	var fatal error
	for e, err := range entries {
		if err != nil {
			if fatal = err; errors.Is(err, leveldb.ErrDamaged) {
				m.short, fatal = true, nil
				continue
			}
			break
		}
		key, ok := indexeddb.ParseKey(e.Key)
		if !ok || e.Deleted || !key.IsRecord() {
			continue
		}
		raw, err := indexeddb.Value(e.Value, buf)
		if err != nil {
			continue // in another file, or no value of a web page
		}
		if len(raw) > 0 && len(e.Value) > 0 && &raw[0] != &e.Value[0] && cap(raw) > cap(buf) {
			buf = raw
		}
		if v, err := v8.Decode(raw); v != nil {
			t.script(v, nil, scriptDepth)
			m.short = m.short || errors.Is(err, v8.ErrDamaged)
		}
	}
	return m.result(fatal, t.finds()...)
}

// maxScript is the size of the largest value that is read, in bytes.
const maxScript = 64 << 20

func readScriptValue(ctx context.Context, p Piece) (Result, error) {
	m := newMeter(ctx, p)
	if p.Size > maxScript {
		return Result{Reason: Limited}, nil
	}
	raw := make([]byte, p.Size)
	if n, err := m.ReadAt(raw, 0); n < len(raw) {
		return m.result(err)
	}
	t := newTalk(p, chatProgram(p.Name))
	raw, err := indexeddb.Unwrap(raw, nil)
	if err == nil {
		var v *v8.Value
		if v, err = v8.Decode(raw); v != nil {
			t.script(v, nil, scriptDepth)
		}
	}
	m.short = err != nil
	return m.result(nil, t.finds()...)
}

const scriptDepth = 64

// script counts the messages and contacts in a value and all below it. Messages
// that do not say so are of the conversation given.
func (t *talk) script(v *v8.Value, conversation []byte, depth int) {
	if depth == 0 || v.Kind != v8.Object && v.Kind != v8.List {
		return
	}
	var r record
	for _, f := range v.Fields {
		if v.Kind != v8.Object || len(f.Name.Raw) == 0 || f.Value.Kind == v8.Nothing {
			continue
		}
		name := f.Name.Raw
		if f.Name.Encoding == v8.UTF16 {
			name = []byte(f.Name.String())
		}
		if s := slotOf(name); s != noSlot {
			r.set(s, scriptText(f.Value, s))
		}
	}
	t.tell(&r, conversation)
	conversation = r.room(conversation)
	for _, f := range v.Fields {
		t.script(f.Value, conversation, depth-1)
	}
}

// scriptText returns a text, or a number as text; nil for others. Of an object
// that describes an author it returns the author's id.
func scriptText(v *v8.Value, s slot) []byte {
	switch v.Kind {
	case v8.Object:
		for _, name := range []string{"mri", "id", "email", "name"} {
			if inner := v.Get(name); s == authorSlot && inner != nil && inner.Kind == v8.String {
				return scriptText(inner, noSlot)
			}
		}
	case v8.String:
		if v.Text.Encoding == v8.Latin1 && ascii(v.Text.Raw) || v.Text.Encoding == v8.UTF8 {
			return v.Text.Raw
		}
		return []byte(v.Text.String())
	case v8.Number, v8.Date:
		return strconv.AppendFloat(nil, v.Number, 'f', -1, 64)
	}
	return nil
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// chatProgram tells by the path whose store it is.
func chatProgram(name []byte) string {
	low := bytes.ToLower(name)
	for _, p := range []struct{ part, program string }{
		{"msteams", "Teams, new"}, {"teams2", "Teams, new"}, {"teams.live.com", "Teams"}, {"teams", "Teams"}, {"slack", "Slack"}, {"discord", "Discord"},
		{"whatsapp", "WhatsApp"}, {"skype", "Skype"}, {"telegram", "Telegram"}, {"signal", "Signal"}, {"facebook", "Messenger"}, {"messenger", "Messenger"},
		{"instagram", "Instagram"}, {"google chat", "Google Chat"},
	} {
		if bytes.Contains(low, []byte(p.part)) {
			return p.program
		}
	}
	return "chat"
}
