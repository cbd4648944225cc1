package model

// Format is a sort of model file, or a container that models travel in. Formats
// are values; [All] lists them.
type Format struct {
	Name string // one short word: pickle
	Doc  string // what is read of it, in a sentence

	// head tells whether a file begins so; tail, where the beginning does not
	// tell, whether it ends so. Either may be nil. Both see at most headSize and
	// tailSize bytes. A yes may still turn out wrong: scan then returns false.
	head func(head []byte) bool
	tail func(head, tail []byte) bool

	// look is asked where head and tail said no, in the order of All; it may read
	// a little more. Nil for most.
	look func(s *scan, p piece) bool

	// scan reads the piece and tells s what it found: s.find, s.unread, s.format
	// for what lies inside. It returns false if the piece is not of this format
	// after all and nothing was told; the next format is then asked.
	scan func(s *scan, p piece) bool
}

// headSize and tailSize say how many bytes head and tail see.
const (
	headSize = 512
	tailSize = 1024
)

// All lists the formats in the order in which they are asked: the certain ones
// first. It is not to be changed.
var All = []Format{
	zipFormat, sevenzipFormat, gzipFormat, bzip2Format, xzFormat, zstdFormat, lz4Format, npyFormat, tarFormat, zfileFormat, zlibFormat, lzmaFormat,
	kerasH5, gguf, safetensors, tflite, rds, opaque, native,
	pickleFormat,
	flax, protobuf, jsonFormat, xmlFormat, jinjaFile, hydra, graphText,
}
