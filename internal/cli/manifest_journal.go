package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// journal keeps in a file which parts of a model were read and found to be as
// signed, each with the ETag that it had: a line each, below one that names the
// model. It is a manifest.Journal.
type journal struct {
	mu   sync.Mutex
	file *os.File
	out  *bufio.Writer
	have map[string]struct{}
}

const journalHead = "overgrant manifest journal 1 of "

// openJournal opens a journal, or begins one. It fails if the file is that of
// another model, or no journal.
func openJournal(name, root string) (*journal, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open --resume: %w", err)
	}
	j := &journal{file: f, out: bufio.NewWriter(f), have: map[string]struct{}{}}
	if err := j.read(journalHead + root); err != nil {
		return nil, errors.Join(fmt.Errorf("open --resume %s: %w", name, err), f.Close())
	}
	return j, nil
}

// read reads what is there. A last line that is cut short is forgotten.
func (j *journal) read(head string) error {
	data, err := io.ReadAll(io.LimitReader(j.file, manifestLimit))
	if err != nil {
		return err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	for i, line := range strings.Split(strings.TrimSuffix(string(whole), "\n"), "\n") {
		switch {
		case i == 0 && len(data) > 0 && line != head:
			return errors.New("it is not the journal of this manifest; give another file")
		case i > 0:
			j.have[line] = struct{}{}
		}
	}
	if err := j.file.Truncate(int64(len(whole))); err != nil {
		return err
	}
	if _, err := j.file.Seek(int64(len(whole)), io.SeekStart); err != nil {
		return err
	}
	if len(whole) == 0 {
		_, _ = j.out.WriteString(head + "\n") // Flush gives its error
	}
	return j.out.Flush()
}

func journalLine(name, tag string) string { return strconv.Quote(name) + " " + strconv.Quote(tag) }

// Has reports whether a part was found to be as signed.
func (j *journal) Has(name, tag string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, ok := j.have[journalLine(name, tag)]
	return ok
}

// Add keeps that a part was found to be as signed. It is in the file at once: what
// was read is not read again, however the program ends.
func (j *journal) Add(name, tag string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	line := journalLine(name, tag)
	j.have[line] = struct{}{}
	_, _ = j.out.WriteString(line + "\n") // Flush gives its error
	return j.out.Flush()
}

func (j *journal) close() error {
	return errors.Join(j.out.Flush(), j.file.Close())
}
