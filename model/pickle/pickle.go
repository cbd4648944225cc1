// Package pickle runs Python pickles without running anything: a symbolic
// machine that follows the unpickler of CPython opcode by opcode and tells which
// imports a pickle names and what it would call with what.
//
// It reads what the C unpickler reads: numbers with a base prefix, text in any
// encoding, memo entries as they are and not as they look, dotted names from
// protocol 4 on, the names of Python 2 up to protocol 2. Where readers disagree
// about a stream it reads it both ways and says so. A broken stream is run as
// far as an unpickler would, for code runs before the error.
//
// Memory is bounded whatever the pickle holds: text and arrays stay in the file
// and are passed over, values of no interest are counted and not kept.
//
// The package knows no containers; who calls it says where a pickle begins.
package pickle

import (
	"context"
	"io"
)

// Level says how bad a finding is.
type Level uint8

// The levels, from mild to bad.
const (
	Info      Level = iota // of no consequence to who loads it
	Unknown                // code that is not known to be harmless, or readers disagree
	Bad                    // a step towards running code that no model needs
	Dangerous              // runs code, or reaches files or the network
)

// Finding is one thing that loading the pickle would do.
type Finding struct {
	Rule   string // a short word that stays: call, global, build, inconsistent …
	What   string // in words: posix.system('id')
	Why    string // a sentence
	Offset int64  // of the opcode, in bytes from the start of the reader
	Opcode string // REDUCE
	Level  Level
}

// Inner is a constant or a computed value that holds bytes which a loader gets,
// or which look like a pickle of their own.
type Inner struct {
	R      io.ReaderAt // the bytes
	Size   int64       // -1 where it is not known
	Offset int64       // of the constant in the outer pickle, for messages
	Inert  bool        // no loader was seen to get them
}

// Options says how a pickle is run. The zero value is safe.
type Options struct {
	Opcodes int64 // opcodes to run at most; 0 means 1,000,000,000
	Memory  int64 // bytes to hold at most, roughly; 0 means 16 MiB
	Frames  bool  // follow frames as the C unpickler does on a reader that cannot peek: what is left of a short one is lost
	Plain   bool  // do not pass over the arrays that joblib writes between opcodes

	// Heavy, if not nil, is called before the machine takes more than about 2 MiB,
	// once or more often.
	Heavy func()

	depth int // pickles around this one

	// Inner, if not nil, gets the bytes that travel inside the pickle. They are
	// read before it returns.
	Inner func(Inner)
}

// Result says what running one pickle would do.
type Result struct {
	End       int64  // where it ended: after STOP, or where the machine could go no further
	Stopped   bool   // STOP was reached
	Fault     string // why CPython stops with an error, the first reason; empty for none
	FaultAt   int64  // and where
	Exhausted string // which limit ended the run; empty for none
	Findings  []Finding
	Globals   []string // imports in the order of their first use, as Python 3 names them
	Opcodes   int64    // run
	Straddles bool     // an opcode crosses the end of a frame: readers disagree
	Arrays    int      // arrays of joblib between the opcodes
	Version   int      // the highest protocol that it declared; -1 for none

	// WeightsOnly says why torch.load(weights_only=True) refuses the pickle; empty
	// if it takes it. Source: torch/_weights_only_unpickler.py of PyTorch 2.10.
	WeightsOnly string

	// WeightsSince is the first release from PyTorch 2.4 on, such as "2.6", that
	// takes a pickle which 2.10 takes; empty for 2.4.
	WeightsSince string

	// Top is the value that the pickle gives where it is a plain integer.
	Top   int64
	IsInt bool

	// Storage sums up the storages of tensors that persistent ids name.
	Storage Storage
}

// Scan runs the pickle that begins at off. Damage is told in the result; the
// only error is that of ctx. It may be called by many at once.
func Scan(ctx context.Context, r io.ReaderAt, off int64, o Options) (Result, error) {
	m := takeMachine(ctx, r, off, o)
	m.run()
	m.finish()
	res := m.res
	m.release()
	return res, ctx.Err()
}

// Storage sums up storages, each key but once.
type Storage struct {
	Count int64
	Bytes int64 // of their elements
	Odd   bool  // some could not be counted
}
