package kind

import "github.com/overgrant/overgrant"

// Join completes l with what is said near it: near is text around the link, at
// the position in it where the link starts.
func Join(l *overgrant.Link, near string, at int) {
}
