package main

import (
	"io/fs"
	"os/exec"
	"path/filepath"
)

// content classifies what stands in text, on one processor: the files of one
// commit of a large project. Other scanners look through the same.
func (b *bench) content() error {
	if err := makeTree(filepath.Join(b.out, "wide"), filepath.Join(b.out, "tree")); err != nil {
		return err
	}
	dir := absolute(filepath.Join(b.out, "tree", "at00"))
	size, err := sizeOf(dir)
	if err != nil {
		return err
	}
	text := rate{size, "MB"}
	ours, err := b.middle(command{
		line: []string{b.bin, "measure", "--quiet", "--jobs", "1", "--read-budget", "1TB", "--sample", "1000000", "--format", "json", dir},
		env:  append(b.state(), "GOMAXPROCS=1"),
	})
	if err != nil {
		return err
	}
	b.rated("content", "overgrant measure", ours, ours, text, "200 MB a CPU s")
	for _, peer := range [][]string{
		{"gitleaks", "dir", "--no-banner", "--exit-code=0", dir},
		{"trufflehog", "filesystem", "--no-verification", "--no-update", dir},
	} {
		if _, err := exec.LookPath(peer[0]); err != nil {
			continue
		}
		r, err := b.one(command{line: peer, env: []string{"GOMAXPROCS=1"}})
		if err != nil {
			return err
		}
		b.rated("content", peer[0], r, ours, text, "")
	}
	return nil
}

// sizeOf is how many bytes the files of a folder have.
func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}
