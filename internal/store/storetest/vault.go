package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// newKey makes a key and the public half of it.
func newKey(t testing.TB) (key, public store.Key) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if _, err := store.NewKeyFile(name); err != nil {
		t.Fatal(err)
	}
	key, err := store.ReadKey(name, "")
	if err != nil {
		t.Fatal(err)
	}
	if public, err = store.ParseKey(key.Recipient()); err != nil {
		t.Fatal(err)
	}
	return key, public
}

// secretLink returns a link of this run alone.
func secretLink(id string, g overgrant.Grant) (l overgrant.Link, signature []byte) {
	signature = make([]byte, 32)
	_, _ = rand.Read(signature)
	l = found(id, g).Found.Link
	l.Secret = overgrant.NewSecret("https://" + g.Account + "/?sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature)))
	return l, signature
}

// shows reports whether a secret is the one of the link, by its fingerprint.
func shows(s overgrant.Secret, l overgrant.Link) bool { return s.String() == l.Secret.String() }

func vault(t *testing.T, open Open) {
	s := fresh(t, open)
	ctx := context.Background()
	key, public := newKey(t)
	v := store.NewVault(s, key)
	bare, _ := secretLink(idA, grant())
	g := grant()
	g.Host = "contosomodels.blob.core.windows.net"
	full, _ := secretLink(idA, g)

	if _, err := v.Open(ctx, idA); !errors.Is(err, store.ErrNoLink) {
		t.Errorf("Open(nothing sealed) = %v; want %v", err, store.ErrNoLink)
	}
	for _, l := range []overgrant.Link{full, bare, full, {ID: idB}} {
		if err := store.NewVault(s, public).Seal(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(all(t, s.Sealed(ctx, idA))); n != 2 {
		t.Errorf("%d sealed links; want 2", n)
	}
	if got, err := v.Open(ctx, idA); err != nil || !shows(got, full) {
		t.Errorf("Open() = %v, %v; want the fullest link %v", got, err, full.Secret)
	}
	if _, err := v.Open(ctx, idB); !errors.Is(err, store.ErrNoLink) {
		t.Errorf("Open(a link without its text) = %v; want %v", err, store.ErrNoLink)
	}
	none := store.NewVault(s, store.Key{})
	if err := none.Seal(ctx, full); !errors.Is(err, store.ErrNoKey) {
		t.Errorf("Seal(no key) = %v; want %v", err, store.ErrNoKey)
	}
	if _, err := none.Open(ctx, idA); !errors.Is(err, store.ErrNoKey) {
		t.Errorf("Open(no key) = %v; want %v", err, store.ErrNoKey)
	}
	if _, err := store.NewVault(s, public).Open(ctx, idA); !errors.Is(err, store.ErrSealOnly) {
		t.Errorf("Open(public half) = %v; want %v", err, store.ErrSealOnly)
	}
	other, _ := newKey(t)
	if _, err := store.NewVault(s, other).Open(ctx, idA); !errors.Is(err, store.ErrWrongKey) || !strings.Contains(err.Error(), key.Recipient()) {
		t.Errorf("Open(other key) = %v; want %v, and which key it is", err, store.ErrWrongKey)
	}
	if err := store.NewVault(s, other).Seal(ctx, full); err != nil {
		t.Fatal(err)
	}
	if got, err := store.NewVault(s, other).Open(ctx, idA); err != nil || !shows(got, full) {
		t.Errorf("Open(other key, sealed to it too) = %v, %v; want the link", got, err)
	}
	if _, err := s.Case(ctx, idA); !errors.Is(err, store.ErrNoCase) {
		t.Errorf("Case() = %v; want %v: what is sealed is no case yet", err, store.ErrNoCase)
	}
}

// holdsNoSecret looks through all files of the store for the secrets of its
// links, while it is open and after.
func holdsNoSecret(t *testing.T, open Open) {
	folder := t.TempDir()
	s := open(t, folder)
	_, public := newKey(t)
	v := store.NewVault(s, public)
	var forms [][]byte
	for _, id := range []string{idA, idB, idC} {
		l, signature := secretLink(id, grant())
		plain := base64.StdEncoding.EncodeToString(signature)
		text := "https://" + l.Grant.Account + "/?sig=" + url.QueryEscape(plain)
		forms = append(forms, signature, []byte(text), []byte(plain), []byte(url.QueryEscape(plain)),
			[]byte(hex.EncodeToString(signature)), []byte(strings.ToUpper(hex.EncodeToString(signature))),
			[]byte(base64.StdEncoding.EncodeToString([]byte(text))), []byte(base64.RawURLEncoding.EncodeToString(signature)),
			[]byte(hex.EncodeToString([]byte(text))))
		put(t, s, runA, overgrant.Message{Found: &overgrant.Found{Link: l}}, judged(id, overgrant.LiveShape, overgrant.High),
			seen(id, sighting("a")), proven(id, 1, overgrant.Alive), shard(id, 1))
		if err := v.Seal(context.Background(), l); err != nil {
			t.Fatal(err)
		}
	}
	search(t, folder, forms)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	search(t, folder, forms)
}

func search(t *testing.T, folder string, forms [][]byte) {
	t.Helper()
	files := os.DirFS(folder)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		for i, f := range forms {
			if bytes.Contains(data, f) {
				t.Errorf("%s holds a secret, in form %d", name, i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
