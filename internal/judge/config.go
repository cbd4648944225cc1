package judge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Limits of a .overgrant.yaml.
const (
	maxFile         = 1 << 20 // bytes
	maxSuppressions = 10_000  // entries
	maxText         = 1000    // bytes of a reason or a name
	maxProblems     = 20      // told in one error
	maxDays         = 100_000 // of a threshold
	maxAway         = 90      // days that a suppression may hold
)

// Config is what a .overgrant.yaml says. The zero value is the default policy
// without suppressions.
type Config struct {
	Policy       Policy
	Suppressions []Suppression
}

// Parse reads the text of a .overgrant.yaml as of now. An empty text is the
// default configuration.
//
// It is strict: an unknown key, a second document, an alias or a suppression
// that lacks why, by or until is an error. The error tells every problem it saw
// with its line and what to write instead, and repeats no value that might be a
// secret. A suppression whose date has passed is no error: see Config.Lapsed.
func Parse(text []byte, now time.Time) (Config, error) {
	if len(text) > maxFile {
		return Config{}, fmt.Errorf("parse policy: %d bytes, more than the %d allowed; remove suppressions that have ended", len(text), maxFile)
	}
	doc, err := document(text)
	if err != nil {
		return Config{}, fmt.Errorf("parse policy: %w", err)
	}
	r := reader{now: now.UTC()}
	var c Config
	if doc != nil {
		c = r.config(doc)
	}
	if err := r.problems(); err != nil {
		return Config{}, fmt.Errorf("parse policy: %w", err)
	}
	return c, nil
}

// document returns the root of the only document, nil if there is none.
func document(text []byte) (*yaml.Node, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntax(err)
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, syntax(err)
		}
		return nil, fmt.Errorf("line %d: a second document; keep all in one", second.Line)
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	return doc.Content[0], nil
}

var quotedText = regexp.MustCompile(`'[^']*'|"[^"]*"`)

// syntax passes on what the YAML library says, without text of the file.
func syntax(err error) error {
	s := strings.TrimPrefix(err.Error(), "yaml: ")
	return errors.New("not YAML: " + quotedText.ReplaceAllString(s, "…"))
}
