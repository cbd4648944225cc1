package classify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/classify"
)

// cardNumber makes a card number of an issuer with a right check digit.
func cardNumber(r *rand.Rand, prefix string, size int) string {
	text := prefix
	for len(text) < size-1 {
		text += string(rune('0' + r.IntN(10)))
	}
	for d := range 10 {
		sum := 0
		full := text + string(rune('0'+d))
		for i, c := range full {
			n := int(c - '0')
			if (len(full)-i)%2 == 0 {
				if n *= 2; n > 9 {
					n -= 9
				}
			}
			sum += n
		}
		if sum%10 == 0 {
			return full
		}
	}
	panic("no check digit")
}

func TestPaymentCards(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	visa, amex := cardNumber(r, "4539", 16), cardNumber(r, "37", 15)
	spaced := fmt.Sprintf("%s %s %s %s", visa[:4], visa[4:8], visa[8:12], visa[12:])
	var random strings.Builder
	for range 2000 {
		fmt.Fprintf(&random, "4%015d\n", r.Int64N(1e15))
	}
	tests := []struct {
		name, text string
		count      int64
	}{
		{"plain", "pay with " + visa + ".", 1},
		{"groups", spaced, 1},
		{"dashes", strings.ReplaceAll(spaced, " ", "-"), 1},
		{"amex", amex[:4] + " " + amex[4:10] + " " + amex[10:], 1},
		{"twice_the_same", visa + "\n" + spaced, 1},
		{"two", visa + "," + amex, 2},
		{"wrong_digit", visa[:15] + string(rune('0'+(visa[15]-'0'+1)%10)), 0},
		{"test_card", "4111 1111 1111 1111", 0},
		{"inside_a_word", "id" + visa + "x", 0},
		{"by_chance", random.String(), 0},
		{"by_chance_but_one_is_named", random.String() + strings.Repeat("-\n", 100) + "visa card " + visa, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := findOf(content(t, "a.txt", []byte(tt.text)), "payment_card")
			if f == nil && tt.count != 0 || f != nil && f.Count != tt.count {
				t.Errorf("%+v; want %d", f, tt.count)
			}
		})
	}
}

func TestNumbersOfPeople(t *testing.T) {
	// Numbers that authorities and standards publish as examples, or that are
	// made here from their check digits.
	tests := []struct{ name, class, text string }{
		{"iban", "bank_account", "DE02120300000000202051"},
		{"iban_in_groups", "bank_account", "IBAN: DE02 1203 0000 0000 2020 51."},
		{"iban_with_a_wrong_digit", "", "DE03120300000000202051"},
		{"iban_of_the_registry", "", "DE89370400440532013000"},
		{"dutch", "national_id", "BSN 111222333"},
		{"dutch_without_a_word", "", "order 111222333"},
		{"german", "national_id", "Steuer-ID: 86095742719"},
		{"french", "national_id", "2 55 08 14 168 025 38"},
		{"polish", "national_id", "PESEL 44051401359"},
		{"swedish", "national_id", "personnummer 811228-9874"},
		{"norwegian", "national_id", "fødselsnummer 01010750160"},
		{"brazilian", "national_id", "529.982.247-25"},
		{"chinese", "national_id", "11010519491231002X"},
		{"indian", "national_id", "Aadhaar 2341 2341 2346"},
		{"australian", "national_id", "TFN 876 543 210"},
		{"british", "national_id", "NHS 943 476 5919"},
		{"canadian", "national_id", "SIN 130 692 544"},
		{"belgian", "national_id", "85.07.30-033.28"},
		{"turkish", "national_id", "Kimlik No 10000000146"},
		{"spanish", "national_id", "DNI 54362315K"},
		{"spanish_with_a_wrong_letter", "", "DNI 54362315A"},
		{"finnish", "national_id", "131052-308T"},
		{"italian", "national_id", "RSSMRA85T10A562S"},
		{"italian_with_a_wrong_letter", "", "RSSMRA85T10A562T"},
		{"column_of_a_table", "national_id", "name,pesel\n" + strings.Repeat("x,y\n", 200) + "a,44051401359\n"},
		{"one_mail_address", "", "write to anna.berg@contoso.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, "a.txt", []byte(tt.text), tt.class, 1, "")
		})
	}
}

func TestContactData(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "person%d@contoso.com, +49 30 %07d, (206) 55%d-%04d\n", i/2, 1234567+i*11, i%5, 3000+i)
	}
	b.WriteString("x@example.com logo@2x.png @decorator git@github.com:a/b.git pkg@1.2.3")
	f := findOf(content(t, "a.csv", []byte(b.String())), "contact_data")
	if f == nil || f.Hint != "21 mail addresses, 80 telephone numbers" {
		t.Fatalf("%+v; want 21 addresses and 80 numbers", f)
	}
	if n, _ := f.People.Count(); n != 80 {
		t.Errorf("%d people; want 80", n)
	}
}

func TestCredentialFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7)) // what looks made up, such as a value with a word in it, is no secret
	value := func(n int) string {
		const letters = "qwertzuiopasdfghjklyxcvbnmQWERTZUIOPASDFGHJKLYXCVBNM2345678901"
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	tests := []struct {
		file, text, class string
		count             int64
	}{
		{"home/x/.netrc", "machine h login me password " + value(14) + "\n", "developer_credential", 1},
		{"x/.git-credentials", "https://me:" + value(20) + "@git.contoso.com\nhttps://you:" + value(20) + "@b\n", "developer_credential", 2},
		{".kube/config", "users:\n- name: x\n  user:\n    client-key-data: " + value(200) + "\n", "cloud_credential", 1},
		{".docker/config.json", `{"auths":{"r.contoso.com":{"auth":"` + value(32) + `"}}}`, "developer_credential", 1},
		{"x/.npmrc", "//registry.npmjs.org/:_authToken=" + value(36) + "\n", "developer_credential", 1},
		{"etc/shadow", "root:$6$" + value(16) + "$" + value(86) + ":19000:0:99999:7:::\nbin:*:1::\n", "credential_dump", 1},
		{".env", "PASSWORD=changeme\nDB_PASSWORD=${DB}\nTOKEN=\n", "", 0},
		{"app.py", "password = 'xxxxxxxxxxxx'\napi_key = 'YOUR_API_KEY_EXAMPLE'\n", "", 0},
		{"app.py", "api_key = '" + "k7Jq2" + value(24) + "'\n", "source_secret", 1},
		{"notes.txt", "ghp_" + value(36) + "\n", "secret", 1},
	}
	for _, tt := range tests {
		check(t, tt.file, []byte(tt.text), tt.class, tt.count, "")
	}
	secret := value(36)
	for _, f := range content(t, "notes.txt", []byte("ghp_"+secret+" and token = '"+secret+"1x'")) {
		if text := fmt.Sprintf("%+v", f); strings.Contains(text, secret[:6]) {
			t.Error("a find holds a part of the secret")
		}
	}
}

// slow gives few bytes and counts calls; it fails beyond a place.
type slowReader struct {
	data  []byte
	fail  int64
	calls int
}

func (s *slowReader) ReadAt(b []byte, off int64) (int, error) {
	s.calls++
	if s.fail > 0 && off+int64(len(b)) > s.fail {
		return 0, errors.New("the line is cut")
	}
	n := copy(b, s.data[min(off, int64(len(s.data))):])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// TestWindows puts things across the ends of windows.
func TestWindows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	secret := "ghp_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
	card := cardNumber(r, "4539", 16)
	for _, end := range []int{1 << 20, 2 << 20, 1<<20 - 32<<10, 2<<20 - 32<<10} {
		for _, before := range []int{0, 1, 5, 20, 39, 40, 41} {
			text := bytes.Repeat([]byte("lorem ipsum dolor\n"), 3<<20/18)
			copy(text[end-before:], " "+secret+" ")
			copy(text[end-before+100:], " visa "+card+" ")
			finds := content(t, "a.txt", text)
			if f := findOf(finds, "secret"); f == nil || f.Count != 1 {
				t.Errorf("secret %d before %d: %+v", before, end, f)
			}
			if f := findOf(finds, "payment_card"); f == nil || f.Count != 1 {
				t.Errorf("card %d before %d: %+v", before, end, f)
			}
		}
	}
}

func TestContentTellsWhatItRead(t *testing.T) {
	text := bytes.Repeat([]byte("lorem ipsum dolor\n"), 3<<20/18)
	at := &slowReader{data: text}
	p := classify.Piece{Name: []byte("a.txt"), Size: int64(len(text)), At: at, Limit: 1 << 20}
	r := must(classify.Content(context.Background(), p))
	if r.Complete || r.Reason != classify.Limited || r.Read != 1<<20 || at.calls > 3 {
		t.Errorf("%+v after %d calls; want 1 MiB read in at most three", r, at.calls)
	}
	p.At, p.Limit = &slowReader{data: text, fail: 2 << 20}, 0
	if r, err := classify.Content(context.Background(), p); err == nil || r.Read < 1<<20 {
		t.Errorf("%+v, %v; want what was read, and the error", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.At = &slowReader{data: text}
	if _, err := classify.Content(ctx, p); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that it was cancelled", err)
	}
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(r.Read + int64(i*i*7919>>3))
	}
	r = must(classify.Content(context.Background(), classify.Piece{Name: []byte("x"), Size: 5000, At: bytes.NewReader(noise)}))
	if r.Complete || r.Reason != classify.Binary || r.Read > classify.HeadSize {
		t.Errorf("%+v; want binary", r)
	}
	if r := must(classify.Content(context.Background(), classify.Piece{})); !r.Complete {
		t.Errorf("%+v of nothing; want complete", r)
	}
}

func FuzzContent(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, seed := range []string{
		"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "PuTTY-User-Key-File-2: ssh-rsa\nPublic-Lines: 9\n", "PrivateKey = abc", cardNumber(r, "4539", 16),
		"\x95\x01\x00\x04\x60\x00\x00\x00\x01\x08\x00", "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x02", "\x05\x02\x00\x00\x00\x10", "DE89370400440532013000", "a@b.co", "password: x",
		"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x00\x00\x04\x00\x0b", "\x30\x82\x01\x00\x02\x01\x03\x30", "\xff\xfea\x00", "131052-308T",
	} {
		f.Add([]byte(seed), ".env")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		r, err := classify.Content(context.Background(), classify.Piece{Name: []byte(name), Size: int64(len(data)), At: bytes.NewReader(data), Salt: 1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Complete == (r.Reason != "") {
			t.Errorf("complete: %v, but the reason is %q", r.Complete, r.Reason)
		}
	})
}

// TestHostileText holds the work on a text that is made to look like secrets
// all through to a limit, and that the limit is told.
func TestHostileText(t *testing.T) {
	text := bytes.Repeat([]byte("kind: secret data: "), 1<<17)
	r := must(classify.Content(context.Background(), classify.Piece{Name: []byte("a.yaml"), Size: int64(len(text)), At: bytes.NewReader(text)}))
	if r.Complete || r.Reason != classify.Crowded {
		t.Errorf("complete: %v, %q; want that there were too many candidates", r.Complete, r.Reason)
	}
}
