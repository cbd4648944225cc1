package overgrant

import "time"

// Used is one token that storage logs show in use: a shared access signature, a
// user delegation signature or an account key. It is one line of the output of
// overgrant usage.
type Used struct {
	Schema     string           `json:"schema"` // overgrant.usage/1
	Token      string           `json:"token"`  // the hash by which the service logs it, or one of its parameters where it logs none; never the secret
	Key        string           `json:"key,omitempty"`
	KeyHash    string           `json:"key_hash,omitempty"`
	Kind       string           `json:"kind"`
	Account    string           `json:"account"`
	Grant      Grant            `json:"grant"` // what the parameters in the log say
	First      time.Time        `json:"first"`
	Last       time.Time        `json:"last"`
	Requests   int64            `json:"requests"`
	Failed     int64            `json:"failed"`
	BytesOut   int64            `json:"bytes_out"`
	BytesIn    int64            `json:"bytes_in"`
	Operations map[string]int64 `json:"operations"`
	Callers    int64            `json:"callers"` // distinct addresses
	Agents     int64            `json:"agents"`  // distinct user agents
	Match      UsedMatch        `json:"match"`
	Verdict    Verdict          `json:"verdict"`
}

// UsedMatch says whose token it is, as far as is known. Both empty means that
// nobody here has seen it before.
type UsedMatch struct {
	Known  string `json:"known,omitempty"`  // id of the case
	Ledger string `json:"ledger,omitempty"` // name in the ledger
}
