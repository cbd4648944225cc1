package classify

import (
	"bytes"
	"strings"
)

// columnKinds is a set of sorts of personal data that columns hold, by their
// names.
type columnKinds uint16

// The sorts of personal data.
const (
	columnMail columnKinds = 1 << iota
	columnPhone
	columnPassword
	columnName
	columnAddress
	columnBirth
	columnCard
	columnBank
	columnNational
	columnHealth
	columnPay
)

// columnWords are what names of columns contain, without separators and in
// small letters, sort by sort.
var columnWords = []struct {
	kind  columnKinds
	says  string
	words []string
}{
	{columnMail, "e-mail", []string{"email", "mailaddress", "emailaddr"}},
	{columnPhone, "telephone", []string{"phone", "mobilenumber", "cellnumber", "msisdn"}},
	{columnPassword, "password", []string{"password", "passwd", "passwordhash", "pwdhash", "secrethash", "encryptedpw"}},
	{columnName, "name", []string{"firstname", "lastname", "surname", "fullname", "givenname", "familyname"}},
	{columnAddress, "address", []string{"streetaddress", "postaladdress", "homeaddress", "zipcode", "postcode", "billingaddress", "shippingaddress"}},
	{columnBirth, "date of birth", []string{"birthdate", "dateofbirth", "birthday", "dob"}},
	{columnCard, "payment card", []string{"cardnumber", "creditcard", "ccnumber", "cardno"}},
	{columnBank, "bank account", []string{"iban", "bankaccount", "accountnumber", "routingnumber", "sortcode"}},
	{columnNational, "national id", []string{"ssn", "socialsecurity", "nationalid", "passport", "taxid", "nationalinsurance", "personnummer", "aadhaar", "drivinglicen"}},
	{columnHealth, "health", []string{"diagnosis", "icd10", "patientid", "bloodtype", "medication"}},
	{columnPay, "pay", []string{"salary", "wage", "netpay", "grosspay"}},
}

// columnKind tells by its name what personal data a column holds; none for most.
func columnKind(name []byte) columnKinds {
	const longest = 64
	var room [longest]byte
	low := room[:0]
	for _, c := range name[:min(len(name), longest)] {
		switch {
		case 'A' <= c && c <= 'Z':
			low = append(low, c+'a'-'A')
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			low = append(low, c)
		}
	}
	var kinds columnKinds
	for _, w := range columnWords {
		for _, word := range w.words {
			// Short words stand in many others: they must be all of the name.
			if len(word) <= 4 && bytes.Equal(low, []byte(word)) || len(word) > 4 && bytes.Contains(low, []byte(word)) {
				kinds |= w.kind
			}
		}
	}
	return kinds
}

// personal reports whether rows with such columns are about people. A name by
// itself is not enough: programs name other things too.
func (k columnKinds) personal() bool { return k&^columnName != 0 }

// String lists the sorts, as an end of a hint: ", with e-mail, password".
func (k columnKinds) String() string {
	var says []string
	for _, w := range columnWords {
		if k&w.kind != 0 {
			says = append(says, w.says)
		}
	}
	if len(says) == 0 {
		return ""
	}
	return ", with " + strings.Join(says, ", ")
}
