package disk

import (
	"bytes"
	"encoding/binary"
	"io"
)

// VHD, after the Virtual Hard Disk Image Format Specification, version 1.0.
const (
	vhdFooter  = 512
	vhdFixed   = 2
	vhdDynamic = 3
	vhdDiffers = 4
	vhdAbsent  = 0xffffffff // a block of which nothing was written
)

var vhdCookie = []byte("conectix")

func isVHD(head, tail []byte) bool {
	if len(tail) >= vhdFooter && bytes.HasPrefix(tail[len(tail)-vhdFooter:], vhdCookie) {
		return true
	}
	return len(head) >= vhdFooter && bytes.HasPrefix(head, vhdCookie)
}

// openVHD opens a fixed or dynamic VHD. Its footer stands at the end, and that
// of a dynamic one at the beginning too.
func openVHD(r io.ReaderAt, size int64) (plain, error) {
	var foot [vhdFooter]byte
	if size < vhdFooter {
		return plain{}, io.ErrUnexpectedEOF
	}
	if _, err := readFull(r, foot[:], size-vhdFooter); err != nil {
		return plain{}, err
	}
	if !bytes.HasPrefix(foot[:], vhdCookie) {
		if _, err := readFull(r, foot[:], 0); err != nil {
			return plain{}, err
		}
	}
	be := binary.BigEndian
	virtual := int64(be.Uint64(foot[48:]))
	if virtual <= 0 || virtual > maxDisk {
		return plain{}, corrupt("size of the disk")
	}
	switch be.Uint32(foot[60:]) {
	case vhdFixed:
		return plain{io.NewSectionReader(r, 0, min(virtual, size-vhdFooter)), virtual}, nil
	case vhdDynamic, vhdDiffers:
		return openDynamicVHD(r, size, virtual, int64(be.Uint64(foot[16:])))
	}
	return plain{}, unsupported("kind of VHD")
}

// openDynamicVHD reads the header at off. Each block is preceded by a bitmap of
// its written sectors; the others hold zeros, so it need not be read.
func openDynamicVHD(r io.ReaderAt, size, virtual, off int64) (plain, error) {
	var head [1024]byte
	if off < 0 || off > size-int64(len(head)) {
		return plain{}, corrupt("place of the dynamic header")
	}
	if _, err := readFull(r, head[:], off); err != nil {
		return plain{}, err
	}
	be := binary.BigEndian
	if string(head[:8]) != "cxsparse" {
		return plain{}, corrupt("dynamic header")
	}
	if parent := head[40:56]; !bytes.Equal(parent, make([]byte, 16)) {
		return plain{}, &Gap{Reason: Parent, Detail: printable(utf16Text(head[64:576], be))}
	}
	table, count, block := int64(be.Uint64(head[16:])), int64(be.Uint32(head[28:])), int64(be.Uint32(head[32:]))
	if block < sector || block > 1<<30 || block&(block-1) != 0 || table < 0 || table > size {
		return plain{}, corrupt("dynamic header")
	}
	bitmap := roundUp(block/sector/8, sector)
	bat := newPages(r, size, 1<<20)
	find := func(off int64) (span, error) {
		n, skip := off/block, off%block
		if n >= count {
			return span{n: block - skip, at: hole}, nil
		}
		var entry [4]byte
		if _, err := bat.ReadAt(entry[:], table+4*n); err != nil {
			return span{}, err
		}
		at := be.Uint32(entry[:])
		if at == vhdAbsent {
			return span{n: block - skip, at: hole}, nil
		}
		return span{n: block - skip, at: int64(at)*sector + bitmap + skip}, nil
	}
	return plain{&mapped{below: r, size: virtual, find: find}, virtual}, nil
}

// sector is the unit of the formats in bytes.
const sector = 512

// maxDisk is the largest disk believed in, in bytes: that of an Azure page blob
// is 8 TiB, that of a VHDX 64 TiB.
const maxDisk = 1 << 50

func roundUp(n, unit int64) int64 { return (n + unit - 1) / unit * unit }
