package wire

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

const (
	probePrefix      = "overgrant-probe-"
	probeTablePrefix = "overgrantprobe"
	probeDigits      = 32
)

// ProbeName returns a new name of 128 random bits that nothing has: good for a
// blob, a container, a queue, a share or a file. Requests of level Write may
// name nothing else.
func ProbeName() string { return probePrefix + digits() }

// ProbeTableName is ProbeName for a table, whose name may hold no hyphen.
func ProbeTableName() string { return probeTablePrefix + digits() }

func digits() string {
	var raw [probeDigits / 2]byte
	_, _ = rand.Read(raw[:]) // never fails, as crypto/rand documents
	return hex.EncodeToString(raw[:])
}

// IsProbeName reports whether name is of the form that ProbeName gives.
func IsProbeName(name string) bool { return isProbe(name, probePrefix) }

// IsProbeTableName reports whether name is of the form that ProbeTableName gives.
func IsProbeTableName(name string) bool { return isProbe(name, probeTablePrefix) }

func isProbe(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && len(rest) == probeDigits && strings.Trim(rest, "0123456789abcdef") == ""
}
