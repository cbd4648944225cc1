package gitpack

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// MultiIndex is a multi-pack-index file: one index over many packs. Source:
// git's Documentation/gitformat-pack.txt. Many goroutines may use it at once.
type MultiIndex struct {
	names   []string
	hash    int
	format  HashFormat
	count   int
	ids     []byte // OIDL
	offsets []byte // OOFF: number of the pack and offset, 4 bytes each
	large   []byte // LOFF: offsets of 2 GiB and more
}

// What a multi-pack-index begins with: signature, version, hash, numbers of
// chunks, of base files and of packs; a line of its table of chunks is an ID and
// an offset.
const (
	midxHeader = 12
	midxLine   = 12
)

// OpenMultiIndex opens a multi-pack-index. It fails with ErrCorrupt or ErrFormat.
func OpenMultiIndex(data []byte, format HashFormat) (*MultiIndex, error) {
	m := &MultiIndex{hash: format.Size(), format: format}
	if err := m.open(data); err != nil {
		return nil, fmt.Errorf("open multi-pack-index: %w", err)
	}
	return m, nil
}

func (m *MultiIndex) open(data []byte) error {
	if len(data) < midxHeader+midxLine || string(data[:4]) != "MIDX" {
		return corrupt("no signature in %d bytes", len(data))
	}
	if data[4] != 1 {
		return formatError("multi-pack-index version", uint32(data[4]))
	}
	if want := map[HashFormat]byte{SHA1: 1, SHA256: 2}[m.format]; data[5] != want {
		return formatError("hash of multi-pack-index", uint32(data[5]))
	}
	packs := binary.BigEndian.Uint32(data[8:])
	chunks, err := midxChunks(data, int(data[6]))
	if err != nil {
		return err
	}
	fan := chunks["OIDF"]
	m.ids, m.offsets, m.large = chunks["OIDL"], chunks["OOFF"], chunks["LOFF"]
	if len(fan) < 1024 {
		return corrupt("fan-out of %d bytes", len(fan))
	}
	m.count = int(binary.BigEndian.Uint32(fan[1020:]))
	if len(m.ids) < m.count*m.hash || len(m.offsets) < m.count*8 {
		return corrupt("list of %d objects is cut short", m.count)
	}
	names := strings.Split(string(chunks["PNAM"]), "\x00")
	if uint64(packs) > uint64(len(names)) {
		return corrupt("names of %d packs are cut short", packs)
	}
	m.names = names[:packs]
	return nil
}

// midxChunks cuts a multi-pack-index into its chunks.
func midxChunks(data []byte, n int) (map[string][]byte, error) {
	table := data[midxHeader:]
	if len(table) < (n+1)*midxLine {
		return nil, corrupt("table of %d chunks is cut short", n)
	}
	chunks := make(map[string][]byte, n)
	for i := range n {
		from := binary.BigEndian.Uint64(table[i*midxLine+4:])
		to := binary.BigEndian.Uint64(table[(i+1)*midxLine+4:])
		if from > to || to > uint64(len(data)) {
			return nil, corrupt("chunk %d is out of range", i)
		}
		chunks[string(table[i*midxLine:i*midxLine+4])] = data[from:to]
	}
	return chunks, nil
}

// Names returns the names of the indexes that the file stands for, such as
// pack-1234.idx.
func (m *MultiIndex) Names() []string { return m.names }

// Index makes the index of one pack, for a pack that has none of its own, as
// OpenPack takes it. It lists the objects that the multi-pack-index takes from
// that pack: others may hold the rest. It fails with ErrMissing if there is no
// pack of that name, and with ErrCorrupt.
func (m *MultiIndex) Index(name string) ([]byte, error) {
	for n, known := range m.names {
		if known != name {
			continue
		}
		var list []indexed
		for i := range m.count {
			if binary.BigEndian.Uint32(m.offsets[8*i:]) != uint32(n) {
				continue
			}
			off := int64(binary.BigEndian.Uint32(m.offsets[8*i+4:]))
			if off&0x80000000 != 0 && m.large != nil {
				at := int(off&0x7fffffff) * 8
				if at+8 > len(m.large) || binary.BigEndian.Uint64(m.large[at:]) > math.MaxInt64 {
					return nil, fmt.Errorf("make index %s: %w", name, corrupt("offset is out of range"))
				}
				off = int64(binary.BigEndian.Uint64(m.large[at:]))
			}
			list = append(list, indexed{id: newID(m.ids[i*m.hash : (i+1)*m.hash]), off: off})
		}
		return encodeIndex(list, m.format), nil
	}
	return nil, fmt.Errorf("make index %s: no such pack: %w", name, ErrMissing)
}
