package model

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"
)

var zipFormat = Format{
	Name: "zip",
	Doc:  "Zip archives as PyTorch, NumPy and Python read them: checkpoints and TorchScript, npz, and archives of models; each member, those that no directory names included.",
	head: prefix("PK\x03\x04"),
	tail: func(_, tail []byte) bool { return findEnd(tail) >= 0 },
	scan: scanZip,
}

// archive is a zip archive whose directory has been read.
type archive struct {
	s       *scan
	p       piece
	members []member
	start   int64 // where the archive begins in p: what stands before was prepended
	end     int64 // behind its last record
	listing int64 // where the directory stands
	carved  bool  // the directory is missing or broken: members were found by their own headers
	torch   bool  // it has a data.pkl
	script  bool  // it has code of TorchScript
	npz     bool  // all members are arrays
	done    map[extent]bool

	gapsSeen int
}

// extent is where the bytes of a member stand and how they are read.
type extent struct {
	data, packed int64
	method       uint16
	pickle       bool // a pickle by its name
}

// again reports whether the bytes of a member were read under another name.
func (a *archive) again(m *member, pickle bool) bool {
	if a.done == nil {
		a.done = map[extent]bool{}
	}
	e := extent{m.data, m.packed, m.method, pickle}
	was := a.done[e]
	a.done[e] = true
	return was
}

// member is an entry of the directory.
type member struct {
	name         string
	size, packed int64
	method       uint16
	flags        uint16
	crc          uint32
	header       int64 // where its own header stands in the piece
	data         int64 // where its bytes stand; 0 until the header was read
	head         []byte
}

// zipKinds are formats that are zip archives. Each is asked with the directory
// read; the first that says yes reads the archive, and scan returns whether the
// archive is then done with.
var zipKinds = []struct {
	name string
	is   func(a *archive) bool
	scan func(a *archive) bool
}{
	{"keras-zip", isKerasZip, scanKerasZip},
	{"torch-archive", isMAR, scanMAR},
	{"skops", isSkopsZip, scanSkopsZip},
	{"torchscript", func(a *archive) bool { return a.script }, scanTorchZip},
	{"pytorch-zip", func(a *archive) bool { return a.torch }, scanTorchZip},
	{"npz", func(a *archive) bool { return a.npz }, scanNpz},
}

func scanZip(s *scan, p piece) bool {
	p.size = s.extent(p)
	a := &archive{s: s, p: p}
	if !a.directory() && !a.carve(0, p.size) {
		return false
	}
	a.recognise()
	a.compare()
	a.outside()
	a.swells()
	for _, k := range zipKinds {
		if k.is(a) && k.scan(a) {
			s.name(p, k.name)
			return true
		}
	}
	known := a.all(func(*member) bool { return true })
	if a.carved {
		s.unread(p, "the archive has no directory; its members were found by their own headers")
	}
	return known || s.report.Unread != "" || len(s.report.Findings) > 0
}

// recognise sees by the names what sort of archive it is.
func (a *archive) recognise() {
	a.npz = len(a.members) > 0
	for i := range a.members {
		n := strings.ToLower(a.members[i].name)
		base := path.Base(n)
		a.torch = a.torch || base == "data.pkl"
		a.script = a.script || base == "constants.pkl" || strings.Contains(n, "/code/") && strings.HasSuffix(n, ".py")
		a.npz = a.npz && strings.HasSuffix(n, ".npy")
	}
}

// What an archive may unpack to before it is told: an archive of zeros unpacks to
// a thousand times its size.
const (
	swellsTimes = 300
	swellsMin   = 32 << 20 // bytes
)

// swells tells of an archive that unpacks to far more than it is. Arrays of zeros
// are no such thing.
func (a *archive) swells() {
	var size, packed int64
	for i := range a.members {
		if m := &a.members[i]; m.method != 0 && !strings.HasSuffix(strings.ToLower(m.name), ".npy") {
			size += min(m.size, 1<<50)
			packed += m.packed
		}
	}
	if size > swellsMin && size/swellsTimes > min(packed, a.p.size) {
		a.s.find(a.p, Finding{Rule: "bomb", What: fmt.Sprintf("%d bytes that unpack to %d", min(packed, a.p.size), size), Why: "unpacking it takes the memory or the disk of the machine", Severity: Medium})
	}
}

// all reads the members that want says yes to, and reports whether one was a
// model.
func (a *archive) all(want func(*member) bool) bool {
	known := false
	for i := range a.members {
		m := &a.members[i]
		if a.s.ctx.Err() != nil {
			break
		}
		if m.size == 0 && m.packed == 0 || !want(m) {
			continue
		}
		in, ok := a.open(m)
		if !ok || a.again(m, false) {
			continue
		}
		known = a.s.format(in) || known
		a.check(in)
	}
	return known
}

// check tells of a member that could not be unpacked to its end.
func (a *archive) check(in piece) {
	r, ok := in.at.(*replay)
	if !ok {
		return
	}
	if r.err != nil {
		a.s.unread(in, "unpack: "+r.err.Error())
	}
	r.free()
}

// open gives the bytes of a member, as they are unpacked by what the directory
// says. It is false if that cannot be done; the scan is then told.
func (a *archive) open(m *member) (piece, bool) {
	p := piece{path: a.p.inner(m.name), depth: a.p.depth + 1}
	if !a.locate(m) {
		a.s.unread(p, "its header is not where the directory says")
		return p, false
	}
	body := io.NewSectionReader(a.p.at, m.data, min(m.packed, a.p.size-m.data))
	if m.method == 0 {
		p.at, p.size = body, body.Size()
		return p, true
	}
	open := zipMethods[m.method]
	if open == nil {
		a.s.unread(p, fmt.Sprintf("compressed by method %d, which is not known", m.method))
		return p, false
	}
	if m.method != 8 {
		a.s.heavy()
	}
	size := m.size
	if a.carved && size == 0 {
		size = -1
	}
	q, _ := a.s.replayed(p, size, func() (io.Reader, error) {
		return openSafely(open, piece{at: body, depth: p.depth - 1})
	})
	q.depth = p.depth
	return q, true
}

// zipMethods are the ways to compress a member. Source: APPNOTE.TXT, 4.4.5.
var zipMethods = map[uint16]opener{
	8:  func(r *bufio.Reader, _ int64) (io.Reader, error) { return flate.NewReader(r), nil },
	12: openBzip2,
	14: func(r *bufio.Reader, window int64) (io.Reader, error) {
		var h [4]byte // version and size of the properties
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return nil, err
		}
		properties := make([]byte, int(h[2])|int(h[3])<<8)
		if _, err := io.ReadFull(r, properties); err != nil {
			return nil, err
		}
		return rawLZMA(r, properties, lzmaBounds{math.MaxUint64, window})
	},
	93: openZstd,
	95: openXZ,
}
