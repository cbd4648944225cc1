package disk

import (
	"bytes"
	"encoding/binary"
)

// detectSize is how much of a volume its file system shows in.
const detectSize = 0x10048

// system is a file system, or what stands in its place.
type system struct {
	name  string
	is    func(head []byte) bool
	list  func(*walk) error        // nil where it is only recognised
	why   string                   // the reason of the Gap where list is nil
	exact func(head []byte) string // which of its versions; nil where there is one
	first bool                     // it fills the first sector, so that no partition table can stand there
}

// systems lists what may fill a volume, in the order in which it is tried.
var systems = []system{
	{name: "BitLocker", is: isBitLocker, why: Encrypted, first: true},
	{name: "LUKS", is: magic(0, "LUKS\xba\xbe"), why: Encrypted, first: true},
	{name: "ntfs", is: magic(3, "NTFS    "), list: listNTFS, first: true},
	{name: "exfat", is: magic(3, "EXFAT   "), list: listExFAT, first: true},
	{name: "ReFS", is: magic(3, "ReFS\x00"), why: Unsupported, first: true},
	{name: "fat", is: isFAT, exact: fatName, list: listFAT, first: true},
	{name: "xfs", is: magic(0, "XFSB"), list: listXFS, first: true},
	{name: "ext", is: isExt, exact: extName, list: listExt},
	{name: "LVM", is: isLVM, why: Unsupported},
	{name: "APFS", is: magic(32, "NXSB"), why: Unsupported},
	{name: "HFS+", is: isHFS, why: Unsupported},
	{name: "btrfs", is: magic(0x10040, "_BHRfS_M"), why: Unsupported},
	{name: "swap", is: isSwap, why: Unsupported},
	{name: "Linux RAID", is: isRAID, why: Unsupported},
	{name: "squashfs", is: magic(0, "hsqs"), why: Unsupported},
	{name: "ISO 9660", is: magic(0x8001, "CD001"), why: Unsupported},
	{name: "f2fs", is: magic(1024, "\x10\x20\xf5\xf2"), why: Unsupported},
	{name: "VMFS", is: magic(0, "\x0d\xd0\x01\xc0"), why: Unsupported},
}

func magic(off int, text string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= off && bytes.HasPrefix(head[off:], []byte(text))
	}
}

// isBitLocker knows BitLocker and, by its GUID, BitLocker To Go, which looks
// like FAT otherwise.
func isBitLocker(head []byte) bool {
	return magic(3, "-FVE-FS-")(head) ||
		magic(3, "MSWIN4.1")(head) && magic(0x1a8, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01")(head)
}

func isLVM(head []byte) bool {
	for off := 0; off < 4*sector; off += sector {
		if magic(off, "LABELONE")(head) && magic(off+24, "LVM2 001")(head) {
			return true
		}
	}
	return false
}

func isHFS(head []byte) bool {
	return magic(1024, "H+\x00\x04")(head) || magic(1024, "HX\x00\x05")(head)
}

func isSwap(head []byte) bool {
	return magic(4086, "SWAPSPACE2")(head) || magic(65526, "SWAPSPACE2")(head)
}

func isRAID(head []byte) bool {
	const sum = "\xfc\x4e\x2b\xa9\x01\x00\x00\x00"
	return magic(0, sum)(head) || magic(4096, sum)(head)
}

// systemOf finds the file system that begins with head.
func systemOf(head []byte) *system {
	for i := range systems {
		if systems[i].is(head) {
			return &systems[i]
		}
	}
	return nil
}

// unknown stands for what is none of systems.
var unknown = system{name: "", why: Unknown}

// isRaw reports whether a disk begins with head.
func isRaw(head []byte) bool {
	return systemOf(head) != nil || hasGPT(head) || len(mbrEntries(head)) > 0
}

func hasGPT(head []byte) bool {
	return magic(512, "EFI PART")(head) || magic(4096, "EFI PART")(head)
}

// mbrEntry is one partition of a master boot record.
type mbrEntry struct {
	kind        byte
	start, size int64 // in sectors
}

// mbrEntries gives the partitions of the boot record that head begins with,
// none if it is no boot record.
func mbrEntries(head []byte) []mbrEntry {
	if len(head) < sector || head[510] != 0x55 || head[511] != 0xaa {
		return nil
	}
	var all []mbrEntry
	for e := head[446:510]; len(e) >= 16; e = e[16:] {
		if e[0]&0x7f != 0 {
			return nil
		}
		m := mbrEntry{e[4], int64(binary.LittleEndian.Uint32(e[8:])), int64(binary.LittleEndian.Uint32(e[12:]))}
		if m.kind != 0 && m.size != 0 {
			all = append(all, m)
		}
	}
	return all
}
