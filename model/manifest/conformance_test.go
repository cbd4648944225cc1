package manifest_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/overgrant/overgrant/model/manifest"
)

// The tests here follow the vectors of the OMS conformance suite
// (https://github.com/sampras343/model-signing-conformance) for keys and
// certificates. All keys are made as the tests run.

// model is what files a model has, by name.
type model map[string]string

func (m model) fs() fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range m {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

var simple = model{"signme-1": "signme-1", "signme-2": "signme-2"}

func build(t testing.TB, m model, opt manifest.BuildOptions) *manifest.Manifest {
	t.Helper()
	made, err := manifest.Build(t.Context(), "model", manifest.Tree(t.Context(), m.fs(), manifest.TreeOptions{Ignored: opt.Ignored}), opt)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func sign(t testing.TB, m *manifest.Manifest, s manifest.Signer) []byte {
	t.Helper()
	b, err := manifest.Sign(m, s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// verify opens a bundle and compares a model with what it says. It fails if the
// model is not as signed.
func verify(ctx context.Context, bundle []byte, v manifest.Verifier, m model, opt manifest.CompareOptions) error {
	b, err := manifest.ParseBundle(bundle, manifest.Limits{})
	if err != nil {
		return err
	}
	s, err := b.Open(v)
	if err != nil {
		return err
	}
	r, err := manifest.Compare(ctx, s.Manifest, manifest.Tree(ctx, m.fs(), manifest.TreeOptions{Ignored: opt.Ignored}), opt)
	if err != nil {
		return err
	}
	if r.Differs() || r.Open() {
		return errDiffers
	}
	return nil
}

var errDiffers = errors.New("not as signed")

func TestRoundTrip(t *testing.T) {
	deep := model{strings.Repeat("d/", 40) + "weights.bin": "w", "config.json": "{}"}
	git := model{".git/config": "x", ".gitignore": "*", ".gitattributes": "*", ".github/ci": "x", "model.bin": "m"}
	tests := []struct {
		name    string
		model   model
		curve   elliptic.Curve
		opt     manifest.BuildOptions
		signed  []string // nil for all
		compare manifest.CompareOptions
	}{
		{name: "simple", model: simple},
		{name: "p256", model: simple, curve: elliptic.P256()},
		{name: "p384", model: simple, curve: elliptic.P384()},
		{name: "p521", model: simple, curve: elliptic.P521()},
		{name: "one_file", model: model{"model.bin": "m"}},
		{name: "folders", model: model{"config.json": "{}", "weights.bin": "w", "subdir/adapter.bin": "a"}},
		{name: "deep_folders", model: deep},
		{name: "binary", model: model{"header.bin": "\x00\x01\xff\xfe"}},
		{name: "empty_file", model: model{"empty": "", "model.bin": "m"}},
		{name: "names_in_unicode", model: model{"模型.bin": "m", "über/ö": "o"}},
		{name: "special_characters", model: model{"a b+c&d'e.bin": "m", "<x>.json": "{}", "a:1:2": "c"}},
		{name: "default_ignores", model: git, signed: []string{"model.bin"}},
		{name: "other_dotfiles_are_signed", model: model{".env.example": "E", ".config/x": "x", ".gitmodules": "m"}},
		{name: "hidden_folders_are_signed", model: model{".cache/weights.bin": "w", "model.bin": "m"}},
		{name: "nested_git_is_signed", model: model{"model.bin": "m", "subdir/.gitignore": "*", "subdir/.git/config": "c"}},
		{
			name: "ignored_paths", model: model{"signme-1": "1", "ignore-me": "i", "subdir/ignore-me": "j"},
			opt: manifest.BuildOptions{Ignored: []string{"ignore-me"}}, signed: []string{"signme-1", "subdir/ignore-me"},
		},
		{
			name: "ignored_folder", model: model{"signme-1": "1", "cache/a": "i", "cache2": "j"},
			opt: manifest.BuildOptions{Ignored: []string{"cache/"}}, signed: []string{"cache2", "signme-1"},
		},
		{name: "unsigned_tolerated", model: simple, compare: manifest.CompareOptions{Unsigned: manifest.TolerateUnsigned}},
		{name: "blake2b", model: simple, opt: manifest.BuildOptions{Hash: manifest.BLAKE2b}},
		{name: "blake3", model: simple, opt: manifest.BuildOptions{Hash: manifest.BLAKE3}},
		{name: "notes", model: simple, opt: manifest.BuildOptions{Notes: manifest.NoteMD5}},
		{
			name: "shards", model: model{"a": "0123456789", "b:1": "abc", "empty": ""}, opt: manifest.BuildOptions{ShardSize: 4},
			signed: []string{"a:0:4", "a:4:8", "a:8:10", "b:1:0:3"},
		},
		{name: "shards_fit", model: model{"a": "01234567"}, opt: manifest.BuildOptions{ShardSize: 4, Hash: manifest.BLAKE3}, signed: []string{"a:0:4", "a:4:8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.curve == nil {
				tt.curve = elliptic.P256()
			}
			key := newKey(t, tt.curve)
			made := build(t, tt.model, tt.opt)
			var names []string
			for _, r := range made.Resources {
				names = append(names, r.Name())
			}
			want := tt.signed
			if want == nil {
				want = slices.Sorted(maps.Keys(tt.model))
			}
			if !slices.Equal(names, want) {
				t.Fatalf("resources = %q; want %q", names, want)
			}
			bundle := sign(t, made, manifest.Signer{Key: key})
			if err := verify(t.Context(), bundle, manifest.PublicKey{Key: &key.PublicKey}, tt.model, tt.compare); err != nil {
				t.Errorf("verify() = %v", err)
			}
		})
	}
}

func TestRoundTripCertificate(t *testing.T) {
	a := newAuthority(t, valid, valid, valid)
	self := certify(t, nil, codeSigning(), valid)
	tests := []struct {
		name   string
		signer manifest.Signer
		root   *x509.Certificate
		model  model
	}{
		{"simple", manifest.Signer{Key: a.leaf.key, Chain: a.chain()}, a.root.cert, simple},
		{"folders", manifest.Signer{Key: a.leaf.key, Chain: a.chain()}, a.root.cert, model{"a": "a", "b/c": "c"}},
		{"with_the_root", manifest.Signer{Key: a.leaf.key, Chain: append(a.chain(), a.root.cert)}, a.root.cert, simple},
		{"intermediate_trusted", manifest.Signer{Key: a.leaf.key, Chain: a.chain()[:1]}, a.between.cert, simple},
		{"self_signed", manifest.Signer{Key: self.key, Chain: []*x509.Certificate{self.cert}}, self.cert, simple},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bundle := sign(t, build(t, tt.model, manifest.BuildOptions{}), tt.signer)
			trust := manifest.Certificates{Roots: []*x509.Certificate{tt.root}, Now: now}
			if err := verify(t.Context(), bundle, trust, tt.model, manifest.CompareOptions{}); err != nil {
				t.Errorf("verify() = %v", err)
			}
		})
	}
}

// TestSignTwice signs the same manifest twice: what is signed is the same.
func TestSignTwice(t *testing.T) {
	one, err := build(t, simple, manifest.BuildOptions{}).Statement()
	if err != nil {
		t.Fatal(err)
	}
	two, err := build(t, simple, manifest.BuildOptions{}).Statement()
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("Statement() = %s, then %s, %v", one, two, err)
	}
}

