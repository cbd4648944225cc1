package azure

import (
	"bytes"
	"fmt"
	"testing"
)

// realPage is a page of n blobs as the service writes them, 685 bytes each.
func realPage(n int) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff" + `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://contoso.blob.core.windows.net/" ContainerName="c"><MaxResults>5000</MaxResults><Blobs>`)
	for i := range n {
		fmt.Fprintf(&b, `<Blob><Name>backups/laptop-%02d/users/anna/documents/report-%07d.docx</Name><Properties><Creation-Time>Wed, %02d Feb 2020 08:%02d:%02d GMT</Creation-Time><Last-Modified>Wed, %02d Feb 2020 08:%02d:%02d GMT</Last-Modified><Etag>0x8D7AF9%010X</Etag><Content-Length>%d</Content-Length><Content-Type>application/octet-stream</Content-Type><Content-Encoding /><Content-Language /><Content-CRC64 /><Content-MD5>%s</Content-MD5><Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>`,
			i%97, i, i%28+1, i%60, i%59, i%27+1, i%60, i%58, i*7919, i*31337, fmt.Sprintf("%08d%08dabcdA%c==", i, i, "AQgw"[i%4]))
	}
	b.WriteString(`</Blobs><NextMarker>2!80!MDAwMDE2IWJhY2t1cHM-</NextMarker></EnumerationResults>`)
	return b.Bytes()
}

func BenchmarkParsePage(b *testing.B) {
	page := realPage(5000)
	var l listing
	if err := l.parse(page); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if err := l.parse(page); err != nil || len(l.objects) != 5000 {
			b.Fatal(err, len(l.objects))
		}
	}
	b.ReportMetric(float64(b.N)*5000/b.Elapsed().Seconds(), "blobs/s")
}
