package cli

import "github.com/overgrant/overgrant"

// reveal serves --reveal, the only way to see a secret.
func reveal(s overgrant.Secret) string { return s.Reveal() }
