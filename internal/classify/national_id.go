package classify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

var nationalID = Class{
	Name:     "national_id",
	Title:    "national identity numbers",
	Doc:      "Numbers that states give to people, where check digits tell them: Australia, Belgium, Brazil, Canada, China, Finland, France, Germany, India, Italy, the Netherlands, Norway, Poland, Spain, Sweden, Turkey, the United Kingdom (NHS). Those that many other numbers would pass for are counted only where words nearby name them.",
	Severity: overgrant.High,
	Unit:     "numbers",
}

// idNumber is one sort of number. Its groups are sizes in digits; a number
// that is written without gaps fits as well if loose says so.
type idNumber struct {
	name   string
	size   int      // digits
	groups string   // as it is written: "3.3.3-2"; empty if only in one piece
	words  []string // in lower case, one of which must stand near
	sure   bool     // groups need no word: the check is strong, and so is the form
	valid  func(d []byte) bool
	letter func(d []byte, c byte) bool // checks the letter behind the digits; nil if there is none
}

// idNumbers are told by digits alone, or by digits and one letter behind them.
var idNumbers = [...]idNumber{
	{name: "Dutch BSN", size: 9, words: []string{"bsn", "burgerservicenummer", "sofinummer", "sofi"}, valid: elevenTest},
	{name: "German tax number", size: 11, groups: "2 3 3 3", words: []string{"steuer", "steuerid", "steuernummer", "steueridentifikationsnummer", "identifikationsnummer", "idnr", "tin", "idno"}, valid: germanTax},
	{name: "French social security number", size: 15, groups: "1 2 2 2 3 3 2", sure: true, words: []string{"nir", "insee", "secu", "securite", "sécurité", "sociale", "ssn"}, valid: frenchNIR},
	{name: "Polish PESEL", size: 11, words: []string{"pesel"}, valid: polishPESEL},
	{name: "Swedish personal number", size: 10, groups: "6-4", words: []string{"personnummer", "personnr", "pnr", "samordningsnummer", "personal"}, valid: func(d []byte) bool { return luhn(d) && date(0, num(d[2:4]), num(d[4:6])%60) }},
	{name: "Swedish personal number", size: 12, groups: "8-4", words: []string{"personnummer", "personnr", "pnr", "samordningsnummer", "personal"}, valid: func(d []byte) bool { return luhn(d[2:]) && date(num(d[:4]), num(d[4:6]), num(d[6:8])%60) }},
	{name: "Norwegian birth number", size: 11, groups: "6 5", words: []string{"fødselsnummer", "fodselsnummer", "personnummer", "fnr", "fnummer"}, valid: norwegian},
	{name: "Brazilian CPF", size: 11, groups: "3.3.3-2", sure: true, words: []string{"cpf"}, valid: brazilianCPF},
	{name: "Chinese identity number", size: 18, sure: true, valid: func(d []byte) bool { return chineseBody(d) && chineseCheck(d) == int(d[17]) }},
	{name: "Chinese identity number", size: 17, sure: true, valid: chineseBody, letter: func(d []byte, c byte) bool { return fold[c] == 'x' && chineseCheck(d) == 10 }},
	{name: "Indian Aadhaar", size: 12, groups: "4 4 4", words: []string{"aadhaar", "aadhar", "adhaar", "uid", "uidai"}, valid: func(d []byte) bool { return d[0] >= 2 && verhoeff(d) }},
	{name: "Australian tax file number", size: 9, groups: "3 3 3", words: []string{"tfn", "tax"}, valid: weighted(11, 0, 1, 4, 3, 7, 5, 8, 6, 9, 10)},
	{name: "NHS number", size: 10, groups: "3 3 4", words: []string{"nhs"}, valid: nhs},
	{name: "Canadian social insurance number", size: 9, groups: "3 3 3", words: []string{"sin", "nas", "insurance", "assurance"}, valid: func(d []byte) bool { return d[0] != 0 && d[0] != 8 && luhn(d) }},
	{name: "Belgian national number", size: 11, groups: "2.2.2-3.2", sure: true, words: []string{"rijksregister", "rijksregisternummer", "national", "nrn", "niss", "insz"}, valid: belgian},
	{name: "Turkish identity number", size: 11, words: []string{"kimlik", "tckn", "vatandaşlık", "vatandaslik"}, valid: turkish},
	{name: "Spanish DNI", size: 8, words: []string{"dni", "nif", "documento", "identidad"}, valid: func([]byte) bool { return true }, letter: func(d []byte, c byte) bool { return "trwagmyfpdxbnjzsqvhlcke"[num(d)%23] == fold[c] }},
}