// mutate changes a bundle: the value at a path of names, in the statement if the
// first is "payload". A nil value removes it.
func mutate(t testing.TB, bundle []byte, value any, path ...string) []byte {
	t.Helper()
	var b map[string]any
	if err := json.Unmarshal(bundle, &b); err != nil {
		t.Fatal(err)
	}
	envelope := b["dsseEnvelope"].(map[string]any)
	at := b
	var statement map[string]any
	if path[0] == "payload" {
		raw, err := base64.StdEncoding.DecodeString(envelope["payload"].(string))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &statement); err != nil {
			t.Fatal(err)
		}
		at, path = statement, path[1:]
	}
	for _, name := range path[:len(path)-1] {
		at = at[name].(map[string]any)
	}
	if at[path[len(path)-1]] = value; value == nil {
		delete(at, path[len(path)-1])
	}
	if statement != nil {
		raw, err := json.Marshal(statement)
		if err != nil {
			t.Fatal(err)
		}
		envelope["payload"] = base64.StdEncoding.EncodeToString(raw)
	}
	out, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// resign signs the payload of a bundle anew, so that nothing but what it says is
// wrong.
func resign(t testing.TB, bundle []byte, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	return resignWith(t, bundle, key, func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] })
}

func resignP384(t testing.TB, bundle []byte, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	return resignWith(t, bundle, key, func(b []byte) []byte { sum := sha512.Sum384(b); return sum[:] })
}

