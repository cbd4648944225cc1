package classify

import "github.com/overgrant/overgrant"

// smallDisk is the size in bytes below which an ending that other things have
// as well does not make a disk image.
const smallDisk = 64 << 20

var diskImage = Class{
	Name:     "disk_image",
	Title:    "disk images",
	Doc:      "Images of whole disks and virtual machines: VHD, VHDX, VMDK, qcow2, VDI, WIM, and raw copies of at least 64 MiB.",
	Severity: overgrant.High,
	Unit:     "disks",
	Names: []Shape{{
		Look:  Disk,
		Globs: []string{"*.vhd", "*.vhdx", "*.avhd", "*.avhdx", "*.vmdk", "*.qcow", "*.qcow2", "*.vdi", "*.hdd", "*.e01", "*.ex01", "*.aff4", "*.wim", "*.esd", "*.swm", "*.sparseimage"},
	}, {
		Look:  Container,
		Globs: []string{"*.ova", "*.vma.zst", "*.vma.gz", "*.vhd.gz", "*.vhdx.gz", "*.img.gz", "*.img.xz", "*.img.zst", "*.qcow2.gz", "*.vmdk.gz", "*.raw.gz", "*.dd.gz"},
	}, {
		Look:  Disk,
		Least: smallDisk,
		Globs: []string{"*.img", "*.dd", "*.raw", "*.dmg", "*.001"},
	}},
}
