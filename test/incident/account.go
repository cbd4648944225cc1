package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/test/azurite"
)

const (
	accountName = "contosomodels"
	models      = "robust" // the container that the links name
	exports     = "exports"
)

// The tokens of the story. The renewed one is what somebody ticked in a portal so
// that it would never end again; the inner one stands in a note in the account.
var (
	firstToken   = azurite.SAS{Version: "2019-10-10", Services: "b", Types: "sco", Permissions: "rlx", Start: "2020-06-10T07:06:23Z", Expiry: "2021-10-05T15:06:23Z", Protocol: "https,http"}
	renewedToken = azurite.SAS{Version: "2020-08-04", Services: "bfqt", Types: "sco", Permissions: "rwdlacupitfx", Start: "2021-10-05T23:09:59Z", Expiry: "2051-10-06T07:09:59Z", Protocol: "https,http"}
	innerToken   = azurite.SAS{Container: exports, Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"}
)

// account is the storage account behind the links, and the two links to it.
type account struct {
	url            string // of its blobs, without a slash at its end
	host           string // where it is, without the port
	what           string // what serves it and how much it holds, for people
	first, renewed string // the queries of the links
	owner          string // file of the shell with the owner's login and flags; empty if the account has no owner's side
	close          func()
}

// thing is a blob.
type thing struct {
	container, name string
	body            []byte
}

// open makes the account and fills it: on the storage emulator, or on the fake
// server if that cannot be installed. Scratch files go to folder.
func open(ctx context.Context, folder string) (*account, error) {
	if err := install(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		things, made := contents(ctx, folder, "https://"+accountName+".example/"+exports+"?sv=2022-11-02&sr=c&sp=rl&se=2040-01-01T00:00:00Z&sig="+signature())
		if made != nil {
			return nil, made
		}
		a := pretend(things)
		a.what = "a fake server with " + told(things) + "\n(the storage emulator could not be installed: " + err.Error() + ")"
		return a, nil
	}
	e, err := azurite.Run(accountName)
	if err != nil {
		return nil, err
	}
	a := &account{
		url: e.URL("blob"), host: "127.0.0.1",
		first: e.AccountSAS(firstToken), renewed: e.AccountSAS(renewedToken), close: e.Server().Close,
	}
	things, err := contents(ctx, folder, e.Link("blob", exports, "", e.BlobSAS(innerToken)))
	if err == nil {
		a.what = "the storage emulator with " + told(things)
		err = fill(ctx, e, things)
	}
	if err == nil {
		err = a.own(e, folder)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// told counts things in words.
func told(things []thing) string {
	return fmt.Sprintf("%d objects in %d containers", len(things), len(containersOf(things)))
}

// install makes sure that the emulator's npm packages are there, by lock file.
func install(ctx context.Context) error {
	_, file, _, _ := runtime.Caller(0)
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, filepath.Join(filepath.Dir(file), "..", "setup"), "azurite")
	c.WaitDelay = time.Second
	if out, err := c.CombinedOutput(); err != nil {
		last, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("npm ci: %w %s", err, last)
	}
	return nil
}

// fill writes things to the emulator as its owner would, with a link that ends
// in an hour.
func fill(ctx context.Context, e *azurite.Account, things []thing) error {
	query := e.AccountSAS(azurite.SAS{Services: "b", Types: "co", Permissions: "cw", Expiry: azurite.Stamp(time.Now().Add(time.Hour)), Protocol: "https,http"})
	for _, name := range containersOf(things) {
		if err := put(ctx, e.Link("blob", name, "", query)+"&restype=container", nil); err != nil {
			return fmt.Errorf("make the container %s: %w", name, err)
		}
	}
	for _, t := range things {
		if err := put(ctx, e.Link("blob", t.container, t.name, query), t.body); err != nil {
			return fmt.Errorf("write %s/%s: %w", t.container, t.name, err)
		}
	}
	return nil
}

func put(ctx context.Context, link string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, link, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("x-ms-blob-type", "BlockBlob")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return nil
}

// pretend serves things from the fake.
func pretend(things []thing) *account {
	var key [64]byte
	_, _ = rand.Read(key[:]) // never fails
	opt := fake.Options{Account: accountName, Keys: []string{base64.StdEncoding.EncodeToString(key[:])}}
	for _, name := range containersOf(things) {
		c := fake.Container{Name: name}
		for _, t := range things {
			if t.container == name {
				c.Objects = append(c.Objects, fake.Object{Name: t.name, Body: t.body})
			}
		}
		opt.Containers = append(opt.Containers, c)
	}
	s := fake.New(opt)
	sign := func(t azurite.SAS) string {
		return s.Sign("blob", "/", url.Values{"sv": {t.Version}, "ss": {t.Services}, "srt": {t.Types}, "sp": {t.Permissions}, "st": {t.Start}, "se": {t.Expiry}, "spr": {t.Protocol}}, 1)
	}
	return &account{url: s.URL, host: "127.0.0.1", first: sign(firstToken), renewed: sign(renewedToken), close: s.Close}
}

// containersOf returns the containers of things, each once, in their order.
func containersOf(things []thing) []string {
	var all []string
	seen := map[string]bool{}
	for _, t := range things {
		if !seen[t.container] {
			seen[t.container] = true
			all = append(all, t.container)
		}
	}
	return all
}
