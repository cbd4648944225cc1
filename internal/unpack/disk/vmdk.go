package disk

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"

	"github.com/klauspost/compress/zlib"
)

// VMDK, after VMware's Virtual Disk Format 5.0.
const (
	vmdkZeroGrain  = 1 << 2  // flags of the header: entries of 1 are zeros
	vmdkCompressed = 1 << 16 // grains are compressed
	vmdkAtEnd      = 1<<64 - 1
	vmdkDescribed  = 20 << 10 // bytes of descriptor that are looked at
)

// isVMDK knows sparse extents, descriptors, and the sparse extents of ESX.
func isVMDK(head, _ []byte) bool {
	return bytes.HasPrefix(head, []byte("KDMV")) || bytes.HasPrefix(head, []byte("COWD")) || isVMDKText(head)
}

func isVMDKText(head []byte) bool {
	const mark = "# Disk DescriptorFile"
	return len(head) >= len(mark) && strings.EqualFold(string(head[:len(mark)]), mark)
}

type vmdk struct {
	r          io.ReaderAt
	file       int64
	tables     *pages
	size       int64
	grain      int64 // bytes
	perTable   int64 // grains in a table
	directory  int64 // where it is
	compressed bool
	zeroGrain  bool

	cache unpacked
}

func openVMDK(r io.ReaderAt, size int64) (plain, error) {
	head, err := readUpTo(r, 0, sector, size)
	if err != nil {
		return plain{}, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("COWD")):
		return plain{}, &Gap{Reason: Parent, Detail: "a sparse extent of ESX"}
	case isVMDKText(head):
		text, err := readUpTo(r, 0, vmdkDescribed, size)
		if err != nil {
			return plain{}, err
		}
		return plain{}, &Gap{Reason: Parent, Detail: vmdkExtents(string(text))}
	case len(head) < sector:
		return plain{}, io.ErrUnexpectedEOF
	}
	le := binary.LittleEndian
	if err := vmdkParent(r, size, head); err != nil {
		return plain{}, err
	}
	if le.Uint64(head[56:]) == vmdkAtEnd {
		if size < 3*sector {
			return plain{}, io.ErrUnexpectedEOF
		}
		if _, err := readFull(r, head, size-2*sector); err != nil {
			return plain{}, err
		}
		if !bytes.HasPrefix(head, []byte("KDMV")) {
			return plain{}, &Gap{Reason: Truncated, Detail: "the footer is missing"}
		}
	}
	flags, capacity, grain := le.Uint32(head[8:]), le.Uint64(head[12:]), le.Uint64(head[20:])
	perTable, directory := le.Uint32(head[44:]), le.Uint64(head[56:])
	if capacity == 0 || capacity > maxDisk/sector || grain == 0 || grain > 1<<14 || grain&(grain-1) != 0 ||
		perTable == 0 || perTable > 1<<16 || directory > uint64(size/sector) {
		return plain{}, corrupt("header")
	}
	if algorithm := le.Uint16(head[77:]); flags&vmdkCompressed != 0 && algorithm != 1 {
		return plain{}, unsupported("compression of VMDK")
	}
	v := &vmdk{
		r: r, file: size, tables: newPages(r, size, 2<<20), size: int64(capacity) * sector, grain: int64(grain) * sector,
		perTable: int64(perTable), directory: int64(directory) * sector,
		compressed: flags&vmdkCompressed != 0, zeroGrain: flags&vmdkZeroGrain != 0,
	}
	v.cache.limit = int(max(2, (8<<20)/v.grain))
	return plain{&mapped{below: r, size: v.size, find: v.find}, v.size}, nil
}

// vmdkParent looks into the descriptor in the image for a parent.
func vmdkParent(r io.ReaderAt, size int64, head []byte) error {
	le := binary.LittleEndian
	at, n := le.Uint64(head[28:]), le.Uint64(head[36:])
	if at == 0 || n == 0 || at > uint64(size/sector) {
		return nil
	}
	text, err := readUpTo(r, int64(at)*sector, int64(min(n*sector, vmdkDescribed)), size)
	if err != nil {
		return err
	}
	parent := ""
	differs := false
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "parentCID":
			differs = !strings.EqualFold(value, "ffffffff")
		case "parentFileNameHint":
			parent = printable(strings.Trim(value, `"`))
		}
	}
	if differs {
		return &Gap{Reason: Parent, Detail: parent}
	}
	return nil
}

// vmdkExtents names the files that a descriptor points at.
func vmdkExtents(text string) string {
	var names []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "RW ") && !strings.HasPrefix(line, "RDONLY ") {
			continue
		}
		if parts := strings.Split(line, `"`); len(parts) >= 2 && len(names) < 8 {
			names = append(names, printable(parts[1]))
		}
	}
	return "its bytes are in " + strings.Join(names, ", ")
}

// find looks off up in the grain directory and one of its tables.
func (v *vmdk) find(off int64) (span, error) {
	n, skip := off/v.grain, off%v.grain
	var b [4]byte
	if _, err := v.tables.ReadAt(b[:], v.directory+n/v.perTable*4); err != nil {
		return span{}, err
	}
	table := int64(binary.LittleEndian.Uint32(b[:])) * sector
	if table == 0 {
		whole := v.perTable * v.grain
		return span{n: whole - off%whole, at: hole}, nil
	}
	if _, err := v.tables.ReadAt(b[:], table+n%v.perTable*4); err != nil {
		return span{}, err
	}
	entry := int64(binary.LittleEndian.Uint32(b[:]))
	if entry == 0 || entry == 1 && v.zeroGrain {
		return span{n: v.grain - skip, at: hole}, nil
	}
	if !v.compressed {
		return span{n: v.grain - skip, at: entry*sector + skip}, nil
	}
	data, err := v.cache.get(entry, func() ([]byte, error) { return v.unpack(entry*sector, n) })
	if err != nil {
		return span{}, err
	}
	return span{n: v.grain - skip, data: data[skip:]}, nil
}

// unpack gives the compressed grain at a place, which begins with the sector
// it is for and its length. The last grain of a disk may be short.
func (v *vmdk) unpack(at, grain int64) ([]byte, error) {
	b, err := readUpTo(v.r, at, v.grain+sector, v.file)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if len(b) < 12 || int64(le.Uint64(b)) != grain*(v.grain/sector) {
		return nil, corrupt("compressed grain")
	}
	n := int64(le.Uint32(b[8:]))
	if n > 2*v.grain {
		return nil, corrupt("compressed grain")
	}
	if b = b[12:]; n > int64(len(b)) {
		if b, err = readUpTo(v.r, at+12, n, v.file); err != nil {
			return nil, err
		}
	}
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, corrupt("compressed grain")
	}
	defer z.Close()
	out := make([]byte, v.grain)
	if k, err := io.ReadFull(z, out); err != nil && int64(k) < min(v.grain, v.size-grain*v.grain) {
		return nil, corrupt("compressed grain")
	}
	return out, nil
}
