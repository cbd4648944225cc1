package manifest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://model_signing/signature/v1.0"
	oldPredicate  = "https://model_signing/Digests/v0.1"
	payloadType   = "application/vnd.in-toto+json"
)

// The form of a statement.
type (
	statementJSON struct {
		Type          string        `json:"_type"`
		Subject       []subjectJSON `json:"subject"`
		PredicateType string        `json:"predicateType"`
		Predicate     predicateJSON `json:"predicate"`
	}
	subjectJSON struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	}
	predicateJSON struct {
		Serialization serializationJSON `json:"serialization"`
		Resources     []resourceJSON    `json:"resources"`
	}
	serializationJSON struct {
		Method       string   `json:"method"`
		Hash         Hash     `json:"hash_type"`
		ShardSize    int64    `json:"shard_size,omitempty"`
		FollowsLinks bool     `json:"allow_symlinks"`
		Ignored      []string `json:"ignore_paths,omitempty"`
	}
	resourceJSON struct {
		Name      string     `json:"name"`
		Algorithm Hash       `json:"algorithm"`
		Digest    string     `json:"digest"`
		Noted     *notedJSON `json:"annotations,omitempty"`
	}
	// notedJSON is kept as annotations, of which in-toto lets everyone make what
	// they like: the names say whose they are.
	notedJSON struct {
		Size     *int64 `json:"overgrant.size,omitempty"`
		MD5      string `json:"overgrant.md5,omitempty"` // base64, as Content-MD5 has it
		ETag     string `json:"overgrant.etag,omitempty"`
		Modified string `json:"overgrant.modified,omitempty"`
		Version  string `json:"overgrant.version,omitempty"`
	}
)

// Methods of serialization.
const (
	methodFiles  = "files"
	methodShards = "shards"
)

// Statement returns the in-toto statement on the model, as JSON: what Sign
// signs. It is the same for the same manifest.
func (m *Manifest) Statement() ([]byte, error) {
	if len(m.Resources) == 0 {
		return nil, ErrEmpty
	}
	s := statementJSON{
		Type: statementType, PredicateType: predicateType,
		Subject: []subjectJSON{{m.Name, map[string]string{string(SHA256): m.RootHex()}}},
		Predicate: predicateJSON{
			Serialization: serializationJSON{methodFiles, m.Hash.orDefault(), m.ShardSize, m.FollowsLinks, m.Ignored},
			Resources:     make([]resourceJSON, len(m.Resources)),
		},
	}
	if m.ShardSize > 0 {
		s.Predicate.Serialization.Method = methodShards
	}
	for i, r := range m.Resources {
		s.Predicate.Resources[i] = resourceJSON{r.Name(), m.Hash.orDefault(), hex.EncodeToString([]byte(r.Digest)), r.Noted.json()}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("write the statement: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (n *Noted) json() *notedJSON {
	if n == nil {
		return nil
	}
	j := &notedJSON{ETag: n.ETag, Version: n.Version}
	if n.Size >= 0 {
		j.Size = &n.Size
	}
	if n.MD5 != "" {
		j.MD5 = base64.StdEncoding.EncodeToString([]byte(n.MD5))
	}
	if !n.Modified.IsZero() {
		j.Modified = n.Modified.UTC().Format(time.RFC3339)
	}
	return j
}
