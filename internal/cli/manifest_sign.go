package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/overgrant/overgrant/model/manifest"
	"github.com/spf13/cobra"
)

// making holds the flags of commands that make a manifest.
type making struct {
	target manifestTarget
	out    string
	hash   string
	shards byteSize
	bare   bool
	name   string
}

func (m *making) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&m.hash, "hash", "sha256", "digest: sha256, which every verifier knows, blake2b or blake3")
	f.Var(&m.shards, "shards", "make a digest of every `SIZE` of a file, such as 1GB, so that parts can be verified; 0 makes one of each file")
	f.BoolVar(&m.bare, "bare", false, "keep names and digests only: no size, MD5, ETag, time and version for the cheap check")
	f.StringVar(&m.name, "name", "", "the model is called `NAME` in the manifest (default its folder or container)")
	m.target.flags(c)
}

func manifestCreate(w World) *cobra.Command {
	m := &making{}
	c := &cobra.Command{
		Use:   "create PATH | LINK | CASE | - | --file FILE",
		Short: "Write a manifest of a model, not signed",
		Long: `Read a model and write its manifest as JSON: the statement that sign would sign.
It can be signed later, without the model, with sign --manifest; or kept as a
baseline, with which verify --manifest compares.

Beside the digests it keeps what a listing can be compared with: size, MD5, and
behind a link ETag, Last-Modified and version.`,
		Example: `  overgrant manifest create -o resnet18.json resnet18/
  xclip -o | overgrant manifest create -o baseline.json -`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error { return m.create(c.Context(), w, args) },
	}
	m.flags(c)
	c.Flags().StringVarP(&m.out, "output", "o", "-", "write the manifest to `FILE`; - for standard output")
	return c
}

func oneModel(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return errors.New("give one model: a PATH, or a LINK in quotes")
	}
	return nil
}

func (m *making) create(ctx context.Context, w World, args []string) error {
	made, at, err := m.manifest(ctx, w, args)
	if err != nil {
		return err
	}
	statement, err := made.Statement()
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, statement, "", " "); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	pretty.WriteByte('\n')
	if err := writeNew(w, m.out, pretty.Bytes()); err != nil {
		return err
	}
	if m.out != "-" {
		fmt.Fprintf(w.Err, "overgrant: %s of %s in %s; nobody has signed it\n", filesOf(made), at, m.out)
	}
	return nil
}

// manifest reads the model that the arguments name.
func (m *making) manifest(ctx context.Context, w World, args []string) (made *manifest.Manifest, name string, fault error) {
	hash, err := manifest.ParseHash(m.hash)
	if err != nil {
		return nil, "", fmt.Errorf("read --hash: %w", err)
	}
	at, err := m.target.open(ctx, w, args)
	if err != nil {
		return nil, "", err
	}
	defer func() { fault = errors.Join(fault, at.close()) }()
	ignored := m.target.left(at, m.out)
	if at.path != "" && m.out != "-" && len(ignored) == 0 {
		if same, err := sameFile(at.path, m.out); err == nil && same {
			return nil, "", fmt.Errorf("write %s: it is the model itself", m.out)
		}
	}
	var bytes atomic.Int64
	opt := manifest.BuildOptions{
		Hash: hash, ShardSize: int64(m.shards), FollowsLinks: m.target.follow, Ignored: ignored, Notes: manifest.NoteMD5,
		Workers: m.target.workers(at), Read: func(n int) { bytes.Add(int64(n)) },
	}
	if m.bare {
		opt.Notes = manifest.NoteNothing
	}
	done := m.target.progress(w, &bytes)
	files := at.files(ctx, walk{ignored, m.target.follow})
	made, err = manifest.Build(ctx, cmp.Or(m.name, at.name), files, opt)
	done()
	if gaps := at.remote.told(w); len(gaps) > 0 && (err == nil || errors.Is(err, manifest.ErrEmpty)) {
		err = errors.New("part of what the link reaches cannot be listed: what is not in a manifest would not be signed; narrow it with --prefix")
	}
	if errors.Is(err, manifest.ErrLink) {
		err = fmt.Errorf("%w (--ignore PATH, --follow-links)", err)
	}
	if err != nil {
		return nil, "", &exit{exitUsage, fmt.Errorf("read %s: %w", at.name, err)}
	}
	return made, at.name, nil
}

func sameFile(a, b string) (bool, error) {
	x, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	y, err := os.Stat(b)
	if err != nil {
		return false, err
	}
	return os.SameFile(x, y), nil
}

// progress draws how much was read.
func (t *manifestTarget) progress(w World, bytes *atomic.Int64) (done func()) {
	if t.quiet || !w.Terminal {
		return func() {}
	}
	return showLine(w, func(elapsed time.Duration) string {
		n := float64(bytes.Load()) / 1e6
		return fmt.Sprintf("%.0f MB read, %.0f MB/s", n, n/max(elapsed.Seconds(), 0.001))
	})
}

