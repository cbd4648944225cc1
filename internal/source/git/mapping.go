package git

// mapping is a file in memory.
type mapping struct {
	data   []byte
	mapped bool // the system reads and drops its pages as it likes
}
