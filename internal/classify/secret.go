package classify

import (
	"sync"

	"github.com/overgrant/overgrant"
)

var secretText = Class{
	Name:     "secret",
	Title:    "secrets in text",
	Doc:      "Keys, tokens and passwords in text, told by the detectors of gitleaks. Placeholders and published examples are not counted.",
	Severity: overgrant.High,
	Unit:     "secrets",
}

var sourceSecret = Class{
	Name:     "source_secret",
	Title:    "secrets in source code",
	Doc:      "The same in source code, scripts, notebooks and build files, where they are copied with every checkout.",
	Severity: overgrant.High,
	Unit:     "secrets",
}

// secretHolder says which class a text is of in which secrets stand: a file
// that is there to hold credentials, source code, or any other.
func secretHolder(p Piece) *Class {
	if c := credentialFile(p); c != nil {
		return c
	}
	if isSource(p.Name) {
		return &sourceSecret
	}
	return &secretText
}

// credentialFile returns the class of a file that is there to hold
// credentials, by its name; nil for all others.
func credentialFile(p Piece) *Class {
	switch c := Named(p.Name, p.Size).Class; c {
	case &cloudCredential, &developerCredential, &passwordStore, &credentialDump, &browserStore:
		return c
	default:
		return nil
	}
}

func isSource(name []byte) bool {
	last, ending := lastAndEnding(name)
	return sources().match(name, last, ending, -1) != none
}

var sources = sync.OnceValue(func() *matcher {
	m := &matcher{}
	for _, g := range sourceNames {
		m.add(g, 0, 0)
	}
	m.done()
	return m
})

var sourceNames = []string{
	"*.go", "*.py", "*.pyw", "*.ipynb", "*.js", "*.mjs", "*.cjs", "*.jsx", "*.ts", "*.tsx", "*.vue", "*.svelte", "*.java", "*.kt", "*.kts", "*.scala", "*.groovy", "*.gradle", "*.c", "*.h", "*.cc", "*.cpp", "*.cxx", "*.hpp", "*.cs", "*.fs", "*.vb", "*.rs", "*.rb", "*.php", "*.pl", "*.pm", "*.lua", "*.r", "*.jl", "*.swift", "*.m", "*.mm", "*.dart", "*.ex", "*.exs", "*.erl", "*.hs", "*.clj", "*.sol",
	"*.sh", "*.bash", "*.zsh", "*.ps1", "*.psm1", "*.bat", "*.cmd", "*.vbs", "*.sql", "*.tf", "*.hcl", "*.bicep", "Dockerfile", "Makefile", "Jenkinsfile", "CMakeLists.txt", "*.cmake", "*.proto", "*.graphql",
}

// everywhere is what no detector takes for a secret.
var everywhere = sync.OnceValue(func() *allowing { a := allowedEverywhere.ready(); return &a })

// placeholders are words that only stand where a secret is to be put.
var placeholders = sync.OnceValue(func() *lexicon {
	l := newLexicon()
	for _, word := range []string{"example", "xxxx", "changeme", "change_me", "change-me", "placeholder", "your_", "your-", "yourtoken", "insert_", "dummy", "redacted", "notreal", "foobar", "00000000", "11111111", "1234567890", "abcdefghij", "deadbeef"} {
		l.add(word, event{})
	}
	return l.done()
})
