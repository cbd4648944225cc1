package cli

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

// access holds the flags of commands that ask a service.
type access struct {
	allow      []string
	account    string
	rate       float64
	concurrent int
	requests   int64
	timeout    time.Duration
	record     string
	ca         string
	keyEnv     []string
	keyARM     bool

	file *os.File // of record
}

func (a *access) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&a.allow, "allow-host", nil, "also send to `HOST[:PORT]`: a private address, plain http, the emulator, a custom domain")
	f.StringVar(&a.account, "account", "", "`NAME` of the storage account, where a custom domain hides it")
	f.Float64Var(&a.rate, "rate", 0, "send at most `N` requests a second to an account (default no limit)")
	f.IntVar(&a.concurrent, "concurrency", 0, "send `N` requests to a host at once (default 16)")
	f.Int64Var(&a.requests, "max-requests", 0, "stop after `N` requests (default no limit)")
	f.DurationVar(&a.timeout, "timeout", 0, "stop after this `TIME`, such as 90s or 2h (default no limit)")
	f.StringVar(&a.record, "record", "", "write every request and its answer to `FILE`, without secrets, as evidence")
	f.StringVar(&a.ca, "ca", "", "trust the certificates in `FILE` (PEM) besides the system's")
}

// keyFlags are those of commands that can tell which key made a link.
func (a *access) keyFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&a.keyEnv, "key-env", nil, "tell offline whether the account key in the environment variable `NAME` made the link; give it twice for key1 and key2")
	f.BoolVar(&a.keyARM, "key-from-arm", false, "ask Azure's resource manager for the account's keys, with the login of this machine")
}

// client returns the client of a run. The caller closes access.
func (a *access) client(w World, run string, probes wire.Probes) (*wire.ReadOnly, error) {
	opt, err := a.wired(w, run)
	if err != nil {
		return nil, err
	}
	opt.Probes = probes
	return wire.NewReadOnly(opt), nil
}

// ownerClient returns the client of a run for the owner of an account. The
// caller closes access.
func (a *access) ownerClient(w World, run string) (*wire.Owner, error) {
	opt, err := a.wired(w, run)
	if err != nil {
		return nil, err
	}
	return wire.NewOwner(opt), nil
}

// wired returns what both clients of a run have in common.
func (a *access) wired(w World, run string) (wire.Options, error) {
	for _, h := range a.allow {
		if err := wire.CheckHost(h); err != nil {
			return wire.Options{}, fmt.Errorf("read --allow-host %q: want HOST or HOST:PORT, such as 127.0.0.1:10000", h)
		}
	}
	opt := wire.Options{
		Run: run, Agent: "overgrant/" + version(), AllowHosts: a.allow,
		PerHost: a.concurrent, Rate: a.rate, Budget: wire.Budget{Requests: a.requests},
	}
	if a.timeout > 0 {
		opt.Budget.Until = w.Now().Add(a.timeout)
	}
	if a.ca != "" {
		pem, err := os.ReadFile(a.ca)
		if err != nil {
			return opt, fmt.Errorf("read --ca: %w", err)
		}
		if opt.RootCAs, err = x509.SystemCertPool(); err != nil {
			opt.RootCAs = x509.NewCertPool()
		}
		if !opt.RootCAs.AppendCertsFromPEM(pem) {
			return opt, fmt.Errorf("read --ca %s: no certificate in it; want PEM", a.ca)
		}
	}
	if a.record != "" && a.file == nil {
		f, err := os.OpenFile(a.record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return opt, fmt.Errorf("open the record: %w", err)
		}
		a.file = f
	}
	if a.file != nil {
		opt.Record = a.file
	}
	return opt, nil
}

func (a *access) close() error {
	if a.file == nil {
		return nil
	}
	if err := a.file.Close(); err != nil {
		return fmt.Errorf("close the record: %w", err)
	}
	return nil
}

// keys returns the account keys that the user gave or that ARM gives.
func (a *access) keys(ctx context.Context, w World, g overgrant.Grant) ([]overgrant.Secret, error) {
	var keys []overgrant.Secret
	for _, name := range a.keyEnv {
		v := strings.TrimSpace(w.Getenv(name))
		if v == "" {
			return nil, fmt.Errorf("read --key-env: the environment variable %s is empty; put the account key into it", name)
		}
		keys = append(keys, overgrant.NewSecret(v))
	}
	if !a.keyARM {
		return keys, nil
	}
	account := a.account
	if account == "" {
		account = g.Account
	}
	if account == "" {
		return nil, errors.New("ask for the account's keys: the link names no account; give it with --account NAME")
	}
	client, err := a.ownerClient(w, "")
	if err != nil {
		return nil, err
	}
	defer client.Close()
	more, err := keysFromARM(ctx, account, g.Host, client)
	if err != nil {
		return nil, fmt.Errorf("ask for the account's keys: %w", err)
	}
	return append(keys, more...), nil
}

// reach opens the cloud that a link leads to.
func (a *access) reach(l overgrant.Link, opt cloud.Options) (cloud.Reach, error) {
	opt.AllowHosts, opt.Account = a.allow, a.account
	for _, d := range clouds {
		if !d.Opens(l.Grant) {
			continue
		}
		r, err := d.Open(l, opt)
		if errors.Is(err, cloud.ErrIncomplete) && a.account == "" {
			return nil, fmt.Errorf("%w; give the URL or the connection string around it, or --account NAME", err)
		}
		return r, err
	}
	return nil, fmt.Errorf("%w: links of kind %s are read and judged offline only", errNoCloud, l.Grant.Kind)
}

var errNoCloud = errors.New("no service to ask")

// randomSalt returns bits that nobody can guess.
func randomSalt() (salt [8]byte) {
	_, _ = rand.Read(salt[:]) // never fails
	return salt
}

// runID names a run in the logs of those who are asked.
func runID(salt [8]byte) string { return hex.EncodeToString(salt[:]) }
