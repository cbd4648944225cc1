package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/overgrant/overgrant/test/azurite"
)

// emulatorBlobs is how many blobs the emulator holds.
const (
	emulatorBlobs      = 20_000
	emulatorContainers = 4
)

// emulator lists an account of the storage emulator, which is slow: what counts
// is that nothing is added to what it takes.
func (b *bench) emulator() error {
	if _, err := exec.LookPath("node"); err != nil {
		fmt.Fprintln(os.Stderr, "bench: node is not on PATH: the emulator is left out")
		return nil
	}
	if err := b.build("floor", "./bench/floor"); err != nil {
		return err
	}
	a, err := azurite.Run("contoso")
	if err != nil {
		return err
	}
	defer a.Server().Close()
	link := func(permissions string) string {
		return a.URL("blob") + "/?" + a.AccountSAS(azurite.SAS{Services: "b", Types: "sco", Permissions: permissions, Expiry: time.Now().AddDate(0, 0, 1).UTC().Format(time.RFC3339)})
	}
	if err := fill(link("rwlc")); err != nil {
		return fmt.Errorf("fill the emulator: %w", err)
	}
	reads := link("rl")
	s := &fakeServer{host: a.Server().Host("blob"), link: reads}
	bare := command{line: []string{b.tool("floor"), "-lists", strconv.Itoa(2 * runtime.NumCPU()), reads}}
	floor, ours, err := b.turns(bare, b.measure(s))
	if err != nil {
		return err
	}
	n := rate{emulatorBlobs, "blobs"}
	b.rated("emulator, 4 containers", "bare client", floor, floor, n, "")
	b.rated("emulator, 4 containers", "overgrant measure", ours, floor, n, "1.05")
	return nil
}

// fill puts small blobs into the emulator.
func fill(link string) error {
	address, token, _ := strings.Cut(link, "/?")
	put := func(path, query, body string) error {
		req, err := http.NewRequest(http.MethodPut, address+path+"?"+query+token, strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("X-Ms-Blob-Type", "BlockBlob")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return err
		}
		if resp.StatusCode != http.StatusCreated {
			return errors.New(resp.Status)
		}
		return nil
	}
	faults := make([]error, emulatorContainers)
	var all sync.WaitGroup
	for c := range emulatorContainers {
		all.Go(func() {
			faults[c] = put(fmt.Sprintf("/store-%d", c), "restype=container&", "")
			for i := 0; i < emulatorBlobs/emulatorContainers && faults[c] == nil; i++ {
				faults[c] = put(fmt.Sprintf("/store-%d/home/u%05d/notes/%05d.txt", c, i/10, i), "", "a note")
			}
		})
	}
	all.Wait()
	return errors.Join(faults...)
}
