package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/spf13/cobra"
)

// cases holds the flags of the command.
type cases struct {
	output
	store    storeFlags
	severity string
	account  string
	alive    bool
	timeline bool
}

func casesCommand(w World) *cobra.Command {
	o := &cases{}
	c := &cobra.Command{
		Use:   "cases [ID]",
		Short: "List the cases of the store, or show one",
		Long: `List the cases that were saved, worst first, one line each; or show one whole.
An ID is the beginning of a case's id, at least 4 digits of it.

The store holds links redacted. The links themselves are in its vault, if the
vault had a key when they were saved; --reveal opens them with that key.`,
		Example: `  overgrant scan --save .
  overgrant cases
  overgrant cases --severity high --alive
  overgrant cases 9f8e2c
  overgrant cases --format json -o cases.json
  overgrant cases --timeline --format markdown 9f8e2c`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("give one ID, or none for a list")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), w, args) },
	}
	o.flags(c)
	o.store.placeFlags(c)
	f := c.Flags()
	f.StringVar(&o.severity, "severity", "", "only cases at least this bad: info, low, medium, high, critical")
	f.StringVar(&o.account, "account", "", "only cases of this account, host or bucket `NAME`")
	f.BoolVar(&o.alive, "alive", false, "only cases whose link worked when it was last asked")
	f.BoolVar(&o.timeline, "timeline", false, "tell when each was opened, published, found, used, revoked and confirmed; --format markdown or json for the record of an incident")
	_ = c.RegisterFlagCompletionFunc("severity", cobra.FixedCompletions([]string{"info", "low", "medium", "high", "critical"}, cobra.ShellCompDirectiveNoFileComp))
	c.AddCommand(keyCommand(w))
	return c
}

// keyCommand makes a key for the vault.
func keyCommand(w World) *cobra.Command {
	return &cobra.Command{
		Use:   "key FILE",
		Short: "Make a key for the vault",
		Long: `Make a key for the vault and write it to FILE, which must not be there yet and
is readable by you alone. Links that are saved with --vault-key FILE can be
opened with it again, and with nothing else: keep a copy in another place.

The public half, which is printed, is enough to seal: put it into a file of its
own, or into $` + store.KeyEnv + `, on machines that shall only add to the store.`,
		Example: `  overgrant cases key ~/.config/overgrant.key
  overgrant scan --save --vault-key ~/.config/overgrant.key .`,
		Args: one("give one FILE to write the key to"),
		RunE: func(_ *cobra.Command, args []string) error {
			k, err := store.NewKeyFile(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(w.Out, k.Recipient())
			return err
		},
	}
}

func (o *cases) run(ctx context.Context, w World, args []string) error {
	filter, err := o.filter(args)
	if err != nil {
		return err
	}
	db, err := o.store.existing(ctx, w)
	if err != nil {
		return err
	}
	err = o.show(ctx, w, db, args, filter)
	return errors.Join(err, db.close())
}

func (o *cases) filter(args []string) (store.Filter, error) {
	f := store.Filter{Account: o.account, Alive: o.alive}
	if o.severity != "" {
		if err := f.Severity.UnmarshalText([]byte(o.severity)); err != nil {
			return f, fmt.Errorf("read --severity: %w", err)
		}
	}
	if len(args) > 0 && f != (store.Filter{}) {
		return f, errors.New("an ID names one case; --severity, --account and --alive narrow the list")
	}
	return f, nil
}

func (o *cases) show(ctx context.Context, w World, db *saved, args []string, f store.Filter) error {
	ids := db.IDs(ctx, f)
	if len(args) > 0 {
		c, err := db.Case(ctx, args[0])
		if err != nil {
			return fmt.Errorf("%w; overgrant cases lists them", err)
		}
		o.all = true // it was asked for by name
		ids = func(yield func(string, error) bool) { yield(c.Link.ID, nil) }
	}
	if o.timeline {
		return o.timelines(ctx, w, db, ids)
	}
	path, err := o.store.place(w)
	if err != nil {
		return err
	}
	p, err := o.open(w, path)
	if err != nil {
		return err
	}
	if o.format == "text" && len(args) == 0 {
		p.Report = report.NewTable(p.out, p.options)
		p.summary = nil
	}
	r := &retold{page: p, store: db}
	if o.reveal {
		r.vault = db.vault
	}
	if err := r.tell(ctx, ids); err != nil {
		return errors.Join(err, p.drop())
	}
	return p.close()
}

// retold puts cases of a store on a page.
type retold struct {
	page  *page
	store store.Store
	vault *store.Vault // opens links for --reveal; nil leaves them redacted
}

// tell puts the cases with these ids on the page.
func (r *retold) tell(ctx context.Context, ids func(func(string, error) bool)) error {
	if err := r.page.put(overgrant.Message{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: version(), Started: r.page.now}}); err != nil {
		return err
	}
	for id, err := range ids {
		if err != nil {
			return err
		}
		for m, err := range r.store.Messages(ctx, id) {
			if err == nil {
				err = r.open(ctx, m)
			}
			if err == nil {
				err = r.page.put(m)
			}
			if err != nil {
				return err
			}
		}
	}
	return r.page.put(overgrant.Message{Summary: &overgrant.Summary{}})
}

// open gives a link its text back, if that is wanted and there.
func (r *retold) open(ctx context.Context, m overgrant.Message) error {
	if r.vault == nil || m.Found == nil {
		return nil
	}
	text, err := r.vault.Open(ctx, m.Found.Link.ID)
	if errors.Is(err, store.ErrNoLink) || errors.Is(err, store.ErrWrongKey) {
		return nil // it stays redacted, others need not
	}
	m.Found.Link.Secret = text
	return err
}
