// Package browser holds the tests that open overgrant's pages in a real
// browser.
package browser
