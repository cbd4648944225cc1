package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

// ownerFlags say with what right an account is changed.
type ownerFlags struct {
	login     bool
	manager   string
	authority string
	keyEnv    []string
}

func (o *ownerFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.login, "login", false, "act as the account's owner, with the Azure login of this machine")
	f.StringSliceVar(&o.keyEnv, "key-env", nil, "act as the owner with the account key in the environment variable `NAME`; give it twice for key1 and key2. Enough for stored access policies only")
	f.StringVar(&o.manager, "manager", "", "`URL` of the resource manager (default that of the account's cloud)")
	f.StringVar(&o.authority, "authority", "", "`URL` that hands out tokens (default that of the account's cloud)")
}

// given reports whether there is any right at all.
func (o *ownerFlags) given() bool { return o.login || len(o.keyEnv) > 0 }

// errNotOurs says what makes an account ours.
var errNotOurs = fmt.Errorf("%w; log in (az login) and give --login, or put the account's keys into the environment and give --key-env NAME; if the account is not yours, tell its owner", cloud.ErrNotOurs)

// owned is the owner's door to an account. The caller closes its client.
type owned struct {
	cloud.Owner
	client *wire.Owner
}

func (o *owned) close() {
	if o != nil {
		o.client.Close()
	}
}

// end lets go of the door and of what was opened beside it; reader may be nil.
func (o *owned) end(reader *wire.ReadOnly, a *access, db *saved) error {
	if reader != nil {
		reader.Close()
	}
	o.close()
	if err := errors.Join(a.close(), db.close()); err != nil {
		return &exit{exitUsage, err}
	}
	return nil
}

// own opens the owner's door to the account that a link leads to. It fails with
// cloud.ErrNotOurs where no right was given.
func (o *ownerFlags) own(w World, a *access, l overgrant.Link) (*owned, error) {
	if !o.given() {
		return nil, errNotOurs
	}
	opt := cloud.OwnerOptions{Now: w.Now, AllowHosts: a.allow, Account: a.account, Login: cloud.Login(o.login), Manager: o.manager, Authority: o.authority}
	for _, name := range o.keyEnv {
		v := strings.TrimSpace(w.Getenv(name))
		if v == "" {
			return nil, fmt.Errorf("read --key-env: the environment variable %s is empty; put the account key into it", name)
		}
		opt.Keys = append(opt.Keys, overgrant.NewSecret(v))
	}
	client, err := a.ownerClient(w, runID(randomSalt()))
	if err != nil {
		return nil, err
	}
	opt.Client = client
	for _, d := range owners {
		if !d.Opens(l.Grant) {
			continue
		}
		door, err := d.Own(l, opt)
		if err != nil {
			client.Close()
			if errors.Is(err, cloud.ErrIncomplete) && a.account == "" {
				err = fmt.Errorf("%w; give the URL or the connection string around it, or --account NAME", err)
			}
			return nil, err
		}
		return &owned{door, client}, nil
	}
	client.Close()
	return nil, fmt.Errorf("%w: accounts of links of kind %s are not changed from here", errNoCloud, l.Grant.Kind)
}

// look is how results of what an owner does are written.
func (w World) look() report.Options {
	return report.Options{Now: w.Now(), Color: w.Colour, Width: w.Width}
}

// writeJSON writes the result of a command as one JSON value.
func (w World) writeJSON(v any) error {
	e := json.NewEncoder(w.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// asker asks somebody at a terminal.
type asker struct {
	w   World
	yes bool
}

// errNotAsked says that nobody can be asked.
var errNotAsked = errors.New("this changes the account, and nobody is there to be asked; look at the plan with --dry-run, then give --yes")

// errDeclined says that somebody said no.
var errDeclined = errors.New("nothing was changed: the answer was not yes")

// ask asks whether to go on. The answer is one of words, any case of letters.
func (a *asker) ask(ctx context.Context, question string, words ...string) error {
	if a.yes {
		return nil
	}
	if !a.w.Answers {
		return errNotAsked
	}
	fmt.Fprintf(a.w.Err, "%s ", question)
	answer, err := readLine(a.w.In)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	for _, word := range words {
		if word != "" && strings.EqualFold(strings.TrimSpace(answer), word) {
			return nil
		}
	}
	return errDeclined
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 4096

// readLine reads a line byte by byte, so that nothing after it is taken.
func readLine(r interface{ Read([]byte) (int, error) }) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < maxAnswer; {
		n, err := r.Read(one)
		if n > 0 && one[0] == '\n' {
			return string(line), nil
		}
		line = append(line, one[:n]...)
		if err != nil {
			if len(line) > 0 {
				return string(line), nil
			}
			return "", err
		}
	}
	return string(line), nil
}
