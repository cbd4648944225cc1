package classify

import "github.com/overgrant/overgrant"

var paymentCard = Class{
	Name:     "payment_card",
	Title:    "payment cards",
	Doc:      "Numbers of payment cards: an issuer's prefix, a length that it gives out, and the check digit of Luhn. Where only as many numbers of a text pass as would by chance, none is counted unless words nearby speak of cards.",
	Severity: overgrant.Critical,
	Unit:     "card numbers",
}

// cards counts payment cards. One number in ten passes the check by chance, so
// those that fail are counted too.
type cards struct {
	counted
	near          counted // those that words nearby speak of
	tried, passed int64
}

var cardWords = []string{"card", "cards", "ccnum", "ccn", "pan", "visa", "mastercard", "amex", "credit", "debit", "cvv", "cvc", "kreditkarte", "karte", "carte", "tarjeta", "carta", "maestro", "discover", "jcb", "unionpay", "cardnumber", "payment"}

// testCards are published for trying out payments.
//
// Source: the test pages of Stripe, Adyen, Braintree and PayPal.
var testCards = map[string]bool{
	"4111111111111111": true, "4242424242424242": true, "4012888888881881": true, "4000056655665556": true, "4222222222222": true, "4005519200000004": true,
	"5555555555554444": true, "5105105105105100": true, "5200828282828210": true, "2223003122003222": true, "2223000048400011": true, "5454545454545454": true,
	"378282246310005": true, "371449635398431": true, "378734493671000": true, "6011111111111117": true, "6011000990139424": true, "30569309025904": true,
	"38520000023237": true, "3530111333300000": true, "3566002020360505": true, "6200000000000005": true, "4000000000000002": true, "4917610000000000": true,
}

// card looks for a card that begins with group i, and reports whether there is
// one.
func (c *cards) card(s *scan, b []byte, w *written, i int) bool {
	n := w.group(i)
	if n < 13 {
		n = grouped(w, i)
	}
	d := w.digits[w.start(i):]
	if n < 13 || n > 19 || !issued(d[:n]) {
		return false
	}
	c.tried++
	if !luhn(d[:n]) || allSame(d[1:n]) {
		return false
	}
	var text [longNumber]byte
	for j := range n {
		text[j] = d[j] + '0'
	}
	if testCards[string(text[:n])] {
		c.tried--
		return true
	}
	c.passed++
	h := hash(s.piece.Salt, text[:n])
	c.join(h)
	if s.topics.near(cardTopic, w.from) {
		c.near.join(h)
	}
	return true
}

// grouped returns the length of a card that is written in groups, or 0: four
// times four, or 4-6-5, with the same sign between.
func grouped(w *written, i int) int {
	if i+3 > w.groups || w.group(i) != 4 {
		return 0
	}
	for _, form := range [...][]int{{4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}} {
		n := 0
		for j, size := range form {
			if i+j >= w.groups || w.group(i+j) != size || j > 0 && (w.marks[i+j] != w.marks[i+1] || w.marks[i+j] != ' ' && w.marks[i+j] != '-') {
				n = 0
				break
			}
			n += size
		}
		if n > 0 {
			return n
		}
	}
	return 0
}

// issued reports whether a number of this length begins as an issuer's do.
//
// Source: ISO/IEC 7812 ranges as published by the networks.
func issued(d []byte) bool {
	n := len(d)
	six := 0
	for _, v := range d[:6] {
		six = six*10 + int(v)
	}
	two, four := six/10_000, six/100
	switch {
	case d[0] == 4:
		return n == 16 || n == 13 || n == 19
	case 51 <= two && two <= 55, 2221 <= four && four <= 2720:
		return n == 16
	case two == 34, two == 37:
		return n == 15
	case four == 6011, two == 65, 644 <= four/10 && four/10 <= 649:
		return n == 16 || n == 19
	case 3528 <= four && four <= 3589:
		return n == 16
	case two == 36, two == 38, two == 39, 300 <= four/10 && four/10 <= 305:
		return n == 14
	case two == 62:
		return 16 <= n && n <= 19
	case four == 5018, four == 5020, four == 5038, four == 5893, four == 6304, four == 6759, 6761 <= four && four <= 6763:
		return n == 16
	default:
		return false
	}
}

// finds tells all cards where half of what looks like one passes the check,
// and else those that words nearby speak of.
func (c *cards) finds(all []overgrant.Find, p Piece) []overgrant.Find {
	if c.passed*2 >= c.tried {
		return c.counted.finds(all, &paymentCard, p)
	}
	return c.near.finds(all, &paymentCard, p)
}
