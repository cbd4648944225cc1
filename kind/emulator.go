package kind

import "github.com/overgrant/overgrant"

// emulatorKeys are the keys that emulators publish. Sources: "Use the Azurite
// emulator for local Azure Storage development"; "Develop locally using the
// Azure Cosmos DB emulator".
var emulatorKeys = map[string]string{
	"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw": "the key of the storage emulator",
	"C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw": "the key of the Cosmos DB emulator",
}

// emulated marks a key that an emulator publishes.
func emulated(s secret) secret {
	for key, name := range emulatorKeys {
		if b, _ := decodeBase64(key); s.bytes != nil && string(b) == string(s.bytes) {
			s.shape, s.why = overgrant.Emulator, name
		}
	}
	return s
}

// markEmulator tells a link that was made with the emulator's key: anyone can
// make it, and it opens nothing but an emulator.
func markEmulator(l *overgrant.Link) {
	g := &l.Grant
	if g.Account != emulatorAccount || g.Shape != overgrant.Whole || g.Signer != "account_key" {
		return
	}
	for key, name := range emulatorKeys {
		if _, ok := Matches(*l, overgrant.NewSecret(key)); ok {
			g.Shape, g.ShapeWhy, g.Revocation = overgrant.Emulator, "signed with "+name, nothingToRevoke
		}
	}
}
