package disk

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"
)

// VHDX, after [MS-VHDX]: Virtual Hard Disk v2 (VHDX) File Format.
const (
	vhdxHeaders = 64 << 10  // the first of two headers, 64 KiB apart
	vhdxRegions = 192 << 10 // the first of two region tables, 64 KiB apart

	vhdxUnmapped = 3 // the last of the states that read as zeros
	vhdxPresent  = 6
)

// The GUIDs, as they stand in the file.
var (
	vhdxBAT      = guid("6677C22D23F600429D64115E9BFD4A08")
	vhdxMetadata = guid("06A27C8B90479A4BB8FE575F050F886E")

	vhdxParameters = guid("3767A1CA36FA434DB3B633F0AA44E76B")
	vhdxSize       = guid("2442A52F1BCD7648B2115DBED83BF4B8")
	vhdxSector     = guid("1DBF41816FA90947BA47F233A8FAAB5F")
	vhdxLocator    = guid("2D5FD3A80BB34D45ABF7D3D84834AB0C")
)

func guid(text string) (g [16]byte) {
	_, _ = hex.Decode(g[:], []byte(text))
	return g
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealed reports whether the checksum of b, four bytes at 4, is right.
func sealed(b []byte) bool {
	sum := crc32.Update(0, castagnoli, b[:4])
	sum = crc32.Update(sum, castagnoli, make([]byte, 4))
	return crc32.Update(sum, castagnoli, b[8:]) == binary.LittleEndian.Uint32(b[4:])
}

func isVHDX(head, _ []byte) bool { return bytes.HasPrefix(head, []byte("vhdxfile")) }

// vhdx is what its metadata say.
type vhdx struct {
	bat       int64 // where the block allocation table begins
	entries   int64 // in it, those for the bitmaps of sectors included
	block     int64 // bytes in a block
	size      int64 // of the disk, in bytes
	sector    int64
	hasParent bool
	parent    string
}

func openVHDX(r io.ReaderAt, size int64) (plain, error) {
	r, err := replayVHDX(r, size)
	if err != nil {
		return plain{}, err
	}
	regions, err := vhdxTable(r)
	if err != nil {
		return plain{}, err
	}
	var v vhdx
	meta := int64(-1)
	le := binary.LittleEndian
	for ; len(regions) >= 32; regions = regions[32:] {
		at, n := int64(le.Uint64(regions[16:])), int64(le.Uint32(regions[24:]))
		if at < 0 || at > maxDisk {
			return plain{}, corrupt("place of a region")
		}
		switch [16]byte(regions[:16]) {
		case vhdxBAT:
			v.bat, v.entries = at, n/8
		case vhdxMetadata:
			meta = at
		}
	}
	if meta < 0 || v.bat == 0 {
		return plain{}, corrupt("region table")
	}
	if err := v.metadata(r, meta); err != nil {
		return plain{}, err
	}
	if v.hasParent {
		return plain{}, &Gap{Reason: Parent, Detail: v.parent}
	}
	return plain{&mapped{below: r, size: v.size, find: v.finder(r, size)}, v.size}, nil
}

// vhdxTable gives the entries of the first region table that is whole.
func vhdxTable(r io.ReaderAt) ([]byte, error) {
	table := make([]byte, 64<<10)
	for _, at := range []int64{vhdxRegions, vhdxRegions + 64<<10} {
		if _, err := readFull(r, table, at); err != nil {
			return nil, err
		}
		if n := binary.LittleEndian.Uint32(table[8:]); string(table[:4]) == "regi" && sealed(table) && n <= 2047 {
			return table[16 : 16+32*n], nil
		}
	}
	return nil, corrupt("region table")
}

// metadata reads the items of the metadata region at off.
func (v *vhdx) metadata(r io.ReaderAt, off int64) error {
	table := make([]byte, 64<<10)
	if _, err := readFull(r, table, off); err != nil {
		return err
	}
	le := binary.LittleEndian
	count := int(le.Uint16(table[10:]))
	if string(table[:8]) != "metadata" || count > 2047 {
		return corrupt("metadata table")
	}
	for e := table[32 : 32+32*count]; len(e) >= 32; e = e[32:] {
		at, n := int64(le.Uint32(e[16:])), int64(le.Uint32(e[20:]))
		if n > 1<<20 || n == 0 {
			continue
		}
		item := make([]byte, max(n, 8))
		if _, err := readFull(r, item[:n], off+at); err != nil {
			return err
		}
		switch [16]byte(e[:16]) {
		case vhdxParameters:
			v.block, v.hasParent = int64(le.Uint32(item)), item[4]&2 != 0
		case vhdxSize:
			v.size = int64(le.Uint64(item))
		case vhdxSector:
			v.sector = int64(le.Uint32(item))
		case vhdxLocator:
			v.parent = vhdxParent(item[:n])
		}
	}
	if v.block < 1<<20 || v.block > 256<<20 || v.block&(v.block-1) != 0 ||
		v.sector != 512 && v.sector != 4096 || v.size <= 0 || v.size > maxDisk {
		return corrupt("metadata")
	}
	return nil
}

// vhdxParent finds the path of the parent among the pairs of a parent locator.
func vhdxParent(b []byte) string {
	if len(b) < 20 {
		return ""
	}
	le := binary.LittleEndian
	part := func(off uint32, n uint16) string {
		if int64(off)+int64(n) > int64(len(b)) {
			return ""
		}
		return utf16Text(b[off:off+uint32(n)], le)
	}
	found := ""
	e := b[20:]
	for range le.Uint16(b[18:]) {
		if len(e) < 12 {
			break
		}
		key, value := part(le.Uint32(e), le.Uint16(e[8:])), part(le.Uint32(e[4:]), le.Uint16(e[10:]))
		if key == "relative_path" || key == "absolute_win32_path" && found == "" {
			found = printable(value)
		}
		e = e[12:]
	}
	return found
}

// finder looks blocks up in the allocation table, in which the entry of a
// bitmap of sectors follows those of each chunk of blocks.
func (v *vhdx) finder(r io.ReaderAt, size int64) func(int64) (span, error) {
	bat := newPages(r, size, 1<<20)
	ratio := (v.sector << 23) / v.block
	return func(off int64) (span, error) {
		n, skip := off/v.block, off%v.block
		n += n / ratio
		if n >= v.entries {
			return span{}, corrupt("block allocation table")
		}
		var entry [8]byte
		if _, err := bat.ReadAt(entry[:], v.bat+8*n); err != nil {
			return span{}, err
		}
		e := binary.LittleEndian.Uint64(entry[:])
		switch state := e & 7; {
		case state <= vhdxUnmapped:
			return span{n: v.block - skip, at: hole}, nil
		case state != vhdxPresent:
			return span{}, corrupt("block allocation table")
		}
		return span{n: v.block - skip, at: int64(e>>20)<<20 + skip}, nil
	}
}
