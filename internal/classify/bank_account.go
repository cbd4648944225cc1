package classify

import "github.com/overgrant/overgrant"

var bankAccount = Class{
	Name:     "bank_account",
	Title:    "bank accounts",
	Doc:      "International bank account numbers (IBAN): a country, the length of its accounts, and check digits modulo 97.",
	Severity: overgrant.High,
	Unit:     "account numbers",
}

// ibanLengths are the lengths of the account numbers of each country.
//
// Source: SWIFT, IBAN registry, release 99.
var ibanLengths = map[string]int{
	"ad": 24, "ae": 23, "al": 28, "at": 20, "az": 28, "ba": 20, "be": 16, "bg": 22, "bh": 22, "bi": 27, "br": 29, "by": 28, "ch": 21, "cr": 22, "cy": 28, "cz": 24, "de": 22, "dj": 27, "dk": 18, "do": 28,
	"ee": 20, "eg": 29, "es": 24, "fi": 18, "fk": 18, "fo": 18, "fr": 27, "gb": 22, "ge": 22, "gi": 23, "gl": 18, "gr": 27, "gt": 28, "hr": 21, "hu": 28, "ie": 22, "il": 23, "iq": 23, "is": 26, "it": 27,
	"jo": 30, "kw": 30, "kz": 20, "lb": 28, "lc": 32, "li": 21, "lt": 20, "lu": 20, "lv": 21, "ly": 25, "mc": 27, "md": 24, "me": 22, "mk": 19, "mn": 20, "mr": 27, "mt": 31, "mu": 30, "ni": 28, "nl": 18,
	"no": 15, "om": 23, "pk": 24, "pl": 28, "ps": 29, "pt": 25, "qa": 29, "ro": 24, "rs": 22, "ru": 33, "sa": 24, "sc": 31, "sd": 18, "se": 24, "si": 19, "sk": 24, "sm": 27, "so": 23, "st": 25, "sv": 28,
	"tl": 23, "tn": 24, "tr": 26, "ua": 29, "va": 22, "vg": 24, "xk": 20, "ye": 30,
}

// exampleAccounts stand in the registry and in every text about it.
var exampleAccounts = map[string]bool{
	"DE89370400440532013000": true, "GB29NWBK60161331926819": true, "GB82WEST12345698765432": true, "FR1420041010050500013M02606": true, "NL91ABNA0417164300": true, "CH9300762011623852957": true,
	"ES9121000418450200051332": true, "IT60X0542811101000000123456": true, "BE68539007547034": true, "AT611904300234573201": true, "DK5000400440116243": true, "SE4550000000058398257466": true, "PL61109010140000071219812874": true, "NO9386011117947": true, "FI2112345600000785": true,
}

// account looks for an IBAN at b[at:].
func (s *scan) account(b []byte, at int) {
	if at > 0 && isAlnum(b[at-1]) || len(b)-at < 15 || !isDigit(b[at+3]) {
		return
	}
	want := ibanLengths[string([]byte{fold[b[at]], fold[b[at+1]]})]
	var text [34]byte
	n, i := 0, at
	for ; i < len(b) && n < want; i++ {
		switch c := b[i]; {
		case isAlnum(c):
			if text[n] = c; isLetter(c) {
				text[n] = c &^ 0x20
			}
			n++
		case c == ' ' && i > at+3 && i+1 < len(b) && isAlnum(b[i+1]):
		default:
			return
		}
	}
	if n < want || i < len(b) && isAlnum(b[i]) || mod97(text[:n]) != 1 || exampleAccounts[string(text[:n])] {
		return
	}
	s.banks.join(hash(s.piece.Salt, text[:n]))
	s.digitsTo = i
}

// mod97 is the remainder of an IBAN, with its first four characters put last
// and letters read as two digits.
//
// Source: ISO 13616-1, ISO/IEC 7064 (MOD 97-10).
func mod97(text []byte) int {
	r := 0
	for i := range text {
		c := text[(i+4)%len(text)]
		if isDigit(c) {
			r = (r*10 + int(c-'0')) % 97
		} else {
			r = (r*100 + int(c-'A') + 10) % 97
		}
	}
	return r
}
