package disk

import "io"

// Disk gives the bytes of the disk that an image stands for.
func (im *Image) Disk() io.ReaderAt { return im.disk }

// UnpackLZNT1 fills out from a compressed unit.
func UnpackLZNT1(out, packed []byte) error { return unpackLZNT1(out, packed) }
