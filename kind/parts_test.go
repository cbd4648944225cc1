package kind_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/kind"
)

func TestTake(t *testing.T) {
	sig := strings.Repeat("Ab", 21) + "g="
	key := strings.Repeat("kL2z", 21) + "kA=="
	for _, tt := range []struct{ name, text, address, query, setting string }{
		{"url", "https://contoso.blob.core.windows.net/c/a%20b?sv=2021-12-02&sr=b&sp=r&se=2031-01-01&sig=" + sig,
			"https://contoso.blob.core.windows.net/c/a%20b", "sv=2021-12-02&sr=b&sp=r&se=2031-01-01&sig=" + sig, ""},
		{"entities", "https://contoso.blob.core.windows.net/c?sv=2021-12-02&amp;sr=c&amp;sp=r&amp;se=2031-01-01&amp;sig=" + sig,
			"https://contoso.blob.core.windows.net/c", "sv=2021-12-02&sr=c&sp=r&se=2031-01-01&sig=" + sig, ""},
		{"bare", "?sv=2021-12-02&ss=b&srt=co&sp=r&se=2031-01-01&sig=" + sig, "", "sv=2021-12-02&ss=b&srt=co&sp=r&se=2031-01-01&sig=" + sig, ""},
		{"dictionary", `{"sv": "2021-12-02", "ss": "b", "srt": "co", "sp": "r", "se": "2031-01-01", "sig": "` + sig + `"}`,
			"", "sv=2021-12-02&ss=b&srt=co&sp=r&se=2031-01-01&sig=" + sig, ""},
		{"connection_with_token", "BlobEndpoint=https://contoso.blob.core.windows.net/;SharedAccessSignature=sv=2021-12-02&ss=b&srt=co&sp=r&se=2031-01-01&sig=" + sig,
			"https://contoso.blob.core.windows.net/", "sv=2021-12-02&ss=b&srt=co&sp=r&se=2031-01-01&sig=" + sig, ""},
		{"connection", "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=" + key + ";EndpointSuffix=core.windows.net", "", "", key},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := kind.Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			p := kind.Take(l)
			if got := p.Address.Reveal(); got != tt.address {
				t.Errorf("Address = %q; want %q", got, tt.address)
			}
			if got := p.Query.Reveal(); got != tt.query {
				t.Errorf("Query = %q; want %q", got, tt.query)
			}
			if got := p.Settings["accountkey"].Reveal(); got != tt.setting {
				t.Errorf("accountkey = %q; want %q", got, tt.setting)
			}
		})
	}
}
