package model_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/model"
)

func FuzzCarriers(f *testing.F) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write([]byte(call))
	w.Close()
	for _, s := range []string{
		call, calm, call + calm, checkpoint(f, call), zipped(f, zip.Deflate, entry{"a/data.pkl", call}, entry{"a/constants.pkl", calm}),
		zipped(f, zip.Deflate, entry{"x.zip", checkpoint(f, calm)}), legacy(call, "12345678"), gz.String(), npy("'|O'", "(1,)", call),
		"\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00", "\x28\xb5\x2f\xfd\x00\x00", "\xfd7zXZ\x00\x00", "BZh91AY&SY", "7z\xbc\xaf\x27\x1c\x00\x04",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		lim := model.Limits{Opcodes: 1 << 18, Memory: 2 << 20, Unpacked: 8 << 20, Read: 64 << 20, Members: 1000}
		r, err := model.Scan(ctx, "f", strings.NewReader(string(data)), int64(len(data)), lim)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict == model.Clean && r.Unread != "" {
			t.Errorf("clean, though not all was read: %s", r.Unread)
		}
	})
}
