package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// began is the moment of the first commit, in seconds since 1970; each commit
// comes an hour after the one before.
const began = 1358467200 // 2013-01-18

// stream writes commits in the format of git fast-import. The first write that
// fails is kept and ends all later ones.
type stream struct {
	w       *bufio.Writer
	commits int
}

// importInto runs git fast-import in a repository and lets write feed it.
func importInto(repository string, write func(*stream) error) error {
	cmd := exec.Command("git", "fast-import", "--quiet", "--depth=50", "--max-pack-size=4g")
	cmd.Dir = repository
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start git fast-import: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start git fast-import: %w", err)
	}
	s := &stream{w: bufio.NewWriterSize(in, 1<<20)}
	err = write(s)
	if err == nil {
		err = s.w.Flush()
	}
	in.Close()
	if waited := cmd.Wait(); err == nil && waited != nil {
		err = fmt.Errorf("run git fast-import: %w", waited)
	}
	return err
}

// commit begins a commit; the files it changes follow.
func (s *stream) commit(message string) {
	when := began + s.commits*3600
	who := s.commits * 7 % 41
	fmt.Fprintf(s.w, "commit refs/heads/main\nmark :%d\nauthor Author %d <author%d@example.com> %d +0100\n",
		s.commits+1, who, who, when)
	fmt.Fprintf(s.w, "committer Committer %d <committer%d@example.com> %d +0000\ndata %d\n%s\n",
		who%5, who%5, when+600, len(message), message)
	if s.commits > 0 {
		fmt.Fprintf(s.w, "from :%d\n", s.commits)
	}
	s.commits++
}

// file sets the content of one path in the commit that was begun last.
func (s *stream) file(path string, content []byte) {
	fmt.Fprintf(s.w, "M 100644 inline %s\ndata %d\n", quoted(path), len(content))
	_, _ = s.w.Write(content)
	_ = s.w.WriteByte('\n')
}

// remove takes one path out of the tree.
func (s *stream) remove(path string) { _, _ = io.WriteString(s.w, "D "+quoted(path)+"\n") }

// quoted returns a path as fast-import wants it; module zips hold no path that
// would need more than quotes.
func quoted(path string) string { return `"` + path + `"` }
