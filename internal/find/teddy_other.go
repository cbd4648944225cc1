//go:build !amd64

package find

const haveVectors = false

func nextVector(_ *tables, w *wide, p []byte, from int) (int, uint32) { return w.next(p, from) }
