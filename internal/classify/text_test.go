package classify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/classify"
)

// texts makes text of four sorts, of about size bytes each.
func texts(size int) map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields(`the quick report of last year shows that most teams were able to share their models and keep the author of a paper
		in mind while access to data was given on request monkeys keep typing tasks until they make sense of such things as tokens`)
	all := map[string][]byte{}
	var b bytes.Buffer
	for b.Len() < size {
		for i := range 12 {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(words[r.IntN(len(words))])
		}
		b.WriteString(".\n")
	}
	all["prose"] = bytes.Clone(b.Bytes())
	b.Reset()
	b.WriteString("id,time,value,ratio,name,code\n")
	for b.Len() < size {
		fmt.Fprintf(&b, "%d,2021-%02d-%02dT%02d:00:00Z,%.6f,%.3f,%s,%08x\n", r.IntN(1e9), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.Float64()*1e4, r.Float64(), words[r.IntN(len(words))], r.Uint32())
	}
	all["csv"] = bytes.Clone(b.Bytes())
	b.Reset()
	for b.Len() < size {
		raw, _ := json.Marshal(map[string]any{"id": r.Uint64(), "key": words[r.IntN(len(words))], "token_count": r.IntN(500), "text": strings.Join(words[:1+r.IntN(len(words)-1)], " "), "score": r.Float64(), "author": map[string]any{"name": words[r.IntN(len(words))], "auth": true}})
		b.Write(raw)
		b.WriteByte('\n')
	}
	all["json"] = bytes.Clone(b.Bytes())
	b.Reset()
	for b.Len() < size {
		fmt.Fprintf(&b, "func (s *server) load%d(ctx context.Context, key string, token *Token) (*Model, error) {\n\tif err := s.auth.check(ctx, key); err != nil {\n\t\treturn nil, fmt.Errorf(\"load %%q: %%w\", key, err)\n\t}\n\tvalue := s.cache.get(key, apiVersion)\n\treturn decode(value, 0x%x, \"%s\"), nil\n}\n\n", r.IntN(1e4), r.Uint32(), words[r.IntN(len(words))])
	}
	all["source"] = bytes.Clone(b.Bytes())
	all["mixed"] = bytes.Join([][]byte{all["prose"], all["csv"], all["json"], all["source"]}, nil)
	return all
}

func BenchmarkText(b *testing.B) {
	all := texts(2 << 20)
	for _, name := range []string{"prose", "csv", "json", "source", "mixed"} {
		text := all[name]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				p := classify.Piece{Name: []byte("x.txt"), Size: int64(len(text)), At: bytes.NewReader(text), Salt: 1}
				if _, err := classify.Content(context.Background(), p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
