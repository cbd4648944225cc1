package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/kind"
	"github.com/spf13/cobra"
)

// linkFlags say where the links that a command works on come from: an
// argument, standard input, a file, or the vault of the store.
type linkFlags struct {
	file      string
	policy    string
	optional  bool // no link is no error
	addresses bool // the address of a container that anybody may read is a link
}

func (o *linkFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.file, "file", "", "read the link from `FILE`")
	c.Flags().StringVar(&o.policy, "policy", "", "read thresholds from `FILE` (default .overgrant.yaml in the working directory)")
}

// casePrefix is the beginning of a case's id.
var casePrefix = regexp.MustCompile(`^[0-9a-f]{4,64}$`)

// links returns the links that are meant, each once.
func (o *linkFlags) links(ctx context.Context, w World, args []string, s *storeFlags) ([]overgrant.Link, error) {
	if len(args) == 1 && o.file == "" && casePrefix.MatchString(args[0]) {
		l, err := s.link(ctx, w, args[0])
		if err != nil {
			return nil, err
		}
		return []overgrant.Link{l}, nil
	}
	if o.optional && o.file == "" {
		return nil, nil
	}
	text, err := o.text(w, args)
	if err != nil {
		return nil, err
	}
	var all []overgrant.Link
	told := map[string]int{}
	for _, h := range find.New(find.Options{}).Text(text) {
		if i, ok := told[h.Link.ID]; ok {
			if h.Link.Fuller(all[i]) {
				all[i] = h.Link
			}
			continue
		}
		told[h.Link.ID] = len(all)
		all = append(all, h.Link)
	}
	if len(all) == 0 && o.addresses {
		if l, err := kind.Anonymous(string(text)); err == nil {
			return []overgrant.Link{l}, nil
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no storage link in this text; give the whole link or connection string, in quotes: its signature or key must be part of it")
	}
	return all, nil
}

// text returns what to look for links in.
func (o *linkFlags) text(w World, args []string) ([]byte, error) {
	var from io.Reader
	switch {
	case o.file != "" && len(args) > 0:
		return nil, errors.New("give a link or --file, not both")
	case o.file != "":
		f, err := os.Open(o.file)
		if err != nil {
			return nil, fmt.Errorf("open the link's file: %w", err)
		}
		defer f.Close()
		from = f
	case len(args) == 0:
		return nil, errors.New(`give a link, "-" for standard input, or --file FILE`)
	case args[0] == "-":
		from = w.In
	default:
		return []byte(args[0]), nil
	}
	text, err := io.ReadAll(io.LimitReader(from, explainLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the link: %w", err)
	}
	if len(text) > explainLimit {
		return nil, fmt.Errorf("read the link: the text is longer than %d MiB; overgrant scan finds the links in it", explainLimit>>20)
	}
	return text, nil
}

// tell puts a link and its verdict on record.
func tell(l overgrant.Link, now time.Time, config judge.Config, put overgrant.Sink) error {
	if err := put(overgrant.Message{Found: &overgrant.Found{Link: l}}); err != nil {
		return err
	}
	v := judge.Judge(l.Grant, now, config.Policy)
	return put(overgrant.Message{Judged: &overgrant.Judged{ID: l.ID, Status: l.Grant.Status(now), Verdict: v}})
}
