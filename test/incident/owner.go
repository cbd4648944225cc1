package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
	"github.com/overgrant/overgrant/test/azurite"
)

// own puts a resource manager over the emulator's account, which rotates its
// keys: they are as old as the account, from before the service noted such dates, and leaves in the folder what the owner needs: a file of the environment
// with a login, and the certificate of the manager.
func (a *account) own(e *azurite.Account, folder string) error {
	s := arm.New(arm.Options{})
	s.Add(arm.Account{Name: e.Name, Keys: [2]string{e.Key(1), e.Key(2)}, Drive: e})
	r, err := arm.Start(s)
	if err != nil {
		return err
	}
	end := a.close
	a.close = func() {
		r.Close()
		end()
	}
	ca := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(ca, r.PEM, 0o600); err != nil {
		return err
	}
	a.owner = filepath.Join(folder, "owner.env")
	text := fmt.Sprintf("export AZURE_TENANT_ID=%s AZURE_CLIENT_ID=owner AZURE_CLIENT_SECRET=made-up\n"+
		"OWNER='--login --manager %s --authority %s --ca %s'\n", arm.DefaultTenant, r.URL(), r.Authority(), ca)
	return os.WriteFile(a.owner, []byte(text), 0o600)
}
