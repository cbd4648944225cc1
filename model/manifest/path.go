package manifest

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// DefaultIgnored are the paths that no manifest covers, at the top of a model
// and with all below them.
var DefaultIgnored = []string{".git", ".gitattributes", ".github", ".gitignore"}

// pathBytes is the longest path that is taken, in bytes: as long as a file
// system or a storage service has them, and some more.
const pathBytes = 8 << 10

// CleanPath returns the path of a file as a manifest has it: relative, in UTF-8,
// separated by /, without "." or empty parts. It fails with ErrPath where there
// is no such form: for an absolute path, one with "..", and one that is no UTF-8.
func CleanPath(p string) (string, error) {
	switch {
	case p == "":
		return "", fmt.Errorf("%w: it is empty", ErrPath)
	case len(p) > pathBytes:
		return "", fmt.Errorf("%w: longer than %d bytes", ErrPath, pathBytes)
	case !utf8.ValidString(p):
		return "", fmt.Errorf("%q: %w: it is no UTF-8", p, ErrPath)
	case strings.HasPrefix(p, "/"):
		return "", fmt.Errorf("%q: %w: it is absolute", p, ErrPath)
	case strings.ContainsRune(p, 0):
		return "", fmt.Errorf("%q: %w: it holds a NUL", p, ErrPath)
	case slices.Contains(strings.Split(p, "/"), ".."):
		return "", fmt.Errorf("%q: %w: it leads out of the model", p, ErrPath)
	}
	return path.Clean(p), nil
}

// checkSigned makes sure that a path in a signed manifest can be meant. It must
// stand as CleanPath writes it, lest two paths mean one file.
func checkSigned(p string) error {
	clean, err := CleanPath(p)
	if err == nil && clean != p {
		err = fmt.Errorf("%q: %w: want %q", p, ErrPath, clean)
	}
	return err
}

var errGlob = errors.New("globs are not known to OMS; give the paths themselves")

// CheckIgnored returns a path that is to be left out as a manifest has it.
func CheckIgnored(p string) (string, error) {
	if strings.ContainsAny(p, "*?[") {
		return "", fmt.Errorf("leave out %q: %w", p, errGlob)
	}
	clean, err := CleanPath(strings.TrimSuffix(p, "/"))
	if err != nil {
		return "", fmt.Errorf("leave out: %w", err)
	}
	return clean, nil
}

// Ignores reports whether a path lies at or below one of those left out, or of
// DefaultIgnored.
func Ignores(ignored []string, p string) bool {
	for end := 0; end <= len(p); end++ {
		if end < len(p) && p[end] != '/' {
			continue
		}
		if slices.Contains(ignored, p[:end]) || strings.IndexByte(p[:end], '/') < 0 && slices.Contains(DefaultIgnored, p[:end]) {
			return true
		}
	}
	return false
}
