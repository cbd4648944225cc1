// Command serve runs the fake storage server as a process of its own, to
// measure a client against it:
//
//	go run ./internal/cloud/fake/serve -containers 10 -blobs 1000000
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/overgrant/overgrant/internal/cloud/fake"
)

func main() {
	containers := flag.Int("containers", 1, "how many containers there are")
	blobs := flag.Int64("blobs", 1_000_000, "how many blobs are in each")
	account := flag.String("account", "contoso", "name of the account")
	kind := flag.Int("kind", -1, "which names they have, from 0; -1 for all in turn")
	token := flag.String("token", "", "the sig that every link must have")
	page := flag.String("page", "", "a page blob that holds this file, in a container called files")
	older := flag.Bool("older", false, "a service that does not know startFrom")
	flag.Parse()
	opt := fake.Options{Account: *account, Token: *token, Older: *older}
	for i := range *containers {
		c := fake.Container{Name: fmt.Sprintf("container-%06d", i), Blobs: *blobs, Kind: fake.Kind(*kind)}
		if *kind < 0 {
			c.Kind = fake.Kind(i) % (fake.Images + 1)
		}
		opt.Containers = append(opt.Containers, c)
	}
	if *page != "" {
		o, err := pageBlob(*page)
		if err != nil {
			fmt.Fprintln(os.Stderr, "serve:", err)
			os.Exit(2)
		}
		opt.Containers = append(opt.Containers, fake.Container{Name: "files", Objects: []fake.Object{o}})
	}
	s := fake.New(opt)
	defer s.Close()
	fmt.Println(s.URL)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
}

// pageBlob is a blob that holds a file, which stays open.
func pageBlob(path string) (fake.Object, error) {
	f, err := os.Open(path)
	if err != nil {
		return fake.Object{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return fake.Object{}, err
	}
	return fake.Object{Name: filepath.Base(path), At: f, Size: info.Size(), Blob: 'p'}, nil
}
