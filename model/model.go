// Package model tells whether loading a model file can run code.
//
// It reads, it never executes: no byte of a file is handed to a loader. Files
// are read through [io.ReaderAt], and only where something can hide: of a
// checkpoint of ten gigabytes that is its directory and its pickles. What a
// file is, its bytes decide, never its name.
//
// A verdict is about loading, not about weights: a model trained to misbehave
// is clean here. What could not be read is never called clean.
//
// The package imports nothing but the standard library, decompressors and a
// reader of YAML; it opens no file, asks no network and no clock.
package model

import (
	"context"
	"io"
	"sync"
)

// Verdict is the answer for one file.
type Verdict string

// The verdicts, from bad to good.
const (
	Dangerous    Verdict = "dangerous"     // loading it runs something that no model needs
	Suspicious   Verdict = "suspicious"    // it would run code that is not known, or readers disagree about what it says
	UnsafeFormat Verdict = "unsafe_format" // loading can run code, none was found
	Clean        Verdict = "clean"         // read to the end, nothing but what frameworks need
	Unreadable   Verdict = "unreadable"    // a model, but not all of it could be read; Report.Unread says why
	NotAModel    Verdict = "not_a_model"   // no format of All
)

// Severity orders findings. The zero value is less than Info.
type Severity string

// Severities. Critical and High make a file dangerous, Medium suspicious, Low
// unsafe_format; Info changes no verdict.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

func (s Severity) rank() int {
	switch s {
	case Critical:
		return 5
	case High:
		return 4
	case Medium:
		return 3
	case Low:
		return 2
	case Info:
		return 1
	}
	return 0
}

// Finding is one thing that loading the file would do.
type Finding struct {
	Rule     string   `json:"rule"`             // a short word that stays: call, global, inconsistent
	What     string   `json:"what"`             // what would run: posix.system('id')
	Why      string   `json:"why"`              // why that matters, a sentence
	Offset   int64    `json:"offset"`           // in bytes, in Member where there is one
	Opcode   string   `json:"opcode,omitempty"` // of a pickle: REDUCE
	Member   string   `json:"member,omitempty"` // path inside the file: archive/data.pkl; inner containers after a "!"
	Severity Severity `json:"severity"`
}

// LoadsUnder answers, for each safe mode of a loader that applies to the file,
// whether it would load: "yes", with the release from which on where that
// matters, or "no: " and the reason. Empty where the mode does not apply.
type LoadsUnder struct {
	TorchWeightsOnly      string `json:"torch_weights_only,omitempty"`
	KerasSafeMode         string `json:"keras_safe_mode,omitempty"`
	NumpyAllowPickleFalse string `json:"numpy_allow_pickle_false,omitempty"`
}

// Report says whether loading one file can run code.
type Report struct {
	Schema     string     `json:"schema"` // overgrant.model/1
	Path       string     `json:"path"`   // as given
	Format     string     `json:"format"` // name of a Format, "" for none
	Verdict    Verdict    `json:"verdict"`
	Severity   Severity   `json:"severity"`   // the highest of the findings; Info where there are none
	Size       int64      `json:"size"`       // bytes
	BytesRead  int64      `json:"bytes_read"` // bytes asked of the file, repeats included
	Findings   []Finding  `json:"findings"`   // worst first, then in the order of the file
	Globals    []string   `json:"globals"`    // every import that pickles name, sorted, without repeats
	LoadsUnder LoadsUnder `json:"loads_under"`
	Unread     string     `json:"unread"` // why part of it could not be read; empty means all was
}

// Schema is the value of Report.Schema.
const Schema = "overgrant.model/1"

// Limits bounds what one hostile file can cost. The zero value is safe: it grants
// a small file less than a large one, so that no file of a megabyte takes longer
// than seconds. More time is bounded by the context. Whatever runs out is told
// in Report.Unread.
type Limits struct {
	Opcodes  int64 // pickle opcodes in all; 0 means 1,000,000,000, or 32 million and 16 for each byte of the file
	Depth    int   // containers inside containers, pickles inside pickles; 0 means 8
	Members  int   // members of archives in all; 0 means 100,000
	Memory   int64 // bytes that one pickle machine may hold; 0 means 16 MiB
	Read     int64 // bytes read of the file, repeats included; 0 means 64 GiB, or 64 MiB and 32 for each byte of the file
	Unpacked int64 // bytes decompressed in all, repeats included; 0 means 16 GiB, or 128 MiB and 64 for each byte of the file
	Findings int   // findings kept; 0 means 200

	// Turn, if not nil, is held by a scan from when it takes more than a few MiB of
	// memory until it ends: of many scans at once that share it, one does.
	Turn sync.Locker
}

// filled returns the limits for a file of size bytes.
func (l Limits) filled(size int64) Limits {
	set := func(v *int64, or int64) {
		if *v <= 0 {
			*v = or
		}
	}
	size = min(max(size, 0), 1<<40)
	set(&l.Opcodes, min(1_000_000_000, 32_000_000+16*size))
	set(&l.Memory, 16<<20)
	set(&l.Read, min(64<<30, 64<<20+32*size))
	set(&l.Unpacked, min(16<<30, 128<<20+64*size))
	if l.Depth <= 0 {
		l.Depth = 8
	}
	if l.Members <= 0 {
		l.Members = 100_000
	}
	if l.Findings <= 0 {
		l.Findings = 200
	}
	return l
}

// Scan reads a file of size bytes and tells what loading it would run. The name
// stands in the report and decides nothing.
//
// Damage of the file is no error: it is told in the report. Scan fails only
// where ctx ends or where r fails with something else than an end of file; the
// report then holds what was found until then. It may be called by many at
// once.
func Scan(ctx context.Context, name string, r io.ReaderAt, size int64, lim Limits) (Report, error) {
	s := newScan(ctx, r, lim.filled(size))
	s.report.Path, s.report.Size = name, size
	s.all = All
	defer s.light()
	s.format(piece{at: s.root, size: size})
	return s.done()
}
