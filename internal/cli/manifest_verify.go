package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/overgrant/overgrant/model/manifest"
	"github.com/overgrant/overgrant/model/manifest/keyless"
	"github.com/spf13/cobra"
)

// verifying holds the flags of manifest verify.
type verifying struct {
	target manifestTarget
	format string
	out    string
	at     string

	signature, manifest    string
	key                    string
	roots                  []string
	root, identity, issuer string
	full, quick, open      bool
	sample, resume         string
	tolerate               bool
	share                  float64
	data                   []byte // of the signature
}

func manifestVerify(w World) *cobra.Command {
	v := &verifying{}
	c := &cobra.Command{
		Use:   "verify PATH | LINK | CASE | - --signature FILE",
		Short: "Tell which files of a model are no longer what was signed, and since when",
		Long: `Verify a signature, then compare the model with what was signed: which files were
added, removed and changed, and when. Say whom you trust:

  --public-key FILE                        a key
  --roots FILE                             who vouches for certificates
  --trusted-root FILE --identity --issuer  who signed in as somebody, with Sigstore
  --manifest FILE                          nobody: compare with a manifest of create

Files of this machine are read. Behind a link the listing is compared first, and
nothing is read: another size or MD5 tells that a file was overwritten, the same
ETag that it was not. Of the rest, --doubtful reads what the listing leaves open,
--full everything.

same       the bytes have the signed digests
unwritten  the storage has not seen a write since: the ETag is the same
alike      size and MD5 in the listing are the same; who may write can set both
unproven   nothing speaks for it or against it; only reading tells

Exit codes: 0 all is as it was signed; 1 something differs, or the signature does
not hold; 2 wrong usage; 3 part of the model could not be told or read.`,
		Example: `  overgrant manifest verify --signature resnet18/model.sig --public-key signing.pub resnet18/
  overgrant manifest verify --doubtful --signature model.sig --public-key signing.pub 9f8e12`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error { return v.run(c.Context(), w, args) },
	}
	f := c.Flags()
	f.StringVarP(&v.format, "format", "f", "text", "one of text, json, jsonl")
	f.StringVarP(&v.out, "output", "o", "-", "write the result to `FILE`; - for standard output")
	f.StringVar(&v.at, "at", "", "certificates must be valid at this `TIME` (RFC 3339) instead of now")
	f.StringVar(&v.signature, "signature", "", "the signature is in `FILE` (default model.sig in the folder)")
	f.StringVar(&v.manifest, "manifest", "", "compare with the manifest in `FILE`, which nobody signed")
	f.StringVar(&v.key, "public-key", "", "trust the public key in `FILE` (PEM)")
	f.StringArrayVar(&v.roots, "roots", nil, "trust the certificates in `FILE` (PEM) to vouch for others; may be given again")
	f.StringVar(&v.root, "trusted-root", "", "trust the authorities and logs in `FILE`, a trusted_root.json of Sigstore")
	f.StringVar(&v.identity, "identity", "", "trust `NAME`, such as an e-mail address, with --trusted-root")
	f.StringVar(&v.issuer, "issuer", "", "the identity is one of the provider at `URL`")
	f.BoolVar(&v.full, "full", false, "behind a link, read every byte that was signed")
	f.BoolVar(&v.open, "doubtful", false, "behind a link, read the files that the listing leaves open")
	f.BoolVar(&v.quick, "quick", false, "read nothing, of files of this machine either")
	f.StringVar(&v.sample, "sample", "", "of what is read, read a `SHARE` chosen at random, such as 10%")
	f.StringVar(&v.resume, "resume", "", "behind a link, keep in `FILE` what was read and found to be as signed, and go on with what is not in it")
	f.BoolVar(&v.tolerate, "ignore-unsigned", false, "say nothing of files that were not signed")
	v.target.flags(c)
	return c
}