func resignWith(t testing.TB, bundle []byte, key *ecdsa.PrivateKey, digest func([]byte) []byte) []byte {
	t.Helper()
	var b struct {
		Envelope struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		t.Fatal(err)
	}
	const kind = "application/vnd.in-toto+json"
	pae := "DSSEv1 28 " + kind + " " + strconv.Itoa(len(b.Envelope.Payload)) + " " + string(b.Envelope.Payload)
	sig, err := ecdsa.SignASN1(rand.Reader, key, digest([]byte(pae)))
	if err != nil {
		t.Fatal(err)
	}
	return mutate(t, bundle, []any{map[string]any{"sig": base64.StdEncoding.EncodeToString(sig)}}, "dsseEnvelope", "signatures")
}

// TestMalformed refuses bundles whose signature holds but that are wrong in
// themselves.
func TestMalformed(t *testing.T) {
	key := newKey(t, elliptic.P256())
	trust := manifest.PublicKey{Key: &key.PublicKey}
	good := sign(t, build(t, simple, manifest.BuildOptions{}), manifest.Signer{Key: key})
	if err := verify(t.Context(), resign(t, good, key), trust, simple, manifest.CompareOptions{}); err != nil {
		t.Fatalf("a bundle signed anew: %v", err)
	}
	one := func(name, digest string) map[string]any {
		return map[string]any{"name": name, "algorithm": "sha256", "digest": digest}
	}
	sum := sha256.Sum256([]byte("signme-1"))
	digest := hex.EncodeToString(sum[:])
	tests := []struct {
		name  string
		value any
		path  []string
	}{
		{"media_type", "application/json", []string{"mediaType"}},
		{"media_type_of_another_version", "application/vnd.dev.sigstore.bundle.v0.4+json", []string{"mediaType"}},
		{"no_media_type", nil, []string{"mediaType"}},
		{"no_envelope", nil, []string{"dsseEnvelope"}},
		{"no_material", nil, []string{"verificationMaterial"}},
		{"no_key_in_material", nil, []string{"verificationMaterial", "publicKey"}},
		{"two_materials", map[string]any{"publicKey": map[string]any{"hint": "x"}, "x509CertificateChain": map[string]any{}}, []string{"verificationMaterial"}},
		{"identity_without_log", map[string]any{"certificate": map[string]any{"rawBytes": certify(t, nil, codeSigning(), valid).cert.Raw}}, []string{"verificationMaterial"}},
		{"broken_certificate", map[string]any{"x509CertificateChain": map[string]any{"certificates": []any{map[string]any{"rawBytes": "MAo="}}}}, []string{"verificationMaterial"}},
		{"payload_type", "application/octet-stream", []string{"dsseEnvelope", "payloadType"}},
		{"no_signature", []any{}, []string{"dsseEnvelope", "signatures"}},
		{"two_signatures", []any{map[string]any{"sig": "AAAA"}, map[string]any{"sig": "AAAA"}}, []string{"dsseEnvelope", "signatures"}},
		{"signature_no_base64", []any{map[string]any{"sig": "%%%"}}, []string{"dsseEnvelope", "signatures"}},
		{"empty_signature", []any{map[string]any{"sig": ""}}, []string{"dsseEnvelope", "signatures"}},
		{"payload_no_base64", "%%%", []string{"dsseEnvelope", "payload"}},
		{"payload_is_a_number", 7, []string{"dsseEnvelope", "payload"}},
		{"statement_type", "https://in-toto.io/Statement/v0.1", []string{"payload", "_type"}},
		{"no_statement_type", nil, []string{"payload", "_type"}},
		{"predicate_type", "https://example.com/wrong-predicate/v1.0", []string{"payload", "predicateType"}},
		{"no_predicate", nil, []string{"payload", "predicate"}},
		{"no_subject", nil, []string{"payload", "subject"}},
		{"empty_subject", []any{}, []string{"payload", "subject"}},
		{"two_subjects", []any{map[string]any{}, map[string]any{}}, []string{"payload", "subject"}},
		{"another_root_digest", []any{map[string]any{"name": "model", "digest": map[string]any{"sha256": digest}}}, []string{"payload", "subject"}},
		{"no_serialization", nil, []string{"payload", "predicate", "serialization"}},
		{"no_method", nil, []string{"payload", "predicate", "serialization", "method"}},
		{"unknown_method", "chunks", []string{"payload", "predicate", "serialization", "method"}},
		{"shards_without_size", "shards", []string{"payload", "predicate", "serialization", "method"}},
		{"size_without_shards", 4, []string{"payload", "predicate", "serialization", "shard_size"}},
		{"unknown_hash", "md5", []string{"payload", "predicate", "serialization", "hash_type"}},
		{"another_hash", "blake3", []string{"payload", "predicate", "serialization", "hash_type"}},
		{"no_resources", nil, []string{"payload", "predicate", "resources"}},
		{"empty_resources", []any{}, []string{"payload", "predicate", "resources"}},
		{"name_twice", []any{one("a", digest), one("a", digest)}, []string{"payload", "predicate", "resources"}},
		{"absolute_path", []any{one("/etc/passwd", digest)}, []string{"payload", "predicate", "resources"}},
		{"path_out_of_the_model", []any{one("../a", digest)}, []string{"payload", "predicate", "resources"}},
		{"path_not_clean", []any{one("a//b", digest)}, []string{"payload", "predicate", "resources"}},
		{"no_name", []any{one("", digest)}, []string{"payload", "predicate", "resources"}},
		{"short_digest", []any{one("a", digest[:62])}, []string{"payload", "predicate", "resources"}},
		{"digest_no_hexadecimal", []any{one("a", strings.Repeat("zz", 32))}, []string{"payload", "predicate", "resources"}},
		{"digest_in_upper_case", []any{one("a", strings.ToUpper(digest))}, []string{"payload", "predicate", "resources"}},
		{"digests_of_two_kinds", []any{one("a", digest), map[string]any{"name": "b", "algorithm": "blake3", "digest": digest}}, []string{"payload", "predicate", "resources"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := mutate(t, good, tt.value, tt.path...)
			if tt.path[0] == "payload" {
				bad = resign(t, withRoot(t, bad, tt.name), key)
			}
			err := verify(t.Context(), bad, trust, simple, manifest.CompareOptions{})
			if !errors.Is(err, manifest.ErrSyntax) {
				t.Errorf("verify() = %v; want ErrSyntax", err)
			}
		})
	}
	whole := map[string]string{
		"empty": "", "garbage": `{"garbage": true}`, "no_json": "certainly not", "cut_short": string(good[:100]),
		"an_array": "[]", "followed_by_more": string(good) + "{}", "name_twice": `{"mediaType":"a","mediaType":"b"}`,
	}
	for name, text := range whole {
		t.Run(name, func(t *testing.T) {
			if _, err := manifest.ParseBundle([]byte(text), manifest.Limits{}); !errors.Is(err, manifest.ErrSyntax) {
				t.Errorf("ParseBundle() = %v; want ErrSyntax", err)
			}
		})
	}
}

