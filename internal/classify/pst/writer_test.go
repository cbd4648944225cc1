package pst_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/overgrant/overgrant/internal/classify/pst"
)

// writer makes a store. It knows only what a store of mail needs; it was written
// from the specification, apart from the reader.
type writer struct {
	layout   pst.Layout
	encoding pst.Encoding
	file     []byte
	nextID   uint64
	blocks   []entry
	nodes    []entry
}

// entry is a line of one of the trees.
type entry struct {
	key  uint64
	rest []uint64 // position and size of a block; content, list of nodes below and parent of a node
}

type message struct{ class, from, to string }

type folder struct{ messages []message }

func (w *writer) wide() bool { return w.layout != pst.ANSI }

func (w *writer) pageSize() int {
	if w.layout == pst.Unicode4K {
		return 4096
	}
	return 512
}

func (w *writer) word(b []byte, v uint64) []byte {
	if w.wide() {
		return binary.LittleEndian.AppendUint64(b, v)
	}
	return binary.LittleEndian.AppendUint32(b, uint32(v))
}

// largest is how much a block holds.
func (w *writer) largest() int {
	switch w.layout {
	case pst.ANSI:
		return 8192 - 12
	case pst.Unicode:
		return 8192 - 16
	}
	return 65536 - 512
}

// crc is the checksum of the format: that of Ethernet, begun and ended otherwise.
func crc(b []byte) uint32 { return ^crc32.Update(^uint32(0), crc32.IEEETable, b) }

func signature(at int, id uint64) uint16 {
	v := uint64(at) ^ id
	return uint16(v>>16) ^ uint16(v)
}

func (w *writer) align(n int) {
	for len(w.file)%n != 0 {
		w.file = append(w.file, 0)
	}
}

// block writes a block and returns its id.
func (w *writer) block(b []byte, list uint64) uint64 {
	w.nextID += 4
	id := w.nextID | list
	raw := slices.Clone(b)
	if list == 0 {
		encode(raw, w.encoding, id)
	}
	plain := len(raw)
	unit, trailer := 64, map[pst.Layout]int{pst.ANSI: 12, pst.Unicode: 16, pst.Unicode4K: 24}[w.layout]
	if w.layout == pst.Unicode4K {
		unit = 512
		if plain > 1000 {
			var z bytes.Buffer
			zw := zlib.NewWriter(&z)
			_, _ = zw.Write(raw)
			_ = zw.Close()
			if z.Len() < plain {
				raw = z.Bytes()
			}
		}
	}
	w.align(unit)
	at := len(w.file)
	w.file = append(w.file, raw...)
	w.file = append(w.file, make([]byte, (unit-(len(raw)+trailer)%unit)%unit)...)
	w.file = binary.LittleEndian.AppendUint16(w.file, uint16(len(raw)))
	w.file = binary.LittleEndian.AppendUint16(w.file, signature(at, id))
	if w.wide() {
		w.file = binary.LittleEndian.AppendUint32(w.file, crc(raw))
		w.file = binary.LittleEndian.AppendUint64(w.file, id)
		if w.layout == pst.Unicode4K {
			w.file = append(w.file, 0, 0)
			w.file = binary.LittleEndian.AppendUint16(w.file, uint16(plain))
			w.file = append(w.file, 0, 0, 0, 0)
		}
	} else {
		w.file = binary.LittleEndian.AppendUint32(w.file, uint32(id))
		w.file = binary.LittleEndian.AppendUint32(w.file, crc(raw))
	}
	w.blocks = append(w.blocks, entry{id, []uint64{uint64(at), uint64(len(raw)) | 2<<16}})
	return id
}

// content writes the blocks of a node and returns the id that stands for them.
func (w *writer) content(blocks [][]byte) uint64 {
	if len(blocks) == 1 {
		return w.block(blocks[0], 0)
	}
	total := 0
	var ids []byte
	for _, b := range blocks {
		total += len(b)
		ids = w.word(ids, w.block(b, 0))
	}
	list := []byte{1, 1}
	list = binary.LittleEndian.AppendUint16(list, uint16(len(blocks)))
	list = binary.LittleEndian.AppendUint32(list, uint32(total))
	return w.block(append(list, ids...), 2)
}

// heap collects the items of a heap, block by block.
type heap struct {
	w      *writer
	blocks [][][]byte
	size   int
}

// add adds an item and returns its id.
func (h *heap) add(item []byte) uint32 {
	if len(h.blocks) == 0 || h.size+len(item)+2 > h.w.largest() {
		h.blocks = append(h.blocks, nil)
		h.size = 100 // headers and the table of items
	}
	last := len(h.blocks) - 1
	h.blocks[last] = append(h.blocks[last], item)
	h.size += len(item) + 2
	bits := 11
	if h.w.layout == pst.Unicode4K {
		bits = 14
	}
	return uint32(len(h.blocks[last]))<<5 | uint32(last)<<(5+bits)
}

