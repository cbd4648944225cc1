package disk_test

import (
	"bytes"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

func TestOpenTellsWhatItDoesNotKnow(t *testing.T) {
	im, err := disk.Open(t.Context(), bytes.NewReader(make([]byte, 1<<20)), 1<<20, disk.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range im.Volumes() {
		for _, err := range v.Files(t.Context()) {
			if gapIn(err).Reason != disk.Unknown {
				t.Errorf("Files() = %v; want a gap", err)
			}
		}
	}
}
