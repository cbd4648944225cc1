package model

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/bodgit/sevenzip"
)

var sevenzipFormat = Format{
	Name: "7z",
	Doc:  "7-Zip archives, in which payloads have been hidden from scanners.",
	head: prefix("7z\xbc\xaf\x27\x1c"),
	scan: scanSevenzip,
}

// sevenHeaderMax bounds the header that is read, in bytes.
const sevenHeaderMax = 4 << 20

func scanSevenzip(s *scan, p piece) bool {
	p.size = s.extent(p)
	h := readUpTo(p.at, 0, 32)
	if len(h) < 32 || binary.LittleEndian.Uint64(h[20:]) > sevenHeaderMax {
		s.unread(p, "7z: the header is missing or too long")
		return true
	}
	z, err := openSevenzip(p)
	if err != nil {
		s.unread(p, "7z: "+err.Error())
		return true
	}
	known := false
	for _, f := range z.File {
		if s.members++; s.members > s.lim.Members || s.ctx.Err() != nil {
			s.unread(p, fmt.Sprintf("more than %d members", s.lim.Members))
			break
		}
		if f.FileInfo().IsDir() || f.UncompressedSize == 0 {
			continue
		}
		at := p
		at.path = p.inner(clean(f.Name))
		in, r := s.replayed(at, int64(f.UncompressedSize&(1<<62-1)), func() (io.Reader, error) {
			return openSafely(func(io.Reader) (io.Reader, error) { return f.Open() }, nil)
		})
		known = s.format(in) || known
		if r.err != nil {
			s.unread(in, "7z: "+r.err.Error())
		}
	}
	return known || s.report.Unread != "" || len(s.report.Findings) > 0
}

func openSevenzip(p piece) (z *sevenzip.Reader, err error) {
	defer func() {
		if x := recover(); x != nil {
			z, err = nil, errDecoder
		}
	}()
	return sevenzip.NewReader(p.at, p.size)
}