// filesOf counts the files of a manifest in words.
func filesOf(m *manifest.Manifest) string {
	if n := m.Files(); n != 1 {
		return count(int64(n)) + " files"
	}
	return "1 file"
}

// signing holds the flags of the sign command.
type signing struct {
	making
	key      string
	chain    []string
	manifest string
}

func manifestSign(w World) *cobra.Command {
	s := &signing{}
	c := &cobra.Command{
		Use:   "sign PATH | LINK | CASE | - | --manifest FILE",
		Short: "Sign a model",
		Long: `Read a model and sign its manifest, offline: with a key, or with a certificate
and its key. The signature is written into the folder as model.sig, and lies
beside a model that is one file or behind a link.

The key is an ECDSA key on P-256, P-384 or P-521 in PEM, PKCS #8 or SEC 1, and not
encrypted. It is never shown.

Signing with an identity instead of a key needs a login and Sigstore's services:
the model_signing tool does it, and manifest verify verifies it.`,
		Example: `  openssl ecparam -name prime256v1 -genkey -noout -out signing.pem
  openssl ec -in signing.pem -pubout -out signing.pub
  overgrant manifest sign --key signing.pem resnet18/
  overgrant manifest sign --key leaf.pem --certificate leaf.crt --certificate intermediate.crt resnet18/`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error { return s.run(c.Context(), w, args) },
	}
	s.flags(c)
	f := c.Flags()
	f.StringVarP(&s.out, "output", "o", "", "write the signature to `FILE`; - for standard output (default model.sig in the folder)")
	f.StringVar(&s.key, "key", "", "sign with the private key in `FILE` (PEM)")
	f.StringArrayVar(&s.chain, "certificate", nil, "sign with the certificate in `FILE` (PEM); the signer's first, then those that vouch for it, in one file or several")
	f.StringVar(&s.manifest, "manifest", "", "sign the manifest in `FILE`, which create wrote, instead of reading the model")
	return c
}

func (s *signing) run(ctx context.Context, w World, args []string) error {
	if s.key == "" {
		return errors.New("sign: give the private key with --key FILE; to sign with an identity use the model_signing tool")
	}
	signer, err := s.signer(w)
	if err != nil {
		return err
	}
	if s.out == "" {
		s.out = s.place(args)
	}
	if s.out == "" {
		return errors.New("sign: say where the signature goes, with -o FILE")
	}
	var m *manifest.Manifest
	if s.manifest != "" {
		if len(args) > 0 || s.target.links.file != "" {
			return errors.New("give a model or --manifest, not both")
		}
		m, err = readManifest(s.manifest)
	} else {
		m, _, err = s.making.manifest(ctx, w, args)
	}
	if err != nil {
		return err
	}
	bundle, err := manifest.Sign(m, signer, rand.Reader)
	if err != nil {
		return err
	}
	if err := writeNew(w, s.out, bundle); err != nil {
		return err
	}
	if s.out != "-" {
		fmt.Fprintf(w.Err, "overgrant: signed %s of %s; the signature is in %s\n", filesOf(m), m.Name, s.out)
	}
	return nil
}

// place is where the signature of a folder goes.
func (s *signing) place(args []string) string {
	path := localPath(args)
	if path == "" || s.target.links.file != "" || s.manifest != "" {
		return ""
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "model.sig")
	}
	return path + ".sig"
}

// signer reads the key and the certificates.
func (s *signing) signer(w World) (manifest.Signer, error) {
	data, err := readUpTo(s.key, keyLimit)
	if err != nil {
		return manifest.Signer{}, fmt.Errorf("read --key: %w", err)
	}
	key, err := manifest.ParsePrivateKey(data)
	clear(data)
	if err != nil {
		return manifest.Signer{}, fmt.Errorf("read --key %s: %w", s.key, err)
	}
	signer := manifest.Signer{Key: key}
	for _, name := range s.chain {
		data, err := readUpTo(name, keyLimit)
		if err != nil {
			return manifest.Signer{}, fmt.Errorf("read --certificate: %w", err)
		}
		all, err := manifest.ParseCertificates(data)
		if err != nil {
			return manifest.Signer{}, fmt.Errorf("read --certificate %s: %w", name, err)
		}
		signer.Chain = append(signer.Chain, all...)
	}
	for _, c := range signer.Chain {
		if now := w.Now(); now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return manifest.Signer{}, fmt.Errorf("read --certificate: %q is valid from %s until %s: nobody would trust it", c.Subject, c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly))
		}
	}
	return signer, nil
}

// readManifest reads a manifest that nobody signed.
func readManifest(name string) (*manifest.Manifest, error) {
	data, err := readUpTo(name, manifestLimit)
	if err != nil {
		return nil, fmt.Errorf("read --manifest: %w", err)
	}
	m, err := manifest.ParseStatement(data, manifest.Limits{})
	if err != nil {
		return nil, fmt.Errorf("read --manifest %s: %w", strings.TrimSpace(name), err)
	}
	return m, nil
}
