package unpack

// All lists the formats, in the order in which they are asked for. Those whose
// first bytes say little come last.
var All = []Format{
	zipFormat,
	gzipFormat,
	bzip2Format,
	xzFormat,
	zstdFormat,
	lz4Format,
	sevenzipFormat,
	arFormat,
	rpmFormat,
	rarFormat,
	cabFormat,
	bundleFormat,
	packFormat,
	tarFormat,
	cpioFormat,
	programFormat,
	lzmaFormat,
	zlibFormat,
}