func (h *heap) bytes(kind byte, root uint32) (blocks [][]byte) {
	for i, items := range h.blocks {
		b := []byte{0, 0}
		switch {
		case i == 0:
			b = append(b, 0xec, kind)
			b = binary.LittleEndian.AppendUint32(b, root)
			b = append(b, 0, 0, 0, 0)
		case i%128 == 8:
			b = append(b, make([]byte, 64)...)
		}
		offsets := []uint16{uint16(len(b))}
		for _, item := range items {
			b = append(b, item...)
			offsets = append(offsets, uint16(len(b)))
		}
		if len(b)%2 != 0 {
			b = append(b, 0)
		}
		binary.LittleEndian.PutUint16(b, uint16(len(b)))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(items)))
		b = append(b, 0, 0)
		for _, o := range offsets {
			b = binary.LittleEndian.AppendUint16(b, o)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func (w *writer) text(s string) []byte {
	if !w.wide() {
		return []byte(s)
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// contents writes the table of the messages of a folder.
func (w *writer) contents(f folder) (content, sub uint64) {
	h := &heap{w: w}
	kind := uint16(0x1f)
	if !w.wide() {
		kind = 0x1e
	}
	properties := []uint16{0x001a, 0x0042, 0x0e04, 0x67f2, 0x67f3}
	const rowSize = 21
	info := []byte{0x7c, byte(len(properties))}
	for _, end := range []uint16{20, 20, 20, rowSize} {
		info = binary.LittleEndian.AppendUint16(info, end)
	}
	info = append(info, make([]byte, 12)...)
	for i, p := range []int{3, 4, 0, 1, 2} {
		k := kind
		if p > 2 {
			k = 3
		}
		info = binary.LittleEndian.AppendUint16(info, k)
		info = binary.LittleEndian.AppendUint16(info, properties[p])
		info = binary.LittleEndian.AppendUint16(info, uint16(i*4))
		info = append(info, 4, byte(i))
	}
	root := h.add(info)
	index := h.add([]byte{0xb5, 4, 4, 0, 0, 0, 0, 0})
	if !w.wide() {
		h.blocks[0][1][2] = 2
	}
	var rows []byte
	var keys []byte
	for i, m := range f.messages {
		id := uint32(i+1)<<5 | 4
		keys = binary.LittleEndian.AppendUint32(keys, id)
		if w.wide() {
			keys = binary.LittleEndian.AppendUint32(keys, uint32(i))
		} else {
			keys = binary.LittleEndian.AppendUint16(keys, uint16(i))
		}
		rows = binary.LittleEndian.AppendUint32(rows, id)
		rows = binary.LittleEndian.AppendUint32(rows, 0)
		exists := byte(0xc0)
		for j, s := range []string{m.class, m.from, m.to} {
			item := uint32(0)
			if s != "" {
				item = h.add(w.text(s))
				exists |= 0x20 >> j
			}
			rows = binary.LittleEndian.AppendUint32(rows, item)
		}
		rows = append(rows, exists)
	}
	if len(keys) > 0 && len(keys) < 3000 {
		binary.LittleEndian.PutUint32(h.blocks[0][1][4:], h.add(keys))
	}
	binary.LittleEndian.PutUint32(info[10:], index)
	switch {
	case len(rows) == 0:
	case len(rows) <= 3500:
		binary.LittleEndian.PutUint32(info[14:], h.add(rows))
	default:
		const node = 0x3f
		binary.LittleEndian.PutUint32(info[14:], node)
		var blocks [][]byte
		each := w.largest() / rowSize * rowSize
		for part := range slices.Chunk(rows, each) {
			if len(part) == each { // all but the last are full
				part = append(slices.Clone(part), make([]byte, w.largest()-each)...)
			}
			blocks = append(blocks, part)
		}
		list := []byte{2, 0, 1, 0}
		if w.wide() {
			list = append(list, 0, 0, 0, 0)
		}
		list = w.word(list, node)
		list = w.word(list, w.content(blocks))
		list = w.word(list, 0)
		sub = w.block(list, 2)
	}
	return w.content(h.bytes(0x7c, root)), sub
}

// tree writes a tree of pages and returns the position of its top.
func (w *writer) tree(entries []entry, kind byte) (id, at uint64) {
	slices.SortFunc(entries, func(a, b entry) int {
		return int(int64(a.key) - int64(b.key))
	})
	var rows [][]byte
	var keys []uint64
	for _, e := range entries {
		b := w.word(nil, e.key)
		if kind == 0x80 {
			b = w.word(b, e.rest[0])
			b = binary.LittleEndian.AppendUint32(b, uint32(e.rest[1]))
			if w.wide() {
				b = append(b, 0, 0, 0, 0)
			}
		} else {
			b = w.word(w.word(b, e.rest[0]), e.rest[1])
			b = binary.LittleEndian.AppendUint32(b, uint32(e.rest[2]))
			if w.wide() {
				b = append(b, 0, 0, 0, 0)
			}
		}
		rows, keys = append(rows, b), append(keys, e.key)
	}
	for level := byte(0); ; level++ {
		room := map[pst.Layout]int{pst.ANSI: 496, pst.Unicode: 488, pst.Unicode4K: 4056}[w.layout]
		size := len(rows[0])
		each := room / size
		var above [][]byte
		var aboveKeys []uint64
		for i := 0; i < len(rows); i += each {
			part := rows[i:min(i+each, len(rows))]
			id, at = w.page(part, size, room, level, kind)
			b := w.word(w.word(w.word(nil, keys[i]), id), at)
			above, aboveKeys = append(above, b), append(aboveKeys, keys[i])
		}
		if len(above) == 1 {
			return id, at
		}
		rows, keys = above, aboveKeys
	}
}

func (w *writer) page(rows [][]byte, size, room int, level, kind byte) (id, at uint64) {
	w.align(w.pageSize())
	at = uint64(len(w.file))
	w.nextID += 4
	id = w.nextID
	b := bytes.Join(rows, nil)
	b = append(b, make([]byte, room-len(b))...)
	if w.layout == pst.Unicode4K {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(rows)))
		b = binary.LittleEndian.AppendUint16(b, uint16(room/size))
		b = append(b, byte(size), level)
		b = append(b, make([]byte, 4096-24-len(b))...)
	} else {
		b = append(b, byte(len(rows)), byte(room/size), byte(size), level)
		if w.wide() {
			b = append(b, 0, 0, 0, 0)
		}
	}
	sum := crc(b)
	b = append(b, kind, kind)
	b = binary.LittleEndian.AppendUint16(b, signature(int(at), id))
	if w.wide() {
		b = binary.LittleEndian.AppendUint32(b, sum)
		b = binary.LittleEndian.AppendUint64(b, id)
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
		b = binary.LittleEndian.AppendUint32(b, sum)
	}
	b = append(b, make([]byte, w.pageSize()-len(b))...)
	w.file = append(w.file, b...)
	return id, at
}

// store returns the bytes of a store with these folders.
func store(_ testing.TB, layout pst.Layout, encoding pst.Encoding, folders ...folder) []byte {
	w := &writer{layout: layout, encoding: encoding, file: make([]byte, 1024)}
	w.align(w.pageSize())
	number := uint64(1)
	for i, f := range folders {
		id := uint64(i+0x400)<<5 | 2
		w.nodes = append(w.nodes, entry{id, []uint64{w.block([]byte("a folder"), 0), 0, 0x122}})
		content, sub := w.contents(f)
		w.nodes = append(w.nodes, entry{id&^0x1f | 0x0e, []uint64{content, sub, 0}})
		for range f.messages {
			w.nodes = append(w.nodes, entry{(number+0x10000)<<5 | 4, []uint64{w.block([]byte("a message"), 0), 0, id}})
			number++
		}
	}
	nodeID, nodeAt := w.tree(w.nodes, 0x81)
	blockID, blockAt := w.tree(w.blocks, 0x80)
	head := w.file[:1024]
	copy(head, pst.Magic)
	copy(head[8:], "SM")
	version := map[pst.Layout]uint16{pst.ANSI: 14, pst.Unicode: 23, pst.Unicode4K: 36}[layout]
	binary.LittleEndian.PutUint16(head[10:], version)
	binary.LittleEndian.PutUint16(head[12:], 19)
	head[14], head[15] = 1, 1
	if layout == pst.ANSI {
		binary.LittleEndian.PutUint32(head[168:], uint32(len(w.file)))
		for i, v := range []uint64{nodeID, nodeAt, blockID, blockAt} {
			binary.LittleEndian.PutUint32(head[184+4*i:], uint32(v))
		}
		head[460], head[461] = 0x80, byte(encoding)
		binary.LittleEndian.PutUint32(head[4:], crc(head[8:8+471]))
		return w.file
	}
	binary.LittleEndian.PutUint64(head[184:], uint64(len(w.file)))
	for i, v := range []uint64{nodeID, nodeAt, blockID, blockAt} {
		binary.LittleEndian.PutUint64(head[216+8*i:], v)
	}
	head[512], head[513] = 0x80, byte(encoding)
	binary.LittleEndian.PutUint32(head[4:], crc(head[8:8+471]))
	binary.LittleEndian.PutUint32(head[524:], crc(head[8:8+516]))
	return w.file
}
