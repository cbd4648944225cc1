package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/overgrant/overgrant"
)

// eventsSchema names the form of an event stream.
const eventsSchema = "overgrant.events/1"

var events = Format{
	Name: "events",
	Doc: `The raw messages, one JSON object a line, written as they happen.

Each line has exactly one member that names what it is: ` + "`run`, `found`, `seen`, `judged`, `proven`, `measured`, `model`, `used`, `trail`, `logged`, `remedied`, `minted`, `hushed`, `dropped`, `skipped` or `summary`" + `.
A complete stream begins with ` + "`run`" + ` (its ` + "`schema`" + ` is ` + "`" + eventsSchema + "`" + `) and ends with ` + "`summary`" + `.
Nothing is left out: every status, suppressed links and all that could not be read are in it, so every other format
can be written from it later with ` + "`overgrant report`" + `. Only the list of objects of a measurement is not in it; the store
keeps that, and ` + "`overgrant measure --inventory`" + ` writes it. It holds no secret, not even with ` + "`--reveal`" + `.`,
	open: func(w io.Writer, _ Options) Report { return &eventWriter{w: bufio.NewWriterSize(w, 64<<10)} },
}

// eventWriter writes messages as they come. Messages that change what is known
// reach the writer at once; sightings may wait in the buffer.
type eventWriter struct {
	mu sync.Mutex
	w  *bufio.Writer
}

func (r *eventWriter) Add(m overgrant.Message) error {
	m = sane(m)
	if m.Run != nil && m.Run.Schema == "" {
		m.Run.Schema = eventsSchema
	}
	line, err := encode(m)
	if err == nil && len(line) > maxEvent && m.Measured != nil {
		line, err = encode(slim(m))
	}
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.w.Write(line); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if m.Seen == nil && m.Skipped == nil && (m.Model == nil || m.Model.Worst() > overgrant.None) {
		return r.flush()
	}
	return nil
}

func (r *eventWriter) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.flush()
}

func (r *eventWriter) flush() error {
	if err := r.w.Flush(); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// slim returns a measurement that would be too long to be read back without
// what only adds detail: which people are behind each single find, and what
// else would be worth reading. All counts stay.
func slim(m overgrant.Message) overgrant.Message {
	kept := *m.Measured
	kept.Candidates = nil
	kept.Finds = slices.Clone(kept.Finds)
	for i := range kept.Finds {
		kept.Finds[i].People, kept.Finds[i].Items = overgrant.Crowd{}, overgrant.Crowd{}
	}
	m.Measured = &kept
	return m
}

// encode returns v as one line of JSON that is harmless on a terminal.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return cleanJSON(b.Bytes()), nil
}

// Errors that ReadEvents yields. None of them but a failing reader ends the
// stream.
var (
	ErrCut  = errors.New("the stream ends before its summary: what was read may be a part") // yielded once, last
	ErrLine = errors.New("not a message")                                                   // one line is left out
)

// maxEvent is the longest line of events that is read, in bytes.
const maxEvent = 64 << 20

// ReadEvents reads messages that were written with the format "events". A line
// that is too long, damaged or of an unknown sort is yielded as ErrLine and
// left out; a stream without its end is yielded as ErrCut. Any other error
// comes from the reader or from a stream of another schema, and is the last.
func ReadEvents(r io.Reader) iter.Seq2[overgrant.Message, error] {
	return func(yield func(overgrant.Message, error) bool) {
		lines := bufio.NewReaderSize(r, 64<<10)
		ended := false
		for n := 1; ; n++ {
			line, err := readLine(lines)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(overgrant.Message{}, fmt.Errorf("read events: line %d: %w", n, err))
				return
			}
			if line = bytes.TrimSpace(line); len(line) > 0 {
				m, bad := decode(line)
				if m.Run != nil && m.Run.Schema != "" && m.Run.Schema != eventsSchema {
					yield(overgrant.Message{}, fmt.Errorf("read events: line %d: schema %.40q; want %s", n, m.Run.Schema, eventsSchema))
					return
				}
				if bad != nil {
					bad = fmt.Errorf("read events: line %d: %w", n, bad)
				}
				if !yield(m, bad) {
					return
				}
				ended = ended && m.Run == nil || m.Summary != nil
			}
			if errors.Is(err, io.EOF) {
				break
			}
		}
		if !ended {
			yield(overgrant.Message{}, fmt.Errorf("read events: %w", ErrCut))
		}
	}
}

// readLine returns the next line, or its first maxEvent+1 bytes. The error is
// io.EOF on the last line.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if room := maxEvent + 1 - len(line); room > 0 {
			line = append(line, part[:min(room, len(part))]...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func decode(line []byte) (overgrant.Message, error) {
	var m overgrant.Message
	if len(line) > maxEvent {
		return m, fmt.Errorf("%w: longer than %d bytes", ErrLine, maxEvent)
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return overgrant.Message{}, fmt.Errorf("%w: %s", ErrLine, "damaged or cut off")
	}
	set := 0
	for _, is := range []bool{m.Run != nil, m.Found != nil, m.Seen != nil, m.Judged != nil, m.Proven != nil, m.Measured != nil, m.Model != nil, m.Used != nil, m.Trail != nil, m.Logged != nil, m.Remedied != nil, m.Minted != nil, m.Skipped != nil, m.Hushed != nil, m.Dropped != nil, m.Summary != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return overgrant.Message{}, fmt.Errorf("%w: of no sort that this version knows", ErrLine)
	}
	return m, nil
}
