package classify

import "github.com/overgrant/overgrant"

var memoryDump = Class{
	Name:     "memory_dump",
	Title:    "memory dumps",
	Doc:      "What stood in the memory of a machine or a program: page and hibernation files, crash dumps, suspended virtual machines. Keys and passwords stand in them in the clear.",
	Severity: overgrant.High,
	Unit:     "dumps",
	Names: []Shape{{
		Look:  Structure,
		Globs: []string{"pagefile.sys", "hiberfil.sys", "swapfile.sys", "MEMORY.DMP", "*.mdmp", "*.hdmp", "*.vmem", "*.vmss", "*.vmsn", "*.hprof", "*.lime", "*.crash.gz", "Minidump/*.dmp"},
	}, {
		Look:  Structure,
		Least: 1 << 20,
		Globs: []string{"*.dmp", "*.core", "vmcore", "vmcore-*", "*.mem", "memdump*"},
	}},
}
