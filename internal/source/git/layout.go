package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// ErrNone says that there is no git repository at a path.
var ErrNone = errors.New("not a git repository")

// layout is where the parts of a repository are on disk.
type layout struct {
	git      string // HEAD, index and the like of this worktree
	common   string // objects, refs and configuration that all worktrees share
	format   gitpack.HashFormat
	reftable bool // refs are in a table, not in files
	promisor bool // a partial clone: objects may be left with the server
}

// Is reports whether path is a repository: a worktree's top folder, its .git,
// or a bare repository.
func Is(path string) bool {
	_, err := locate(path)
	return err == nil
}

// locate finds the parts of the repository at path. No git program takes part,
// and of the configuration nothing is used that could name one.
func locate(path string) (layout, error) {
	var l layout
	switch {
	case l.adopt(filepath.Join(path, ".git")):
	case l.adopt(path):
	default:
		return l, fmt.Errorf("open %s: %w", path, ErrNone)
	}
	config, err := slurp(filepath.Join(l.common, "config"), 1<<20)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, fmt.Errorf("open %s: %w", path, err)
	}
	for s := range settings(config) {
		if err := l.set(s); err != nil {
			return l, fmt.Errorf("open %s: %w", path, err)
		}
	}
	return l, nil
}

// adopt takes path for the .git folder, or the file that names it, and reports
// whether it is.
func (l *layout) adopt(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if info.Mode().IsRegular() {
		text, err := slurp(path, 1<<16)
		to, ok := bytes.CutPrefix(text, []byte("gitdir:"))
		if err != nil || !ok {
			return false
		}
		path = relative(filepath.Dir(path), string(to))
	}
	common := path
	if text, err := slurp(filepath.Join(path, "commondir"), 1<<16); err == nil {
		common = relative(path, string(text))
	}
	for _, must := range []string{filepath.Join(path, "HEAD"), filepath.Join(common, "objects"), filepath.Join(common, "refs")} {
		if _, err := os.Lstat(must); err != nil {
			return false
		}
	}
	l.git, l.common = path, common
	return true
}

// relative resolves what a file in folder says of another folder.
func relative(folder, text string) string {
	text = filepath.FromSlash(strings.TrimSpace(text))
	if filepath.IsAbs(text) {
		return filepath.Clean(text)
	}
	return filepath.Join(folder, text)
}

// set takes one setting of the configuration.
func (l *layout) set(s setting) error {
	section, name, value := s.section, s.name, s.value
	switch {
	case section == "extensions" && name == "objectformat":
		switch strings.ToLower(value) {
		case "sha1":
			l.format = gitpack.SHA1
		case "sha256":
			l.format = gitpack.SHA256
		default:
			return fmt.Errorf("object format %q is not known", value)
		}
	case section == "extensions" && name == "refstorage":
		kind, _, _ := strings.Cut(strings.ToLower(value), "://")
		switch kind {
		case "files":
		case "reftable":
			l.reftable = true
		default:
			return fmt.Errorf("ref storage %q is not known", value)
		}
	case section == "extensions" && name == "partialclone",
		section == "remote" && name == "promisor" && strings.EqualFold(value, "true"),
		section == "remote" && name == "partialclonefilter":
		l.promisor = true
	}
	return nil
}

// setting is a line of git's configuration; section and name in lower case.
type setting struct{ section, name, value string }

// settings yields what a git configuration file sets. Files that it includes
// are not read.
func settings(text []byte) iter.Seq[setting] {
	return func(yield func(setting) bool) {
		section := ""
		for line := range bytes.Lines(text) {
			line := strings.TrimSpace(string(line))
			switch {
			case line == "" || line[0] == '#' || line[0] == ';':
				continue
			case line[0] == '[':
				head, rest, _ := strings.Cut(line[1:], "]")
				section, _, _ = strings.Cut(strings.ToLower(head), " ")
				if line = strings.TrimSpace(rest); line == "" {
					continue
				}
			}
			name, value, set := strings.Cut(line, "=")
			if !set {
				value = "true"
			}
			value, _, _ = strings.Cut(strings.TrimSpace(value), " #")
			value, _, _ = strings.Cut(value, " ;")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			if !yield(setting{section, strings.ToLower(strings.TrimSpace(name)), value}) {
				return
			}
		}
	}
}

// slurp reads a regular file of at most limit bytes. What is no regular file,
// a pipe say, is never opened, since it could keep the reader waiting.
func slurp(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("read %s: longer than %d bytes", path, limit)
	}
	return text, err
}

// worktrees lists the folders in which worktrees keep what is their own.
func (l *layout) worktrees() []string {
	folders := []string{l.git}
	if l.common != l.git {
		folders = append(folders, l.common)
	}
	others, _ := os.ReadDir(filepath.Join(l.common, "worktrees"))
	for _, other := range others {
		if path := filepath.Join(l.common, "worktrees", other.Name()); path != l.git {
			folders = append(folders, path)
		}
	}
	return folders
}
