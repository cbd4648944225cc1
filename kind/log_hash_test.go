package kind_test

import (
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

// TestLogHash hashes the signature that a user of Azure told of in issue 112128
// of MicrosoftDocs/azure-docs, which opens nothing.
func TestLogHash(t *testing.T) {
	const want = "a18f42e1da286dcffb4874ef2a770e3c296e020e0f3894575efbbececa2f9c6d"
	for _, link := range []string{
		"https://contoso.blob.core.windows.net/c/b?sv=2021-06-08&sr=b&sp=r&se=2023-07-14&sig=GKSQdZDX3amwUz9%2FOaQQCm2rAL6qRKMX8TWlkkOUjEw%3D",
		"?sig=GKSQdZDX3amwUz9/OaQQCm2rAL6qRKMX8TWlkkOUjEw=&sv=2021-06-08&sr=b&sp=r&se=2023-07-14",
		"BlobEndpoint=https://contoso.blob.core.windows.net;SharedAccessSignature=sv=2021-06-08&ss=b&srt=o&sp=r&se=2023-07-14&sig=GKSQdZDX3amwUz9%2FOaQQCm2rAL6qRKMX8TWlkkOUjEw%3D",
	} {
		l, err := kind.Parse(link)
		if err != nil {
			t.Fatalf("Parse(%q): %v", l.Redacted, err)
		}
		if got := kind.LogHash(l); got != want {
			t.Errorf("LogHash(%s) = %s; want %s", l.Redacted, got, want)
		}
	}
	if got := kind.LogHash(overgrant.Link{Grant: overgrant.Grant{Kind: "account_sas"}}); got != "" {
		t.Errorf("LogHash of a link without its secret = %s; want none", got)
	}
}
