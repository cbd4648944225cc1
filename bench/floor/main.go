// Command floor is the least that a client can do to list an account: it reads
// every page of every container and throws it away. The bench measures overgrant
// against it.
//
//	floor -lists 4 URL
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

func main() {
	lists := flag.Int("lists", 1, "containers that are listed at once")
	flag.Parse()
	l := &lister{link: flag.Arg(0), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *lists, DisableCompression: true}}}
	if err := l.all(*lists); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(2)
	}
	fmt.Println(l.bytes.Load())
}

type lister struct {
	link   string // address and query of an account
	client *http.Client
	bytes  atomic.Int64 // of the pages of all containers
}

// all lists the containers, so many at once.
func (l *lister) all(lists int) error {
	names := make(chan string)
	faults := make(chan error, lists)
	var workers sync.WaitGroup
	for range lists {
		workers.Go(func() {
			var page []byte
			for name := range names {
				if err := l.pages("/"+name, "restype=container&comp=list&maxresults=5000", &page, func(b []byte) { l.bytes.Add(int64(len(b))) }); err != nil {
					faults <- err
					return
				}
			}
		})
	}
	var page []byte
	err := l.pages("/", "comp=list", &page, func(b []byte) {
		for _, part := range strings.Split(string(b), "<Container><Name>")[1:] {
			name, _, _ := strings.Cut(part, "<")
			select {
			case names <- name:
			case err := <-faults:
				faults <- err
			}
		}
	})
	close(names)
	workers.Wait()
	if err != nil || len(faults) == 0 {
		return err
	}
	return <-faults
}

// pages reads the pages of one list into the same room.
func (l *lister) pages(path, query string, room *[]byte, use func([]byte)) error {
	address, token, _ := strings.Cut(l.link, "?")
	address = strings.TrimSuffix(address, "/") + path + "?" + query + "&" + token
	for marker := ""; ; {
		resp, err := l.client.Get(address + "&marker=" + url.QueryEscape(marker))
		if err != nil {
			return fmt.Errorf("ask for a page: %w", err)
		}
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("ask for a page: %s", resp.Status)
		}
		b := bytes.NewBuffer((*room)[:0])
		if _, err := io.Copy(b, resp.Body); err != nil {
			return fmt.Errorf("read a page: %w", err)
		}
		_ = resp.Body.Close()
		*room = b.Bytes()
		use(*room)
		tail := (*room)[max(0, len(*room)-8<<10):]
		_, tail, _ = bytes.Cut(tail, []byte("<NextMarker>"))
		next, _, _ := bytes.Cut(tail, []byte("</NextMarker>"))
		if marker = string(next); marker == "" {
			return nil
		}
	}
}
