package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// treeBytes is how much text the tree holds, in bytes, roughly.
const treeBytes = 1 << 30

// makeTree checks out commits of the wide history, spread evenly over it, until
// the tree holds a gigabyte. A tree that is complete already is left alone.
func makeTree(repository, dir string) error {
	done := filepath.Join(dir, "..", "tree-complete")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	out, err := exec.Command("git", "-C", repository, "rev-list", "--first-parent", "--all").Output()
	if err != nil {
		return fmt.Errorf("list commits: %w", err)
	}
	commits := strings.Fields(string(out))
	const pieces = 64
	var total int64
	for i := 0; i < pieces && total < treeBytes; i++ {
		n, err := checkOut(repository, commits[i*len(commits)/pieces], filepath.Join(dir, fmt.Sprintf("at%02d", i)))
		if err != nil {
			return err
		}
		total += n
	}
	return os.WriteFile(done, nil, 0o600)
}

// checkOut writes one commit's text files to dir and returns their bytes.
func checkOut(repository, commit, dir string) (int64, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return 0, err
	}
	line := `git -C "$0" archive "$1" | tar -x -C "$2"`
	if msg, err := exec.Command("sh", "-c", line, repository, commit, dir).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("check out %s: %w: %s", commit, err, msg)
	}
	var total int64
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		n, err := text(path)
		if err == nil && n < 0 {
			err = os.Remove(path)
		}
		total += max(0, n)
		return err
	})
	return total, err
}

// text returns the size of a file, or -1 if it is not text.
func text(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	head := make([]byte, 8000)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, err
	}
	if bytes.IndexByte(head[:n], 0) >= 0 {
		return -1, nil
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
