package hdf5_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/hdf5"
)

// dense is a file of h5py with libver "latest": 13 attributes and 13 links in
// the root, so that both lie in fractal heaps; one link leads to another file.
const dense = "H4sIAGWnAmsC/+1abUhTURh+792Wy1KXZWhZ6QXFQtmms5Wllc25cH6kZkbYWnOKNKe5hSuxLwmyHxVEKPgjIioITEQJNBBBEqQgi4zyhwTSF/RFH9IHYfeee+923Kno80+cB7bzvu99" +
	"7jnvzrl7zuW+t9ViMoeFLgpVqNUgY1qCIkH0dVI8fN34k0KLqZiNd15id+Of/QwbKTCsi0RmV4jYhrLAAERFghJgmBFj5azUnYkBij9H66uyCXOxpQiEBWRBA8Q6vpYm+oA888qgVkLY" +
	"T46oxM4Uu07iW0W8HIs92LMnu9Ri4jPiR5zHRyqTRll5DHmU/Id3OXMJzwI5PwZmtoHxisDHjyEfGZOursUwszV+6L6aXWo18+MuFPwEYQoAovMuZsMxJhAIH/bmwk6MMXDufS50Yoy0" +
	"/apSWIMxok5u2wLvsMC1/s4GuCOckiUGnirPHoKjGCOlO/8wZGGdTpsmj4ADC2xsfHMCYrBAxsvhQbiM9fGppe8x3MICXEfDe31eSiO97L8DpE9xwfrkE+VpOgiiPEH5v0unt3vrR5oS" +
	"TelvpYRkVSXI6hwkq7rFwbJaYn263FxSkuNXe4aXVw2yIzveLgjuNHdjoRWpqmam9lZIbRPncNk9HpvbXuvkMjirvXZXpZ1L5hx17qqaai6jiava63Z4a+rcXMZ2ztCYs4FHJpfs3uty" +
	"oa+KZD/D5t1XL3TiEjtpbsbyOBRBtYuCgoKCgoKCgoKCgoKC4l+BPnahKf2tlFAVQng2/80qhEF6tDQh1YiADWol/EIVwn+m2HWcUIVYJscMD8Y+i/UFw0/VF+L8R54tFeNyonJ7ciqk" +
	"HdUXVGe+9C2FNj4UDuf71yVDD2/GgK2rzQCb0E/YdzzRCBcQ4fqpl2ZwoOjziIYCaEZm1P1HBVCPzCu18R5Yi8yBnh0eKENmwZcbLcAh89UK2xBEIXOkpfc2HEfmfN/mCdAic7z9WSuV" +
	"MqqXNKUfiJPwTFzWHoaXhJuCoR15YTRbTNn+yrWAwcHMfgbYat2oUhYMtlrvUAWc1CnMSWudFXAMsSEBJx2iA87K05hjTIwJOKv6MGe1bonsKKr1uiHc05dJysSo1yucPi+vslqn16Gt" +
	"t3s8jZWg9dH/528Arf8wvil8vpc0qeC3hbnCJmPX6UCjBhDfj1g/Y7vCSHqCxJCkVILEkqQ0gqQgSQaCpCRJ6QRJRZJWEqRZJMlIkEJI0iqCpCZJqwnSbIKkJ2c8lCSRMz7HTwqDBQKp" +
	"tq7S6bKJtSqIYRh0X6Lxrw16P0Esdam/fWtA8f/jKxLdu+QDJQAA"

// shared is a file of h5py whose attributes lie in the heap of shared messages.
const shared = "H4sIAIy6AmsC/+v0cHHj5ZLiYubgYIABAxhDBkK1Q7la33yF/T1cgpgUuncxZSNjMX4uBlaGRKg6RgYWCGNnvWlzsG+IE5ApwAgkjBg0gMrUGCGyDVBVUg9nvAEbq4JubAuTEETJfzTAxcQANkRUBG" +
	"wVIxOGCh4uBiYGBmZGhlCQOnsGEJ8RzAdpPMjAxgNxKWN6CivU2UIMWMHuxV/Ygn19PBnOHK+OBdsKNZJhS3vOG4gAxEyGTElpOUZ4CEoxMGTccDIBC0yBCkT2LksCC6yDCChnajxmGAWjYKQCtyCP" +
	"AAZQ0cPEIIAQheXiOUzQrAnLoyxoNBSwEmkbC5JOSCmkAaIlYGKlJy/OdQv2cGFggNmMw0IgP4ChAqgbZg4zG0TckgGVluaXaaawcGPGXbhByxl44TYFwWcC8aGlDIMIrgBR+K07xS042BUewozcDA" +
	"xeEBZQnxiE1cvAcALCesXIIAYOGS/XGVNHU+/QB+7O/j7g1CaAnCsYGKDJmcFIz9BIzwCh/gb/aJiNglEwCkbBKBgFo2AUjIJRMApGwSgYBUMNuHm4OMFH4sFg7s2LbswMzAwcoNGnciMGYUbQ4BwE" +
	"MzAgZAxQZKqQxgiASvgYwINX2alFicXxZalFxZn5eQySjIzgYQYB+DgDB1gvG4QJBowodhii2mGIy11VRoMqUJkZeCHOzM1PSc2JT87PS8tMBzt4PtTB1UrJOYnFxfF5ibmpSlYKSsGphaWpeSWZiT" +
	"lKOgpKEA1A8WqlnMRKYOgBmdHoWnwSc5NSEtGUp5XmJZcAwzq+pLIArCoHrgomBTJLyaTc1REGgJJ5pTk5EDK2thaIRvPFSAEA7bMBDQAcAAA="

func TestSharedAttributes(t *testing.T) {
	b := unpack(t, shared)
	config := ""
	err := hdf5.Walk(bytes.NewReader(b), 0, int64(len(b)), func(i hdf5.Item) {
		if i.Sort == hdf5.Attribute && i.Name == "model_config" {
			config, _ = i.Text()
		}
	})
	if err != nil || !strings.Contains(config, "Lambda") {
		t.Errorf("Walk: config %q, %v; want a Lambda", config, err)
	}
}

func unpack(t testing.TB, text string) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDenseStorage(t *testing.T) {
	b := unpack(t, dense)
	attributes, links, config := 0, "", ""
	err := hdf5.Walk(bytes.NewReader(b), 0, int64(len(b)), func(i hdf5.Item) {
		switch i.Sort {
		case hdf5.Attribute:
			attributes++
			if i.Name == "model_config" {
				config, _ = i.Text()
			}
		case hdf5.ExternalLink:
			links += i.Path + " " + i.File + " " + i.Target
		}
	})
	if err != nil || attributes != 13 || links != "/ext /etc/passwd /x" || !strings.Contains(config, "Lambda") {
		t.Errorf("Walk: %d attributes, links %q, config %q, %v; want 13, the link and a Lambda", attributes, links, config, err)
	}
}

func TestDamageIsTold(t *testing.T) {
	b := unpack(t, dense)
	for n := 1; n < len(b); n += 97 {
		cut := b[:len(b)-n]
		found := false
		err := hdf5.Walk(bytes.NewReader(cut), 0, int64(len(cut)), func(i hdf5.Item) { found = found || i.Sort == hdf5.ExternalLink })
		if err == nil && !found {
			t.Errorf("Walk of the first %d bytes: no error, and the link was not found", len(cut))
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(unpack(f, dense))
	f.Add(unpack(f, shared))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = hdf5.Walk(bytes.NewReader(b), 0, int64(len(b)), func(i hdf5.Item) { _, _ = i.Text() })
	})
}
