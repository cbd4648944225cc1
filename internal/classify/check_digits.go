package classify

func num(d []byte) int {
	n := 0
	for _, v := range d {
		n = n*10 + int(v)
	}
	return n
}

// date reports whether month and day exist; a year of zero is not looked at.
func date(year, month, day int) bool {
	return (year == 0 || 1900 <= year && year <= 2099) && 1 <= month && month <= 12 && 1 <= day && day <= 31
}

func dot(d []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(d[i]) * w
	}
	return sum
}

// weighted makes a check that a weighted sum leaves a remainder.
func weighted(modulus, want int, weights ...int) func([]byte) bool {
	return func(d []byte) bool { return dot(d, weights...)%modulus == want }
}

// elevenTest checks a Dutch citizen service number.
//
// Source: Rijksdienst voor Identiteitsgegevens, Logisch Ontwerp BSN.
func elevenTest(d []byte) bool { return dot(d, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0 }

// germanTax checks a German tax identification number: ISO 7064 MOD 11,10, and
// just one digit that stands there twice or three times.
//
// Source: ITZBund, "Prüfziffernberechnung".
func germanTax(d []byte) bool {
	var times [10]int
	product := 10
	for _, v := range d[:10] {
		times[v]++
		if sum := (int(v) + product) % 10; sum == 0 {
			product = 10 * 2 % 11
		} else {
			product = sum * 2 % 11
		}
	}
	repeated := 0
	for _, n := range times {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return d[0] != 0 && repeated == 1 && (11-product)%10 == int(d[10])
}

// frenchNIR checks a French social security number; the two departments of
// Corsica, which have letters, are left out.
//
// Source: INSEE, "Numéro d'inscription au répertoire".
func frenchNIR(d []byte) bool {
	month := num(d[3:5])
	return (d[0] == 1 || d[0] == 2) && (1 <= month && month <= 12 || 20 <= month && month <= 42) && 97-num(d[:13])%97 == num(d[13:])
}

// polishPESEL checks a Polish PESEL; the century is added to the month.
//
// Source: Ministry of Digital Affairs, gov.pl, "Czym jest numer PESEL".
func polishPESEL(d []byte) bool {
	return date(0, num(d[2:4])%20, num(d[4:6])) && dot(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

// norwegian checks a Norwegian birth number or D number.
//
// Source: Skatteetaten, "fødselsnummer".
func norwegian(d []byte) bool {
	return date(0, num(d[2:4])%40, num(d[:2])%40) &&
		dot(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && dot(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// brazilianCPF checks a Brazilian CPF.
//
// Source: Receita Federal, module 11 of the CPF.
func brazilianCPF(d []byte) bool {
	return dot(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)*10%11%10 == int(d[9]) && dot(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)*10%11%10 == int(d[10])
}

// chineseBody checks region and birthday of a Chinese identity number.
func chineseBody(d []byte) bool {
	return 11 <= num(d[:2]) && num(d[:2]) <= 82 && date(num(d[6:10]), num(d[10:12]), num(d[12:14]))
}

// chineseCheck returns the check character; ten is written X.
//
// Source: GB 11643-1999, ISO 7064 MOD 11-2.
func chineseCheck(d []byte) int {
	return (12 - dot(d, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11) % 11
}

// nhs checks a number of the National Health Service.
//
// Source: NHS Data Dictionary, "NHS number".
func nhs(d []byte) bool {
	return (11-dot(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11 == int(d[9])
}

// belgian checks a Belgian national number of either century.
//
// Source: Royal decree of 3 April 1984; IBZ, "rijksregisternummer".
func belgian(d []byte) bool {
	body, check := num(d[:9]), num(d[9:])
	return num(d[2:4])%20 <= 12 && num(d[4:6]) <= 31 && (97-body%97 == check || 97-(2_000_000_000+body)%97 == check)
}

// turkish checks a Turkish identity number.
//
// Source: law 5490, NVİ, "T.C. kimlik numarası".
func turkish(d []byte) bool {
	odd := int(d[0]) + int(d[2]) + int(d[4]) + int(d[6]) + int(d[8])
	even := int(d[1]) + int(d[3]) + int(d[5]) + int(d[7])
	return d[0] != 0 && ((odd*7-even)%10+10)%10 == int(d[9]) && (odd+even+int(d[9]))%10 == int(d[10])
}

// verhoeff checks by the algorithm of Verhoeff, as Aadhaar numbers have it.
//
// Source: J. Verhoeff, "Error detecting decimal codes", 1969.
func verhoeff(d []byte) bool {
	c := byte(0)
	for i := range d {
		v := d[len(d)-1-i]
		for range i % 8 {
			v = verhoeffTurn[v]
		}
		c = dihedral(c, v)
	}
	return c == 0
}

var verhoeffTurn = [10]byte{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}

// dihedral multiplies in the group of the symmetries of a pentagon.
func dihedral(a, b byte) byte {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b-5)%5
	case b < 5:
		return 5 + (a-5+5-b)%5
	default:
		return (a - b + 5) % 5
	}
}

// italianCheck returns the check letter of the first fifteen characters of a
// tax code.
//
// Source: Ministerial decree of 23 December 1976, Italy.
func italianCheck(code []byte) byte {
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i, c := range code {
		v := int(c - '0')
		if isLetter(c) {
			v = int(fold[c] - 'a')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	return byte('a' + sum%26)
}
