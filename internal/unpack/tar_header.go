package unpack

import (
	"bytes"
	"slices"
	"strconv"
)

// tarHeader is what a header block says.
type tarHeader struct {
	kind       byte
	size       int64 // -1 if it says none that makes sense
	name, link []byte
}

// hasBytes reports whether bytes follow the header. Links, devices and folders
// have none, whatever size they give.
func (h tarHeader) hasBytes() bool { return h.kind < '1' || h.kind > '6' }

// parseTarHeader reads a block, and reports whether its checksum shows it to be
// a header. The names are copies.
//
// Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar, tar.h.
func parseTarHeader(b *[tarBlock]byte) (tarHeader, bool) {
	want, ok := tarNumber(b[148:156])
	if !ok || want == 0 {
		return tarHeader{}, false
	}
	var sum, signed int64
	for i, c := range b {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int64(c)
		signed += int64(int8(c))
	}
	if sum != want && signed != want {
		return tarHeader{}, false
	}
	h := tarHeader{kind: b[156], size: -1, name: tarText(b[:100]), link: tarText(b[157:257])}
	if n, ok := tarNumber(b[124:136]); ok {
		h.size = n
	}
	if string(b[257:263]) == "ustar\x00" && b[345] != 0 {
		h.name = slices.Concat(tarText(b[345:500]), []byte("/"), h.name)
	}
	return h, true
}

func tarText(field []byte) []byte {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return bytes.Clone(field)
}

// tarNumber reads octal digits, or a binary number that begins with a set bit.
func tarNumber(field []byte) (int64, bool) {
	if field[0]&0x80 != 0 {
		if field[0]&0x40 != 0 {
			return 0, false // below zero
		}
		n := int64(field[0] & 0x3f)
		for _, c := range field[1:] {
			if n > 1<<55 {
				return 0, false
			}
			n = n<<8 | int64(c)
		}
		return n, true
	}
	var n int64
	begun, over := false, false
	for _, c := range field {
		switch {
		case c == ' ' || c == 0:
			over = begun
		case c < '0' || c > '7' || over || n > 1<<59:
			return 0, false
		default:
			begun, n = true, n<<3|int64(c-'0')
		}
	}
	return n, true
}

// paxRecords is what an extended header says.
type paxRecords struct {
	path  []byte
	size  int64   // -1 if it says none
	seams []int64 // sizes of the stored parts of a sparse file; nil if it is none
}

// parsePax reads the records of an extended header, as far as they make sense.
// The map of a sparse file in its newest form stands before its bytes, and is
// read as part of them.
func parsePax(text []byte) paxRecords {
	p := paxRecords{size: -1}
	for len(text) > 0 {
		space := bytes.IndexByte(text, ' ')
		if space < 1 || space > 9 {
			break
		}
		n, err := strconv.Atoi(string(text[:space]))
		if err != nil || n <= space+1 || n > len(text) {
			break
		}
		key, value, _ := bytes.Cut(bytes.TrimSuffix(text[space+1:n], []byte("\n")), []byte("="))
		text = text[n:]
		switch string(key) {
		case "path":
			if p.path == nil {
				p.path = value
			}
		case "size":
			if n, err := strconv.ParseInt(string(value), 10, 63); err == nil && n < 1<<60 {
				p.size = n
			}
		case "GNU.sparse.name":
			p.path = value
		case "GNU.sparse.numbytes":
			p.seam(value)
		case "GNU.sparse.map":
			for i, v := range bytes.Split(value, []byte(",")) {
				if i%2 == 1 {
					p.seam(v)
				}
			}
		}
	}
	return p
}

func (p *paxRecords) seam(size []byte) {
	if n, err := strconv.ParseInt(string(size), 10, 63); err == nil && n > 0 {
		p.seams = append(p.seams, n)
	}
}
