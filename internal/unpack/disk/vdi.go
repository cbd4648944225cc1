package disk

import (
	"encoding/binary"
	"io"
)

// VDI, the format of VirtualBox, version 1.1.
const (
	vdiDynamic = 1
	vdiFixed   = 2
	vdiAbsent  = 0xfffffffe // this block and the next number hold nothing
)

func isVDI(head, _ []byte) bool {
	return len(head) >= 512 && binary.LittleEndian.Uint32(head[0x40:]) == 0xbeda107f
}

func openVDI(r io.ReaderAt, size int64) (plain, error) {
	var head [512]byte
	if _, err := readFull(r, head[:], 0); err != nil {
		return plain{}, err
	}
	le := binary.LittleEndian
	if le.Uint16(head[0x46:]) != 1 {
		return plain{}, unsupported("version of VDI")
	}
	if kind := le.Uint32(head[0x4c:]); kind != vdiDynamic && kind != vdiFixed {
		return plain{}, &Gap{Reason: Parent, Detail: "a differencing or undo image"}
	}
	table, data := int64(le.Uint32(head[0x154:])), int64(le.Uint32(head[0x158:]))
	virtual, block, extra, count := int64(le.Uint64(head[0x170:])), int64(le.Uint32(head[0x178:])), int64(le.Uint32(head[0x17c:])), int64(le.Uint32(head[0x180:]))
	if virtual <= 0 || virtual > maxDisk || block < sector || block > 1<<30 || block&(block-1) != 0 || extra > block {
		return plain{}, corrupt("header")
	}
	blocks := newPages(r, size, 1<<20)
	find := func(off int64) (span, error) {
		n, skip := off/block, off%block
		if n >= count {
			return span{n: block - skip, at: hole}, nil
		}
		var entry [4]byte
		if _, err := blocks.ReadAt(entry[:], table+4*n); err != nil {
			return span{}, err
		}
		at := le.Uint32(entry[:])
		if at >= vdiAbsent {
			return span{n: block - skip, at: hole}, nil
		}
		return span{n: block - skip, at: data + int64(at)*(block+extra) + extra + skip}, nil
	}
	return plain{&mapped{below: r, size: virtual, find: find}, virtual}, nil
}
