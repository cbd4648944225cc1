package fake

import "strconv"

// Kind is the shape of names that are made by rule. The zero Kind is Datasets.
type Kind int

// The kinds of containers.
const (
	Datasets Kind = iota // datasets/set-0001/2019-03/part-00001.parquet
	Profiles             // Users/u00001/AppData/Local/...
	Backups              // host-0001/WindowsImageBackup/Backup 2020-04-02/...
	Models               // experiments/run-00001/model.safetensors
	Keys                 // home/u00001/.ssh/id_rsa
	Logs                 // y=2021/m=03/d=12/h=04/0000001.json
	Images               // img/3f/000000001.jpg
	kinds
)

// leaf is the end of a name and what stands behind it.
type leaf struct {
	name     string
	media    string
	min, max int64 // bytes
	kind     content
}

// field is a part of a name that counts: a number of digits, or words in order.
type field struct {
	before string // literal text before it
	digits int    // decimal digits; 0 if it is one of the words
	count  int64  // values before the field to the left counts up
	words  []string
}

// shape makes names of an index: fields from the left, the last the quickest,
// and one of the leaves after them. Names rise with the index because every
// field is of fixed width or in order.
type shape struct {
	fields []field // the first has no end
	after  string  // literal text between the last field and the leaf
	leaves []leaf  // in order
}

// name appends the name at index i.
func (s *shape) name(dst []byte, i int64) []byte {
	var values [4]int64
	l := len(s.leaves)
	which := 0
	if l > 1 {
		which = int(i % int64(l))
		i /= int64(l)
	}
	for f := len(s.fields) - 1; f > 0; f-- {
		values[f] = i % s.fields[f].count
		i /= s.fields[f].count
	}
	values[0] = i
	for f := range s.fields {
		at := &s.fields[f]
		dst = append(dst, at.before...)
		if at.digits == 0 {
			dst = append(dst, at.words[values[f]]...)
		} else {
			dst = appendDigits(dst, values[f], at.digits)
		}
	}
	dst = append(dst, s.after...)
	return append(dst, s.leaves[which].name...)
}

// leaf returns what stands at index i.
func (s *shape) leaf(i int64) *leaf { return &s.leaves[i%int64(len(s.leaves))] }

// pairs are the decimal numbers from 00 to 99.
const pairs = "0001020304050607080910111213141516171819" +
	"2021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859" +
	"6061626364656667686970717273747576777879" +
	"8081828384858687888990919293949596979899"

// appendDigits appends n in the given number of digits.
func appendDigits(dst []byte, n int64, digits int) []byte {
	const zeros = "000000000000"
	at := len(dst) + digits
	dst = append(dst, zeros[:digits]...)
	u := uint64(n)
	for ; digits >= 2; digits -= 2 {
		q := u / 100
		r := (u - q*100) * 2
		at -= 2
		dst[at], dst[at+1] = pairs[r], pairs[r+1]
		u = q
	}
	if digits == 1 {
		dst[at-1] = '0' + byte(u%10)
	}
	return dst
}

// monthWords are the words of a field: 2017-01 to 2022-12.
func monthWords() []string {
	var all []string
	for y := 2017; y <= 2022; y++ {
		for m := 1; m <= 12; m++ {
			all = append(all, strconv.Itoa(y)+"-"+pairs[2*m:2*m+2])
		}
	}
	return all
}

const (
	octets = "application/octet-stream"
	plain  = "text/plain"
	kb     = 1 << 10
	mb     = 1 << 20
	gb     = 1 << 30
)