// withRoot puts the right digest of the model into a bundle whose resources were
// changed, so that only what the test is about is wrong.
func withRoot(t testing.TB, bundle []byte, name string) []byte {
	t.Helper()
	if strings.Contains(name, "subject") || strings.Contains(name, "root") {
		return bundle
	}
	var b struct {
		Envelope struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		t.Fatal(err)
	}
	var s struct {
		Predicate struct {
			Resources []struct {
				Digest string `json:"digest"`
			} `json:"resources"`
		} `json:"predicate"`
	}
	if err := json.Unmarshal(b.Envelope.Payload, &s); err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, r := range s.Predicate.Resources {
		raw, _ := hex.DecodeString(r.Digest) // some are wrong on purpose
		h.Write(raw)
	}
	subject := []any{map[string]any{"name": "model", "digest": map[string]any{"sha256": hex.EncodeToString(h.Sum(nil))}}}
	return mutate(t, bundle, subject, "payload", "subject")
}

// TestTampered refuses what was changed after it was signed.
func TestTampered(t *testing.T) {
	key, other := newKey(t, elliptic.P384()), newKey(t, elliptic.P384())
	trust := manifest.PublicKey{Key: &key.PublicKey}
	bundle := sign(t, build(t, simple, manifest.BuildOptions{}), manifest.Signer{Key: key})
	tolerant := manifest.CompareOptions{Unsigned: manifest.TolerateUnsigned}
	changed := model{"signme-1": "TAMPERED", "signme-2": "signme-2"}
	missing := model{"signme-1": "signme-1"}
	extra := model{"signme-1": "signme-1", "signme-2": "signme-2", "injected.bin": "x"}
	tests := []struct {
		name   string
		bundle []byte
		trust  manifest.Verifier
		model  model
		opt    manifest.CompareOptions
		want   error // nil if it must verify
	}{
		{"as_signed", bundle, trust, simple, manifest.CompareOptions{}, nil},
		{"content", bundle, trust, changed, manifest.CompareOptions{}, errDiffers},
		{"content_tolerant", bundle, trust, changed, tolerant, errDiffers},
		{"missing_file", bundle, trust, missing, manifest.CompareOptions{}, errDiffers},
		{"missing_file_tolerant", bundle, trust, missing, tolerant, errDiffers},
		{"extra_file", bundle, trust, extra, manifest.CompareOptions{}, errDiffers},
		{"extra_file_tolerated", bundle, trust, extra, tolerant, nil},
		{"extra_file_ignored", bundle, trust, extra, manifest.CompareOptions{Ignored: []string{"injected.bin"}}, nil},
		{"another_key", bundle, manifest.PublicKey{Key: &other.PublicKey}, simple, manifest.CompareOptions{}, manifest.ErrSignature},
		{"key_of_another_curve", bundle, manifest.PublicKey{Key: &newKey(t, elliptic.P224()).PublicKey}, simple, manifest.CompareOptions{}, manifest.ErrSignature},
		{"no_key", bundle, manifest.PublicKey{}, simple, manifest.CompareOptions{}, manifest.ErrSignature},
		{"statement", mutate(t, bundle, "other", "payload", "subject"), trust, simple, manifest.CompareOptions{}, manifest.ErrSignature},
		{"hint_is_not_signed", mutate(t, bundle, "0000", "verificationMaterial", "publicKey", "hint"), trust, simple, manifest.CompareOptions{}, nil},
		{"as_certificate", bundle, manifest.Certificates{Now: now}, simple, manifest.CompareOptions{}, manifest.ErrSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := verify(t.Context(), tt.bundle, tt.trust, tt.model, tt.opt); !errors.Is(err, tt.want) {
				t.Errorf("verify() = %v; want %v", err, tt.want)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	made := build(t, simple, manifest.BuildOptions{})
	good := newAuthority(t, valid, valid, valid)
	other := newAuthority(t, valid, valid, valid)
	tests := []struct {
		name string
		a    authority
		root *x509.Certificate
	}{
		{"another_root", good, other.root.cert},
		{"expired", newAuthority(t, valid, valid, expired), nil},
		{"not_yet_valid", newAuthority(t, valid, valid, future), nil},
		{"expired_intermediate", newAuthority(t, valid, expired, valid), nil},
		{"intermediate_not_yet_valid", newAuthority(t, valid, future, valid), nil},
		{"expired_intermediate_and_leaf", newAuthority(t, valid, expired, expired), nil},
		{"expired_root", newAuthority(t, expired, valid, valid), nil},
		{"all_expired", newAuthority(t, expired, expired, expired), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root == nil {
				tt.root = tt.a.root.cert
			}
			bundle := sign(t, made, manifest.Signer{Key: tt.a.leaf.key, Chain: tt.a.chain()})
			trust := manifest.Certificates{Roots: []*x509.Certificate{tt.root}, Now: now}
			if err := verify(t.Context(), bundle, trust, simple, manifest.CompareOptions{}); !errors.Is(err, manifest.ErrSignature) {
				t.Errorf("verify() = %v; want ErrSignature", err)
			}
		})
	}
	bundle := sign(t, made, manifest.Signer{Key: good.leaf.key, Chain: good.chain()})
	roots := []*x509.Certificate{good.root.cert}
	for name, v := range map[string]manifest.Verifier{
		"no_clock":       manifest.Certificates{Roots: roots},
		"no_root":        manifest.Certificates{Now: now},
		"as_key":         manifest.PublicKey{Key: &good.leaf.key.PublicKey},
		"years_later":    manifest.Certificates{Roots: roots, Now: now.AddDate(30, 0, 0)},
		"years_too_soon": manifest.Certificates{Roots: roots, Now: now.AddDate(-30, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			if err := verify(t.Context(), bundle, v, simple, manifest.CompareOptions{}); !errors.Is(err, manifest.ErrSignature) {
				t.Errorf("verify() = %v; want ErrSignature", err)
			}
		})
	}
}

// TestUsage neither signs with a certificate that is not for code, nor trusts one.
func TestUsage(t *testing.T) {
	made := build(t, simple, manifest.BuildOptions{})
	a := newAuthority(t, valid, valid, valid)
	for name, usage := range map[string]x509.Certificate{
		"no_extended_usage": {KeyUsage: x509.KeyUsageDigitalSignature},
		"for_servers":       {KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
		"no_signatures":     {KeyUsage: x509.KeyUsageKeyAgreement, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}},
	} {
		t.Run(name, func(t *testing.T) {
			leaf := certify(t, a.between, usage, valid)
			if _, err := manifest.Sign(made, manifest.Signer{Key: leaf.key, Chain: []*x509.Certificate{leaf.cert, a.between.cert}}, rand.Reader); err == nil {
				t.Error("Sign() = nil; want an error")
			}
			// A bundle that another tool made in this way.
			bundle := sign(t, made, manifest.Signer{Key: a.leaf.key, Chain: a.chain()})
			chain := []any{map[string]any{"rawBytes": leaf.cert.Raw}, map[string]any{"rawBytes": a.between.cert.Raw}}
			bad := resignP384(t, mutate(t, bundle, chain, "verificationMaterial", "x509CertificateChain", "certificates"), leaf.key)
			trust := manifest.Certificates{Roots: []*x509.Certificate{a.root.cert}, Now: now}
			if err := verify(t.Context(), bad, trust, simple, manifest.CompareOptions{}); !errors.Is(err, manifest.ErrSignature) {
				t.Errorf("verify() = %v; want ErrSignature", err)
			}
		})
	}
	t.Run("key_of_another", func(t *testing.T) {
		if _, err := manifest.Sign(made, manifest.Signer{Key: newKey(t, elliptic.P256()), Chain: a.chain()}, rand.Reader); err == nil {
			t.Error("Sign() = nil; want an error")
		}
	})
}

// TestLinks follows symbolic links only where that is asked for, and never in a
// circle.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"m", "outside"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("m/signme-1", "signme-1")
	write("outside/secret", "secret")
	tests := []struct {
		name, link, to string
		followed       bool // can be signed by following
	}{
		{"to_a_file", "m/link", "signme-1", true},
		{"out_of_the_model", "m/link", "../outside/secret", true},
		{"to_nothing", "m/link", "../nothing", false},
		{"in_a_circle", "m/link", ".", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.Symlink(tt.to, filepath.Join(dir, tt.link)); err != nil {
				t.Skip("no symbolic links here")
			}
			defer os.Remove(filepath.Join(dir, tt.link))
			fsys := os.DirFS(filepath.Join(dir, "m"))
			if _, err := manifest.Build(t.Context(), "m", manifest.Tree(t.Context(), fsys, manifest.TreeOptions{}), manifest.BuildOptions{}); !errors.Is(err, manifest.ErrLink) {
				t.Errorf("Build() = %v; want ErrLink", err)
			}
			// In a model that was signed before, the link is one that was added.
			r, err := manifest.Compare(t.Context(), build(t, model{"signme-1": "signme-1"}, manifest.BuildOptions{}), manifest.Tree(t.Context(), fsys, manifest.TreeOptions{}), manifest.CompareOptions{})
			if err != nil || r.Count[manifest.Same] != 1 || r.Count[manifest.Added] != 1 {
				t.Errorf("Compare() = %+v, %v; want the link added", r, err)
			}
			// In one that had a file of its name, it is one that was changed.
			r, err = manifest.Compare(t.Context(), build(t, model{"signme-1": "signme-1", "link": ""}, manifest.BuildOptions{}), manifest.Tree(t.Context(), fsys, manifest.TreeOptions{}), manifest.CompareOptions{})
			if err != nil || r.Count[manifest.Same] != 1 || r.Count[manifest.Changed] != 1 {
				t.Errorf("Compare() = %+v, %v; want the link changed", r, err)
			}
			follow := manifest.TreeOptions{FollowLinks: true, Same: os.SameFile}
			made, err := manifest.Build(t.Context(), "m", manifest.Tree(t.Context(), fsys, follow), manifest.BuildOptions{FollowsLinks: true})
			if (err == nil) != tt.followed {
				t.Fatalf("Build() following = %v; want success: %v", err, tt.followed)
			}
			if err == nil && (len(made.Resources) != 2 || !made.FollowsLinks || made.Resources[0].Path != "link") {
				t.Errorf("Build() following = %+v; want the link and the file", made.Resources)
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	for name, m := range map[string]model{"nothing": {}, "ignored_only": {".git/config": "x"}} {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.Build(t.Context(), "m", manifest.Tree(t.Context(), m.fs(), manifest.TreeOptions{}), manifest.BuildOptions{})
			if !errors.Is(err, manifest.ErrEmpty) {
				t.Errorf("Build() = %v; want ErrEmpty", err)
			}
		})
	}
}
