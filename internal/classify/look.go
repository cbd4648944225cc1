package classify

// looks says by the ending of a name how its content is worth reading. What is
// not here is read as text, and left alone once its bytes show that it is none.
var looks = []struct {
	look    Look
	endings []string // in lower case
}{
	{Never, []string{
		"png", "jpg", "jpeg", "jpe", "gif", "bmp", "tif", "tiff", "webp", "ico", "icns", "heic", "heif", "avif", "psd", "psb", "ai", "xcf", "cur",
		"cr2", "cr3", "nef", "arw", "dng", "orf", "rw2", "raf", "exr", "hdr", "tga", "dds", "ktx", "jp2", "jxl", "dcm", "nii", "svs", "ppm", "pgm",
		"mp4", "m4v", "mov", "avi", "mkv", "webm", "wmv", "flv", "mpg", "mpeg", "3gp", "mts", "m2ts", "vob", "ogv", "m3u8", "h264", "h265", "mxf",
		"mp3", "m4a", "wav", "flac", "ogg", "oga", "opus", "aac", "wma", "aiff", "aif", "mid", "midi", "amr", "ac3",
		"ttf", "otf", "woff", "woff2", "eot", "pfb", "fon",
		"exe", "dll", "sys", "so", "dylib", "o", "a", "obj", "lib", "pdb", "class", "pyc", "pyo", "pyd", "wasm", "elf", "ko", "efi", "ocx", "msc", "mui", "node", "nib", "beam", "hi",
		"tfrecord", "tfrecords", "mat", "rec", "lmdb", "idx", "pack", "hdf", "nc", "grib", "grb", "grib2", "fits", "las", "laz", "ply", "stl", "glb", "fbx", "blend", "usd", "usdz", "tfevents",
		"fastq", "fq", "bam", "cram", "bcf", "sra", "2bit", "pcap", "pcapng", "etl", "evtx", "dmp", "mdmp", "hdmp", "vmem", "vmss", "vmsn", "pb3", "bvec", "fvecs", "ivecs", "faiss", "ann",
		"swp", "lck", "lock", "torrent", "sig", "sha256", "md5", "sha1", "crc",
	}},
	{Structure, []string{
		"sqlite", "sqlite3", "sqlitedb", "db", "db3", "s3db", "ldb", "sst", "kdbx", "kdb", "psafe3", "p12", "pfx", "jks", "keystore", "bks", "jceks", "ppk", "pst", "ost", "msg",
		"pdf", "doc", "xls", "ppt", "mdb", "accdb", "one", "vsd", "edb", "mdf", "ldf", "ndf", "bak", "dump", "rdb", "bson", "parquet", "avro", "orc", "feather", "arrow", "rds", "rdata", "sav", "sas7bdat", "dta", "dbf",
		"keychain", "keychain-db", "der", "gpg", "pgp", "snk", "hive", "dit",
	}},
	{Container, []string{
		"zip", "zipx", "7z", "rar", "tar", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "lzma", "zst", "tzst", "lz4", "cab", "cpio", "ar", "z",
		"jar", "war", "ear", "aar", "apk", "aab", "ipa", "xapk", "nupkg", "vsix", "xpi", "crx", "whl", "egg", "gem", "crate", "deb", "rpm", "snap", "flatpak", "appx", "msix", "appxbundle", "msixbundle", "conda",
		"docx", "docm", "dotx", "xlsx", "xlsm", "xlsb", "xltx", "pptx", "pptm", "vsdx", "odt", "ods", "odp", "odg", "epub", "pages", "numbers", "key", "1pux", "bacpac", "dacpac", "ova", "kmz", "3mf", "sketch", "pbix", "twbx",
	}},
	{Disk, []string{
		"vhd", "vhdx", "avhd", "avhdx", "vmdk", "qcow", "qcow2", "vdi", "img", "iso", "dd", "e01", "ex01", "aff4", "wim", "esd", "swm", "dmg", "sparseimage", "gho", "ghs", "tib", "tibx", "mrimg", "mrbak", "vbk", "vib", "vrb", "spf", "spi", "adi", "pqi", "v2i", "squashfs", "hdd", "raw",
	}},
	{Model, []string{
		"ckpt", "pt", "pth", "safetensors", "onnx", "gguf", "ggml", "h5", "hdf5", "keras", "pkl", "pickle", "joblib", "dill", "pb", "tflite", "mlmodel", "mlpackage", "pdparams", "pdmodel", "pdiparams", "params", "caffemodel", "nemo", "mar", "torchscript", "ptl", "pte", "bin", "cloudpickle", "xgb", "ubj", "lgb", "cbm", "engine", "plan", "trt", "dlc", "llamafile", "npy", "npz",
	}},
}