// shapes are in the order of the kinds.
var shapes = [kinds]shape{
	Datasets: {
		fields: []field{{before: "datasets/set-", digits: 6}, {before: "/", words: monthWords(), count: 72}, {before: "/part-", digits: 5, count: 1000}},
		leaves: []leaf{{".parquet", octets, 256 * kb, 512 * mb, noise}},
	},
	Profiles: {
		fields: []field{{before: "Users/u", digits: 8}}, after: "/",
		leaves: []leaf{
			{".azure/msal_token_cache.json", "application/json", 2 * kb, 64 * kb, text},
			{".ssh/id_rsa", octets, 1675, 3434, pem},
			{".ssh/known_hosts", plain, 200, 8 * kb, text},
			{"AppData/Local/Google/Chrome/User Data/Default/History", octets, 128 * kb, 64 * mb, noise},
			{"AppData/Local/Google/Chrome/User Data/Default/Login Data", octets, 40 * kb, 512 * kb, noise},
			{"AppData/Local/Google/Chrome/User Data/Local State", "application/json", 8 * kb, 128 * kb, text},
			{"AppData/Local/Temp/setup.log", plain, 0, 64 * kb, text},
			{"AppData/Roaming/Code/User/settings.json", "application/json", 100, 8 * kb, text},
			{"AppData/Roaming/Microsoft/Teams/IndexedDB/https_teams.microsoft.com_0.indexeddb.leveldb/000005.ldb", octets, 64 * kb, 2 * mb, noise},
			{"AppData/Roaming/Microsoft/Windows/Recent/notes.lnk", octets, 300, 2 * kb, noise},
			{"Desktop/passwords.kdbx", octets, 2 * kb, 64 * kb, noise},
			{"Desktop/readme.txt", plain, 0, 4 * kb, text},
			{"Documents/Outlook Files/archive.pst", octets, 1 * mb, 2 * gb, noise},
			{"Documents/budget.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 8 * kb, 2 * mb, noise},
			{"Documents/notes.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", 8 * kb, 2 * mb, noise},
			{"Downloads/installer.msi", octets, 1 * mb, 200 * mb, noise},
			{"NTUSER.DAT", octets, 1 * mb, 16 * mb, noise},
			{"Pictures/IMG_0001.jpg", "image/jpeg", 500 * kb, 8 * mb, noise},
			{"source/app/main.py", "text/x-python", 100, 32 * kb, text},
		},
	},
	Backups: {
		fields: []field{{before: "host-", digits: 7}, {before: "/WindowsImageBackup/Backup ", words: monthWords(), count: 72}}, after: "-02/",
		leaves: []leaf{
			{"BackupSpecs.xml", "text/xml", 1 * kb, 16 * kb, text},
			{"Catalog/GlobalCatalog", octets, 8 * kb, 1 * mb, noise},
			{"disk0.vhdx", octets, 8 * gb, 500 * gb, noise},
			{"disk1.vhdx", octets, 1 * gb, 40 * gb, noise},
		},
	},
	Models: {
		fields: []field{{before: "experiments/run-", digits: 8}}, after: "/",
		leaves: []leaf{
			{"checkpoint-last.ckpt", octets, 10 * mb, 8 * gb, noise},
			{"config.json", "application/json", 300, 8 * kb, text},
			{"events.out.tfevents", octets, 10 * kb, 40 * mb, noise},
			{"model.onnx", octets, 10 * mb, 2 * gb, noise},
			{"model.safetensors", octets, 10 * mb, 8 * gb, noise},
			{"optimizer.pt", octets, 10 * mb, 8 * gb, noise},
			{"pytorch_model.bin", octets, 10 * mb, 8 * gb, noise},
			{"tokenizer.json", "application/json", 100 * kb, 4 * mb, text},
			{"train.log", plain, 1 * kb, 1 * mb, text},
			{"vocab.txt", plain, 10 * kb, 1 * mb, text},
		},
	},
	Keys: {
		fields: []field{{before: "home/u", digits: 8}}, after: "/",
		leaves: []leaf{
			{".aws/credentials", plain, 116, 400, text},
			{".bash_history", plain, 0, 64 * kb, text},
			{".kube/config", "text/yaml", 2 * kb, 16 * kb, text},
			{".ssh/id_rsa", octets, 1675, 3434, pem},
			{".ssh/id_rsa.pub", plain, 381, 600, text},
			{"certs/server.key", octets, 1675, 3434, pem},
			{"certs/server.pfx", "application/x-pkcs12", 2 * kb, 8 * kb, noise},
			{"terraform.tfstate", "application/json", 2 * kb, 2 * mb, text},
		},
	},
	Logs: {
		fields: []field{{before: "resourceId=/y=2021/n=", digits: 4}, {before: "/d=", digits: 2, count: 28}, {before: "/h=", digits: 2, count: 24}, {before: "/", digits: 7, count: 10000}},
		leaves: []leaf{{".json", "application/json", 1 * kb, 4 * mb, text}},
	},
	Images: {
		fields: []field{{before: "img/", digits: 6}, {before: "/", digits: 9, count: 100000}},
		leaves: []leaf{{".jpg", "image/jpeg", 4 * kb, 2 * mb, noise}},
	},
}
