package model

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
)

// xmlFormat holds PMML and OpenVINO.
var xmlFormat = Format{
	Name: "xml",
	Doc:  "PMML and OpenVINO: entities and document types that reach for files, extensions and libraries that are loaded",
	head: xmlHead,
	scan: scanXML,
}

const (
	xmlBytes  = 256 << 20 // of one document that are read
	xmlTokens = 20_000_000
)

func xmlHead(head []byte) bool {
	head = xmlText(head)
	head = bytes.TrimLeft(head, "\ufeff \t\r\n")
	return len(head) > 3 && head[0] == '<' && (head[1] == '?' || head[1] == '!' || head[1] >= 'A' && head[1] <= 'Z' || head[1] >= 'a' && head[1] <= 'z')
}

// xmlOrder returns the order of a document in UTF-16, nil for others.
func xmlOrder(head []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{'<', 0}):
		return binary.LittleEndian
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0, '<'}):
		return binary.BigEndian
	}
	return nil
}

// xmlText turns UTF-16 into UTF-8.
func xmlText(b []byte) []byte {
	order := xmlOrder(b)
	if order == nil {
		return b
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// wide reads UTF-16 as UTF-8.
type wide struct {
	r     io.Reader
	order binary.ByteOrder
	out   []byte
}

func (w *wide) Read(b []byte) (int, error) {
	for len(w.out) == 0 {
		raw := make([]byte, 4096)
		n, err := io.ReadFull(w.r, raw)
		if n < 2 {
			if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			return 0, err
		}
		units := make([]uint16, n/2)
		for i := range units {
			units[i] = w.order.Uint16(raw[2*i:])
		}
		w.out = []byte(strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff"))
	}
	n := copy(b, w.out)
	w.out = w.out[n:]
	return n, nil
}

// xmlDoc is one document on its way.
type xmlDoc struct {
	s          *scan
	p          piece
	d          *xml.Decoder
	root       string
	directives []string
	offsets    []int64
	extension  int // Extension elements around
	open       int // elements around
}

func scanXML(s *scan, p piece) bool {
	r := io.LimitReader(p.stream(), min(xmlBytes, 16<<20+16*max(s.report.Size, 0)))
	if order := xmlOrder(readUpTo(p.at, 0, 4)); order != nil {
		r = &wide{r: r, order: order}
	}
	s.large(p)
	x := &xmlDoc{s: s, p: p, d: xml.NewDecoder(&bounded{r: bufio.NewReaderSize(r, windowSize)})}
	x.d.Strict = false
	x.d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for n := 0; ; n++ {
		t, err := x.d.RawToken()
		if n == xmlTokens {
			err = errXMLLarge
		} else if errors.Is(err, io.EOF) && x.open > 0 {
			err = errXMLCut
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && x.root != "" {
				s.unread(p, "XML: "+clipText(err.Error(), 80))
			}
			break
		}
		if !x.token(t) {
			return false
		}
	}
	if x.root == "" && x.about() {
		x.tellDirectives()
		s.name(p, "pmml")
		return true
	}
	return x.root != ""
}

var (
	errXMLCut   = errors.New("the document ends in its elements, or is longer than is read")
	errXMLLarge = errors.New("more elements than are read")
)

// errTag ends a document whose one tag is longer than any.
var errTag = errors.New("a tag that does not end")

// bounded ends a document that has no tags for too long, which the decoder would
// keep in memory.
type bounded struct {
	r    *bufio.Reader
	tags int64 // bytes since the last end of a tag or line of values
}

const xmlTag = 8 << 20 // bytes between two ends of tags

func (b *bounded) Read(p []byte) (int, error) { return b.r.Read(p) }

func (b *bounded) ReadByte() (byte, error) {
	c, err := b.r.ReadByte()
	if b.tags++; c == '>' {
		b.tags = 0
	}
	if b.tags > xmlTag {
		return 0, errTag
	}
	return c, err
}

// about says whether a document type is that of PMML though no element came.
func (x *xmlDoc) about() bool {
	for _, d := range x.directives {
		if strings.Contains(d, "PMML") {
			return true
		}
	}
	return false
}

// token reads one token; it is false when the document is of no format here.
func (x *xmlDoc) token(t xml.Token) bool {
	switch t := t.(type) {
	case xml.Directive:
		if len(x.directives) < 100 {
			x.directives = append(x.directives, string(t))
			x.offsets = append(x.offsets, x.d.InputOffset())
		}
	case xml.StartElement:
		if x.root == "" {
			x.root = strings.ToLower(t.Name.Local)
			if x.root != "pmml" && x.root != "net" {
				return false
			}
			x.s.name(x.p, map[string]string{"pmml": "pmml", "net": "openvino"}[x.root])
			x.tellDirectives()
		}
		x.open++
		x.element(t)
	case xml.EndElement:
		x.open--
		if t.Name.Local == "Extension" && x.extension > 0 {
			x.extension--
		}
	case xml.CharData:
		if x.extension > 0 {
			x.code(string(t[:min(len(t), 64<<10)]))
		}
	}
	return true
}

// tellDirectives judges document types: what a reader that expands entities
// would fetch.
func (x *xmlDoc) tellDirectives() {
	for i, d := range x.directives {
		upper := strings.ToUpper(d)
		f := Finding{Rule: "xxe", What: clipText("<!"+d+">", 160), Offset: x.offsets[i]}
		switch {
		case strings.Contains(upper, "<!ENTITY"), strings.HasPrefix(upper, "ENTITY"):
			f.Severity, f.Why = High, "readers that expand entities fetch files and addresses, or run out of memory"
		case strings.Contains(upper, "SYSTEM"), strings.Contains(upper, "PUBLIC"):
			f.Severity, f.Why = High, "readers that follow document types fetch this file or address"
			if strings.Contains(d, "://www.dmg.org/") {
				f.Severity = Medium
			}
		case strings.HasPrefix(upper, "DOCTYPE"):
			f.Severity, f.Why = Medium, "a document type, which the format does not need"
		default:
			continue
		}
		x.s.find(x.p, f)
	}
}

func (x *xmlDoc) element(t xml.StartElement) {
	name := t.Name.Local
	if name == "Extension" {
		x.extension++
	}
	if strings.EqualFold(name, "script") || strings.EqualFold(t.Name.Space, "xi") && strings.EqualFold(name, "include") {
		x.tell("<"+t.Name.Space+" "+name+">", "an element that brings code or other files", Medium)
	}
	for _, a := range t.Attr {
		key, value := strings.ToLower(a.Name.Local), a.Value
		low := strings.ToLower(value)
		switch {
		case key == "library" || key == "lib" || key == "extension_path" || key == "plugin" && x.root == "net",
			strings.HasSuffix(low, ".so"), strings.HasSuffix(low, ".dll"), strings.HasSuffix(low, ".dylib"):
			x.tell(name+" "+a.Name.Local+"="+value, "a library that is loaded as code", High)
		case x.root == "net" && name == "layer" && (key == "type" && (low == "custom" || low == "extension") || key == "version" && !openvinoOpset(low)):
			x.tell("layer "+a.Name.Local+"="+value, "an operator that does not come with OpenVINO: it needs a library of its maker", Medium)
		case x.extension > 0:
			x.code(value)
		}
	}
}

// openvinoOpset says whether a set of operators comes with OpenVINO.
func openvinoOpset(v string) bool {
	return strings.HasPrefix(v, "opset") || v == "" || v == "experimental" || v == "ie_internal_opset" || v == "type_relaxed_opset"
}

// code judges text of extensions, which some readers run as scripts.
func (x *xmlDoc) code(text string) {
	for _, t := range []string{"getRuntime", "ProcessBuilder", "os.system", "subprocess", "eval(", "exec(", "javascript:", "<script", "import os", "__import__"} {
		if strings.Contains(text, t) {
			x.tell("an extension with "+t, "code in an element that readers may run", Medium)
			return
		}
	}
}

func (x *xmlDoc) tell(what, why string, sev Severity) {
	x.s.find(x.p, Finding{Rule: "extension", What: clipText(what, 160), Why: why, Offset: x.d.InputOffset(), Severity: sev})
}
