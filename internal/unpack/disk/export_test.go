package disk

import "io"

// Disk gives the bytes of the disk that an image stands for.
func (im *Image) Disk() io.ReaderAt { return im.disk }
