// Package arm is a resource manager of Azure for tests, as far as the owner of a
// storage account needs one: subscriptions, accounts with their keys and
// settings, locks, the service that hands out tokens, and the refusals of all
// of these in their own words. What it is told to change, changes: a [Drive]
// rotates the keys of a real emulator, and a [Server.Gate] before that emulator
// enforces the settings that the emulator does not know.
//
// It imports nothing of ours, so that what it answers does not depend on what
// is under test. Its shapes are those of the specification of Microsoft.Storage
// 2024-01-01; its own tests hold it against the client of the Azure SDK.
//
// What it does not show: how long changes take to hold, roles of single logins,
// operations that go on after their answer. None of what it serves does so in
// the real one either.
package arm

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options says what there is besides accounts. The zero value is usable.
type Options struct {
	Tenant   string           // empty means DefaultTenant
	Object   string           // the login's object id; empty means DefaultObject
	ClientID string           // of the login; empty means any is taken
	Secret   string           // of the login; empty means any is taken
	PageSize int              // items of a list on one page; 0 means all
	Now      func() time.Time // nil means time.Now
}

// The tenant and the object of the login, unless Options say others.
const (
	DefaultTenant = "11111111-2222-4333-8444-555555555555"
	DefaultObject = "66666666-7777-4888-9999-aaaaaaaaaaaa"
)

// Drive makes changes real where data is. Its methods are called one at a time
// for each account.
type Drive interface {
	// Rotate replaces key 1 or 2 and returns the new one in base64. When it
	// returns, nothing that the old one signed is taken.
	Rotate(n int) (string, error)
}

// Account is a storage account. A zero field is what a new account has.
type Account struct {
	Subscription string // empty means the first of the server's
	Group        string // resource group; empty means "storage-rg"
	Name         string
	Location     string
	Keys         [2]string    // base64; empty ones are made up
	Made         [2]time.Time // when each key was made; zero for keys from before 2021, of which that is not known
	KeysOff      bool         // allowSharedKeyAccess is false
	Public       bool         // allowBlobPublicAccess is true
	Tree         bool         // hierarchical namespace
	Period       string       // sasPolicy.sasExpirationPeriod, DD.HH:MM:SS; empty for none
	Action       string       // sasPolicy.expirationAction
	SoftDelete   int          // days that deleted blobs are kept; 0 for not at all
	Versioning   bool
	Logging      bool  // requests are logged
	Drive        Drive // nil: nothing else changes
}

// Call is one request that was served.
type Call struct {
	Name    string // as in the specification: regenerateKey, listKeys, update, …
	Account string // empty where it is about none
	Status  int    // 0 if the connection was cut before an answer
	Detail  string // of regenerateKey: the name of the key
}

// Server is a resource manager and a service of tokens. It is safe for
// concurrent use; the zero value is not usable.
type Server struct {
	opt Options

	mu            sync.Mutex
	subscriptions []string
	accounts      map[string]*state // by name
	order         []string
	denied        map[string]bool // actions, in lower case
	locks         []lock
	faults        []*Fault
	calls         []Call
	serial        int
}

// state is an account as it stands.
type state struct {
	Account
	busy       sync.Mutex // held while it is changed
	generation int        // how often delegation keys were revoked
	issued     map[string]int
}

// New returns a server with subscriptions of these ids, or with one.
func New(opt Options, subscriptions ...string) *Server {
	if opt.Tenant == "" {
		opt.Tenant = DefaultTenant
	}
	if opt.Object == "" {
		opt.Object = DefaultObject
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if len(subscriptions) == 0 {
		subscriptions = []string{"0a000000-0000-4000-8000-000000000001"}
	}
	return &Server{opt: opt, subscriptions: subscriptions, accounts: map[string]*state{}, denied: map[string]bool{}}
}

// Add adds an account, or puts it in place of the one of its name.
func (s *Server) Add(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.Subscription == "" {
		a.Subscription = s.subscriptions[0]
	}
	if a.Group == "" {
		a.Group = "storage-rg"
	}
	if a.Location == "" {
		a.Location = "westeurope"
	}
	for i := range a.Keys {
		if a.Keys[i] == "" {
			a.Keys[i] = newKey()
		}
	}
	if s.accounts[a.Name] == nil {
		s.order = append(s.order, a.Name)
	}
	s.accounts[a.Name] = &state{Account: a, issued: map[string]int{}}
}

// Account returns an account as it stands.
func (s *Server) Account(name string) (Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.accounts[name]
	if st == nil {
		return Account{}, false
	}
	return st.Account, true
}

// ID returns what the resource manager calls an account.
func (a Account) ID() string {
	return "/subscriptions/" + a.Subscription + "/resourceGroups/" + a.Group + "/providers/Microsoft.Storage/storageAccounts/" + a.Name
}

// Deny takes rights away from the login: actions such as
// Microsoft.Storage/storageAccounts/regeneratekey/action, in any case.
func (s *Server) Deny(actions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range actions {
		s.denied[strings.ToLower(a)] = true
	}
}

// Allow gives rights back.
func (s *Server) Allow(actions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range actions {
		delete(s.denied, strings.ToLower(a))
	}
}

// The levels of a lock.
const (
	ReadOnly     = "ReadOnly"
	CanNotDelete = "CanNotDelete"
)

// lock is a lock on a scope.
type lock struct{ name, level, scope string }

// Lock locks a scope: the id of an account, or of a group or subscription that
// it lies in.
func (s *Server) Lock(name, level, scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locks = append(s.locks, lock{name, level, scope})
}

// Unlock removes a lock.
func (s *Server) Unlock(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.locks[:0]
	for _, l := range s.locks {
		if l.name != name {
			kept = append(kept, l)
		}
	}
	s.locks = kept
}

// Calls returns the requests that were served so far, in order, those for
// tokens not among them.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// note records a request.
func (s *Server) note(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

// newKey returns a random account key with the marker that keys have had since
// 2021.
func newKey() string {
	var raw [64]byte
	_, _ = rand.Read(raw[:])
	text := base64.StdEncoding.EncodeToString(raw[:])
	return text[:76] + "+ASt" + text[80:]
}

// requestID makes the id of an answer.
func (s *Server) requestID() string {
	s.mu.Lock()
	s.serial++
	n := s.serial
	s.mu.Unlock()
	var raw [6]byte
	_, _ = rand.Read(raw[:])
	return fmt.Sprintf("%08d-0000-4000-8000-%s", n, hex.EncodeToString(raw[:]))
}

// ServeHTTP serves the resource manager and the tokens.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Ms-Request-Id", s.requestID())
	w.Header().Set("Cache-Control", "no-cache")
	if id := r.Header.Get("X-Ms-Client-Request-Id"); id != "" {
		w.Header().Set("X-Ms-Client-Request-Id", id)
	}
	if s.tokens(w, r) {
		return
	}
	s.manage(w, r)
}
