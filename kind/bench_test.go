package kind_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/kind"
)

func BenchmarkFind(b *testing.B) {
	var mixed strings.Builder
	for _, k := range kind.All {
		for _, v := range vectorsOf(b, k.Name, 3) {
			mixed.WriteString(v.Text + "\n")
		}
	}
	for _, bench := range []struct{ name, text string }{
		{"links", mixed.String()},
		{"prose", strings.Repeat("The design of a signed thing is a signal: x = y, a == b.\n", 1000)},
		{"marks_only", strings.Repeat("&sig=", 12000)},
		{"spaced_marks", strings.Repeat("sig= ", 12000)},
		{"nested_segments", strings.Repeat("AccountKey=a;", 5000)},
		{"queries_without_end", strings.Repeat("a=b&sig=c&", 6000)},
		{"quoted_pairs", strings.Repeat(`"sig":"x",`, 6000)},
		{"known_pairs", strings.Repeat(`"sv":"2020-01-01","sig":"x",`, 2500)},
		{"equals", strings.Repeat("=", 60000)},
		{"one_run", strings.Repeat("a", 30000) + "?sig=" + strings.Repeat("b", 30000)},
		{"brackets", strings.Repeat("sig={{{{{{((((((<<<<<<", 3000)},
		{"question_marks", strings.Repeat("?sig=a,", 9000)},
		{"hosts", strings.Repeat("x.blob.core.windows.net/", 2500)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			text := []byte(bench.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				for range kind.Find(text) {
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	v := vectorsOf(b, "account_sas", 3)[0].Text
	b.SetBytes(int64(len(v)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kind.Parse(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJoin(b *testing.B) {
	token := vectorsOf(b, "account_sas", 3)[2].Text
	near := strings.Repeat("storage = 'x'; account = account_of(x)\n", 30) + token + "\nstorageAccountName = 'contoso'\n"
	at := bytes.Index([]byte(near), []byte("sv="))
	b.SetBytes(int64(len(near)))
	b.ReportAllocs()
	for b.Loop() {
		for s := range kind.Find([]byte(token)) {
			l, _ := kind.Parse(token[s.Start:s.End])
			kind.Join(&l, near, at)
		}
	}
}
