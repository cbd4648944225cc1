package model

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

var npyFormat = Format{
	Name: "npy",
	Doc:  "Arrays of NumPy; those of objects are pickles behind a header.",
	head: prefix(npyMagic),
	scan: scanNpy,
}

const (
	npyMagic     = "\x93NUMPY"
	npyHeaderMax = 1 << 20
)

// scanNpy reads the header. Source: numpy/lib/format.py.
func scanNpy(s *scan, p piece) bool {
	h := readUpTo(p.at, 0, headSize)
	if len(h) < 10 {
		s.unread(p, "the header breaks off")
		return true
	}
	n, at := int64(binary.LittleEndian.Uint16(h[8:])), int64(10)
	if h[6] >= 2 {
		if len(h) < 12 {
			s.unread(p, "the header breaks off")
			return true
		}
		n, at = int64(binary.LittleEndian.Uint32(h[8:])), 12
	}
	if n > npyHeaderMax {
		s.find(p, Finding{Rule: "npy", What: fmt.Sprintf("a header of %d bytes", n), Why: "NumPy evaluates it as a literal: gigabytes of memory", Severity: Medium})
		s.unread(p, "the header is too long to read")
		return true
	}
	header := readUpTo(p.at, at, int(n))
	if int64(len(header)) < n || !bytes.HasPrefix(bytes.TrimSpace(header), []byte("{")) {
		s.unread(p, "the header breaks off or is no dict")
		return true
	}
	body := at + n
	dict, rest, err := parseLiteral(string(header), 0)
	descr := dict.get("descr")
	if err != nil || descr == nil || strings.Trim(rest, " \t\r\n\x00") != "" {
		s.unread(p, "the header is no dict of Python with a type")
		descr = &literal{kind: '"', s: "O"} // what else follows is looked at as objects
	}
	if !descr.objects() {
		s.numpy("")
		s.behindArray(p, string(header), body)
		return true
	}
	s.numpy("an array of objects is a pickle")
	in := p
	in.size = p.size - body
	if p.size < 0 {
		in.size = -1
	}
	in.at = from{p.at, body}
	s.pickles(in, true)
	s.name(p, "npy")
	return true
}

// from is r from off on.
type from struct {
	r interface {
		ReadAt([]byte, int64) (int, error)
	}
	off int64
}

func (f from) ReadAt(b []byte, off int64) (int, error) { return f.r.ReadAt(b, f.off+off) }

// numpy records whether numpy.load(allow_pickle=False) takes the file: one
// array that it refuses is enough for no.
func (s *scan) numpy(refused string) {
	if refused != "" {
		s.report.LoadsUnder.NumpyAllowPickleFalse = "no: " + refused
	} else if s.report.LoadsUnder.NumpyAllowPickleFalse == "" {
		s.report.LoadsUnder.NumpyAllowPickleFalse = "yes"
	}
}

var (
	npyDescr = regexp.MustCompile(`['"]descr['"]\s*:\s*['"][<>|=]?([a-zA-Z])(\d+)['"]`)
	npyShape = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([^)]*)\)`)
)

// npySwells is how many bytes an array may claim beyond those that are there
// before that is told as an attack.
const npySwells = 1 << 32

// behindArray looks at what follows a plain array: a second call of numpy.load on
// the same file reads it. An array that claims more than there is is told.
func (s *scan) behindArray(p piece, header string, body int64) {
	d, sh := npyDescr.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if d == nil || sh == nil || p.size < 0 {
		return
	}
	each, _ := strconv.ParseUint(d[2], 10, 32)
	if d[1] == "U" {
		each *= 4
	}
	size := each
	for dim := range strings.SplitSeq(sh[1], ",") {
		if dim = strings.TrimSuffix(strings.TrimSpace(dim), "L"); dim == "" {
			continue
		}
		n, err := strconv.ParseUint(dim, 10, 64)
		hi, lo := bits.Mul64(size, n)
		if size = lo; err != nil || hi > 0 || lo > math.MaxInt64 {
			s.find(p, Finding{Rule: "npy", What: "an array of the shape (" + clipText(sh[1], 80) + ")", Why: "no such array can be: readers that compute with it without care wrap around", Severity: Medium})
			return
		}
	}
	switch there := uint64(max(0, p.size-body)); {
	case size > there && size-there > npySwells:
		s.find(p, Finding{Rule: "npy", What: fmt.Sprintf("an array of %d bytes of which %d are there", size, there), Why: "NumPy takes the memory before it reads", Severity: Medium})
	case size > there:
		s.unread(p, "the file ends in its values")
	case size < there:
		end := body + int64(size)
		s.format(p.part(end, p.size-end, "behind the array"))
	}
}

// scanNpz reads an archive of arrays.
func scanNpz(a *archive) bool {
	a.all(func(*member) bool { return true })
	return true
}
