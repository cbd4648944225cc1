package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

// verify holds the flags of the command.
type verify struct {
	output
	links  linkFlags
	access access
	store  storeFlags

	writes, conditional bool
}

func verifyCommand(w World) *cobra.Command {
	v := &verify{}
	c := &cobra.Command{
		Use:   "verify LINK | CASE | - | --file FILE",
		Short: "Ask the service what a link really grants, without changing anything",
		Long: `Ask the service whether a link works, and which of its permissions it grants.
Only requests that read leave, and only to hosts of the service that the link
names. Each carries the id of the run in x-ms-client-request-id, so that the
owner can tell them from others in the logs.

For a link that carries its own permissions one harmless answer proves the
signature, and with it all of them. What a stored access policy or the roles of
a delegate allow is asked one by one; writes only if you agree:

  --probe-writes       send writes and deletes at random names that do not exist;
                       they can change nothing
  --probe-conditional  send writes under a condition that cannot hold

Give the link as an argument, on standard input with "-", in a file, or name a
case of the store by the beginning of its id.`,
		Example: `  xclip -o | overgrant verify -
  overgrant verify --save --record evidence.jsonl --file leaked.txt
  KEY1=... KEY2=... overgrant verify --key-env KEY1 --key-env KEY2 9f8e12`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("give one LINK, in quotes; several on standard input with -")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return v.run(c.Context(), w, args) },
	}
	v.flags(c)
	v.links.flags(c)
	v.access.flags(c)
	v.access.keyFlags(c)
	v.store.flags(c)
	c.Flags().BoolVar(&v.writes, "probe-writes", false, "also send writes at names that do not exist")
	c.Flags().BoolVar(&v.conditional, "probe-conditional", false, "also send writes under a condition that cannot hold")
	return c
}

func (v *verify) run(ctx context.Context, w World, args []string) (fault error) {
	j, err := v.begin(ctx, w, args)
	if err != nil {
		return err
	}
	defer func() { fault = errors.Join(fault, j.end()) }()
	for _, l := range j.links {
		err := v.prove(ctx, j, l)
		if errors.Is(err, errNoCloud) || errors.Is(err, cloud.ErrHost) || errors.Is(err, cloud.ErrIncomplete) {
			err = j.unasked(l, err)
		}
		if err != nil {
			return &exit{exitUsage, err}
		}
	}
	return j.close()
}

// begin opens the run of the command.
func (v *verify) begin(ctx context.Context, w World, args []string) (*job, error) {
	return begin(ctx, w, args, parts{
		output: &v.output, links: &v.links, access: &v.access, store: &v.store,
		probes: wire.Probes{Writes: v.writes, Conditional: v.conditional},
	})
}

// prove asks the service about one link.
func (v *verify) prove(ctx context.Context, j *job, l overgrant.Link) error {
	if err := tell(l, j.now, j.config, j.put); err != nil {
		return err
	}
	keys, err := v.access.keys(ctx, j.world, l.Grant)
	if err != nil {
		return err
	}
	reach, err := v.access.reach(l, cloud.Options{Client: j.client, Now: j.now, Keys: keys})
	if err != nil {
		return err
	}
	proof, err := reach.Prove(ctx, cloud.Ask{Writes: cloud.Consent(v.writes), Conditional: cloud.Consent(v.conditional)})
	if err != nil {
		return fmt.Errorf("verify case %.12s: %w", l.ID, err)
	}
	return j.proven(l.ID, proof)
}
