package model

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

var tarFormat = Format{
	Name: "tar",
	Doc:  "Tar archives: checkpoints of PyTorch before 0.2, NeMo, and archives of models.",
	head: tarHead,
	scan: scanTar,
}

// tarHead compares the checksum of the first header. Source: POSIX.1-1988.
func tarHead(h []byte) bool {
	if len(h) < 512 || h[0] == 0 {
		return false
	}
	want, err := strconv.ParseInt(strings.Trim(string(h[148:156]), " \x00"), 8, 32)
	if err != nil {
		return false
	}
	sum := int64(8 * ' ')
	for i, c := range h {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return sum == want
}

func scanTar(s *scan, p piece) bool {
	c := &cursor{r: p.at}
	t := tar.NewReader(c)
	known, old := false, 0
	for s.ctx.Err() == nil {
		h, err := t.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				s.unread(p, "tar: "+err.Error())
			}
			break
		}
		if s.members++; s.members > s.lim.Members {
			s.unread(p, fmt.Sprintf("more than %d members", s.lim.Members))
			break
		}
		name := clean(h.Name)
		s.escapes(p, h, name, c.off)
		if h.Typeflag != tar.TypeReg || h.Size == 0 {
			continue
		}
		switch path.Clean(name) {
		case "pickle", "storages", "tensors", "sys_info":
			old++
		}
		in := p.part(c.off, h.Size, name)
		known = s.format(in) || known
	}
	if s.pickles(p, false).known { // the first name of an archive can be a pickle
		known = true
	}
	if old >= 3 {
		s.name(p, "pytorch-tar")
		s.weightsOnly(weights{refused: "files of the old tar format are not loaded so"})
	}
	return known || s.report.Unread != "" || len(s.report.Findings) > 0
}

// escapes tells of a member that would be unpacked outside its folder.
func (s *scan) escapes(p piece, h *tar.Header, name string, at int64) {
	what := ""
	switch {
	case path.IsAbs(name) || outsideOf(name):
		what = "a member named " + short(name, 80)
	case h.Typeflag == tar.TypeSymlink && (path.IsAbs(h.Linkname) || outsideOf(path.Join(path.Dir(name), h.Linkname))), //nolint:gosec // nothing is written
		h.Typeflag == tar.TypeLink && (path.IsAbs(h.Linkname) || outsideOf(h.Linkname)):
		what = "a link to " + short(clean(h.Linkname), 80)
	}
	if what != "" {
		s.find(p, Finding{Rule: "escape", What: what, Why: "unpacking it reaches outside its folder", Offset: at, Severity: Medium})
	}
}

func outsideOf(name string) bool {
	name = path.Clean(name)
	return name == ".." || strings.HasPrefix(name, "../")
}