func (v *verifying) run(ctx context.Context, w World, args []string) (fault error) {
	if err := v.checked(args); err != nil {
		return err
	}
	signed, err := v.signed(w, args)
	if err != nil {
		return err
	}
	at, err := v.target.open(ctx, w, args)
	if err != nil {
		return err
	}
	defer func() {
		if err := at.close(); err != nil {
			fault = errors.Join(fault, &exit{exitUsage, err})
		}
	}()
	if v.resume != "" && at.remote == nil {
		return errors.New("--resume is for links: files of this machine have nothing that names their bytes")
	}
	report, err := v.compare(ctx, w, at, signed)
	if err != nil {
		return &exit{exitUsage, fmt.Errorf("compare %s: %w", at.name, err)}
	}
	page := manifestPage{Model: at.name, Report: report, Signed: signed}
	if at.remote != nil {
		page.Gaps, page.Asked = at.remote.told(w), at.remote.asked
	}
	page.settle()
	if err := v.write(w, page); err != nil {
		return &exit{exitUsage, err}
	}
	switch page.Verdict {
	case verdictDiffers:
		return &exit{code: exitFound}
	case verdictOpen:
		return &exit{code: exitPartial}
	}
	return nil
}

// checked makes sure that the flags can be meant, before anything is read.
func (v *verifying) checked(args []string) error {
	ways := 0
	for _, given := range []bool{v.key != "", len(v.roots) > 0, v.root != "", v.manifest != ""} {
		if given {
			ways++
		}
	}
	reads := 0
	for _, given := range []bool{v.full, v.open, v.quick} {
		if given {
			reads++
		}
	}
	switch {
	case ways != 1:
		return errors.New("say whom you trust, in one way: --public-key, --roots, --trusted-root, or --manifest for nobody")
	case v.root != "" && (v.identity == "" || v.issuer == ""):
		return errors.New("with --trusted-root say whose signature counts: give --identity and --issuer")
	case v.root == "" && v.identity+v.issuer != "":
		return errors.New("--identity and --issuer stand with --trusted-root")
	case v.manifest != "" && v.signature != "":
		return errors.New("give --signature or --manifest, not both")
	case reads > 1:
		return errors.New("give one of --full, --doubtful and --quick")
	case v.format != "text" && v.format != "json" && v.format != "jsonl":
		return fmt.Errorf("read --format %q: want one of text, json, jsonl", v.format)
	}
	if path := localPath(args); v.signature == "" && v.manifest == "" && path != "" && v.target.links.file == "" {
		v.signature = (&signing{}).place(args)
	}
	if v.signature == "" && v.manifest == "" {
		return errors.New("give the signature with --signature FILE")
	}
	return v.readSample()
}

func (v *verifying) readSample() (err error) {
	if v.sample == "" {
		return nil
	}
	text, percent := strings.CutSuffix(strings.TrimSpace(v.sample), "%")
	v.share, err = strconv.ParseFloat(text, 64)
	if percent {
		v.share /= 100
	}
	if err != nil || !(v.share > 0 && v.share < 1) {
		return fmt.Errorf("read --sample %q: want a share such as 10%%, above 0%% and below 100%%", v.sample)
	}
	return nil
}

// Bounds of files, in bytes: one with a manifest or a signature, one with keys,
// certificates or a trusted root.
const (
	manifestLimit = 1 << 30
	keyLimit      = 16 << 20
)

// readUpTo reads a file of at most so many bytes.
func readUpTo(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s: larger than %d MiB", name, most>>20)
	}
	return data, err
}

// signed reads what the model is compared with. That a signature does not hold is
// an answer: exit code 1.
func (v *verifying) signed(w World, args []string) (*manifest.Signed, error) {
	if v.manifest != "" {
		m, err := readManifest(v.manifest)
		if err != nil {
			return nil, err
		}
		return &manifest.Signed{Manifest: m}, nil
	}
	trust, err := v.trust(w)
	if err != nil {
		return nil, err
	}
	if v.data, err = readUpTo(v.signature, manifestLimit); err != nil {
		return nil, fmt.Errorf("read --signature: %w", err)
	}
	bundle, err := manifest.ParseBundle(v.data, manifest.Limits{})
	if err != nil {
		return nil, &exit{exitFound, fmt.Errorf("%s: %w", v.signature, err)}
	}
	signed, err := bundle.Open(trust)
	if err != nil {
		return nil, &exit{exitFound, fmt.Errorf("%s: %w", v.signature, err)}
	}
	return signed, nil
}