// idsBySize are the places in idNumbers of those that have so many digits.
var idsBySize = func() (t [20][]int) {
	for i := range idNumbers {
		size := idNumbers[i].size
		t[size] = append(t[size], i)
	}
	return t
}()

// ids counts numbers of people by sort.
type ids struct {
	counted
	sorts map[string]int64
}

// look asks each sort whether the number w is one, and reports whether one said
// yes.
func (n *ids) look(s *scan, b []byte, w *written) bool {
	d := w.digits[:w.n]
	if n.finnish(s, b, w) {
		return true
	}
	if w.n >= len(idsBySize) || allSame(d) || ascending(d) {
		return false
	}
	for _, i := range idsBySize[w.n] {
		id := &idNumbers[i]
		formed := id.groups != "" && w.has(id.groups)
		if !formed && w.groups > 1 || !(id.sure && (formed || id.groups == "")) && !s.topics.near(i, w.from) {
			continue
		}
		lettered := w.to < len(b) && isLetter(b[w.to])
		if lettered == (id.letter != nil) && id.valid(d) && (!lettered || id.letter(d, b[w.to])) {
			end := w.to
			if id.letter != nil {
				end++
			}
			n.take(s, id.name, b[w.from:end])
			return true
		}
	}
	return false
}

// take counts one number; its text may be written with gaps.
func (n *ids) take(s *scan, name string, text []byte) {
	if n.sorts == nil {
		n.sorts = map[string]int64{}
	}
	var room [2 * longNumber]byte
	plain := room[:0]
	for _, c := range text[:min(len(text), len(room))] {
		if isAlnum(c) {
			plain = append(plain, fold[c])
		}
	}
	n.sorts[name]++
	n.join(hash(s.piece.Salt, plain))
}

// has reports whether the groups are written in this form.
func (w *written) has(form string) bool {
	n := 0
	for i := 0; i < len(form); i += 2 {
		if n == w.groups || w.group(n) != int(form[i]-'0') || n > 0 && w.marks[n] != form[i-1] && w.marks[n] != ' ' {
			return false
		}
		n++
	}
	return n == w.groups
}

// finnish looks for a Finnish personal identity code: a date, a sign for the
// century, three digits and a check character.
//
// Source: Digital and Population Data Services Agency, "personal identity code".
func (n *ids) finnish(s *scan, b []byte, w *written) bool {
	if w.groups != 2 || !w.has("6-3") || w.to >= len(b) || !isAlnum(b[w.to]) {
		return false
	}
	d := w.digits[:9]
	if !date(0, num(d[2:4]), num(d[:2])) || "0123456789abcdefhjklmnprstuvwxy"[num(d)%31] != fold[b[w.to]] {
		return false
	}
	n.take(s, "Finnish identity code", b[w.from:w.to+1])
	return true
}

// taxpayer looks for an Italian tax code around the letter at b[at], the sixth
// of the code.
func (s *scan) taxpayer(b []byte, at int) {
	from := at - 5
	if from < 0 || from+16 > len(b) || from > 0 && isAlnum(b[from-1]) || from+16 < len(b) && isAlnum(b[from+16]) {
		return
	}
	code := b[from : from+16]
	for i, c := range code {
		if letter := i < 6 || i == 8 || i == 11 || i == 15; letter != isLetter(c) || !letter && !isDigit(c) {
			return
		}
	}
	if bytes.IndexByte([]byte("abcdehlmprst"), fold[code[8]]) < 0 || italianCheck(code[:15]) != fold[code[15]] {
		return
	}
	s.ids.take(s, "Italian tax code", code)
}

func (n *ids) finds(all []overgrant.Find, p Piece) []overgrant.Find {
	before := len(all)
	all = n.counted.finds(all, &nationalID, p)
	if len(all) > before {
		var hints []string
		for name, count := range n.sorts {
			hints = append(hints, fmt.Sprintf("%s: %d", name, count))
		}
		slices.Sort(hints)
		all[before].Hint = strings.Join(hints, "; ")
	}
	return all
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
