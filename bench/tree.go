package main

import (
	"fmt"
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
	out, err := exec.Command("git", "-C", repository, "rev-list", "--first-parent", "HEAD").Output()
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

// checkOut writes one commit's files to dir and returns their bytes.
func checkOut(repository, commit, dir string) (int64, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return 0, err
	}
	line := `git -C "$0" archive "$1" | tar -x -C "$2"`
	if msg, err := exec.Command("sh", "-c", line, repository, commit, dir).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("check out %s: %w: %s", commit, err, msg)
	}
	var total int64
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
