package azure

import "github.com/overgrant/overgrant"

// ReadPosture is readPosture.
var ReadPosture = readPosture

// Read tells what an answer means: the sense in a word, the cause, the words.
func Read(service string, status int, code, detail string) (sense string, cause overgrant.Cause, shows string) {
	m := readReply(reply{service: service, status: status, code: code, detail: detail})
	return senses[m.sense], m.cause, m.shows
}

// ReadPlain is Read for an answer to a request without a credential.
func ReadPlain(service string, status int, code string) (sense string, shows string) {
	m := withoutCredential(reply{service: service, status: status, code: code})
	return senses[m.sense], m.shows
}

var senses = map[sense]string{
	silent: "silent", passed: "passed", absent: "absent", lacking: "lacking", outside: "outside",
	limited: "limited", barred: "barred", turned: "turned", nobody: "nobody",
}

// Codes are the error codes that are told by themselves.
func Codes() []string {
	var all []string
	for c := range codes {
		all = append(all, c)
	}
	return all
}