// trust reads whom the user trusts.
func (v *verifying) trust(w World) (manifest.Verifier, error) {
	now := w.Now().UTC()
	if v.at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, v.at); err != nil {
			return nil, fmt.Errorf("read --at %q: want a time like 2026-01-31T12:00:00Z", v.at)
		}
	}
	switch {
	case v.key != "":
		data, err := readUpTo(v.key, keyLimit)
		if err != nil {
			return nil, fmt.Errorf("read --public-key: %w", err)
		}
		key, err := manifest.ParsePublicKey(data)
		if err != nil {
			return nil, fmt.Errorf("read --public-key %s: %w", v.key, err)
		}
		return manifest.PublicKey{Key: key}, nil
	case v.root != "":
		data, err := readUpTo(v.root, keyLimit)
		if err != nil {
			return nil, fmt.Errorf("read --trusted-root: %w", err)
		}
		return keyless.Identity{TrustedRoot: data, Name: v.identity, Issuer: v.issuer}, nil
	}
	trust := manifest.Certificates{Now: now}
	for _, name := range v.roots {
		data, err := readUpTo(name, keyLimit)
		if err != nil {
			return nil, fmt.Errorf("read --roots: %w", err)
		}
		all, err := manifest.ParseCertificates(data)
		if err != nil {
			return nil, fmt.Errorf("read --roots %s: %w", name, err)
		}
		trust.Roots = append(trust.Roots, all...)
	}
	return trust, nil
}

// reading says what is read of a model.
func (v *verifying) reading(at *modelAt) manifest.Reading {
	switch {
	case v.quick:
		return manifest.ReadNothing
	case v.full, at.remote == nil && !v.open:
		return manifest.ReadAll
	case v.open, v.share > 0:
		return manifest.ReadOpen
	}
	return manifest.ReadNothing
}

func (v *verifying) compare(ctx context.Context, w World, at *modelAt, signed *manifest.Signed) (report *manifest.Report, fault error) {
	ignored := v.target.left(at, v.signature, v.manifest, v.out)
	opt := manifest.CompareOptions{Read: v.reading(at), Ignored: ignored, Workers: v.target.workers(at), Share: v.share}
	if v.tolerate {
		opt.Unsigned = manifest.TolerateUnsigned
	}
	_, _ = rand.Read(opt.Seed[:]) // never fails
	if v.resume != "" {
		j, err := openJournal(v.resume, signed.RootHex())
		if err != nil {
			return nil, err
		}
		defer func() { fault = errors.Join(fault, j.close()) }()
		opt.Journal = j
	}
	var bytes atomic.Int64
	opt.Told = func(n int) { bytes.Add(int64(n)) }
	done := v.target.progress(w, &bytes)
	defer done()
	if at.remote != nil {
		at.remote.names, at.remote.unsigned = signedNames(signed.Manifest, ignored), opt.Unsigned
	}
	files := at.files(ctx, walk{append(ignored, signed.Ignored...), signed.FollowsLinks})
	return manifest.Compare(ctx, signed.Manifest, v.withoutSignature(at, files), opt)
}

// signedNames returns the names of the files of a manifest that are compared.
func signedNames(m *manifest.Manifest, ignored []string) (names []string) {
	last := ""
	for i := range m.Resources {
		name := m.Resources[i].Path
		if name != last && !manifest.Ignores(m.Ignored, name) && !manifest.Ignores(ignored, name) {
			names = append(names, name)
		}
		last = name
	}
	return names
}

// withoutSignature leaves out the signature where it lies beside the model behind
// a link: the same name, the same number of bytes.
func (v *verifying) withoutSignature(at *modelAt, files iter.Seq2[manifest.File, error]) iter.Seq2[manifest.File, error] {
	if at.remote == nil || v.signature == "" {
		return files
	}
	name, size := filepath.Base(v.signature), int64(len(v.data))
	return func(yield func(manifest.File, error) bool) {
		for f, err := range files {
			if err == nil && f.Path == name && (f.Past || f.Noted.Size == size) {
				continue
			}
			if !yield(f, err) {
				return
			}
		}
	}
}
