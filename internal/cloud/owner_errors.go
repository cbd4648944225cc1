package cloud

import (
	"errors"
	"fmt"
)

// Errors of Owner. They are told to the user with what to do next.
var (
	ErrNoRights    = errors.New("the login may not do this") // see RightsError
	ErrLocked      = errors.New("the account is locked")     // see LockedError
	ErrPolicyLimit = errors.New("there are five stored access policies already, and the service takes no more")
	ErrNotOurs     = errors.New("no credential of the account's owner was given")
	ErrConflict    = errors.New("somebody else changes the same thing")
	ErrClockSkew   = errors.New("the clock of this machine is more than 15 minutes off")
	ErrNoAccount   = errors.New("no storage account of that name in the subscriptions that the login sees")
	ErrNoLogin     = errors.New("no login is present")
	ErrNoPolicy    = errors.New("there is no stored access policy of that name")
	ErrOldKeys     = errors.New("the account's keys are from before 2021; rotate each of them once")
	ErrBadStep     = errors.New("the step or wish is not whole")
)

// RightsError is a refusal for want of a right.
type RightsError struct {
	Action string // the right that is missing: Microsoft.Storage/storageAccounts/regeneratekey/action
	Roles  string // built-in roles that have it, the narrowest first; empty if not known
	Scope  string // on what
}

func (e *RightsError) Error() string {
	text := ErrNoRights.Error()
	if e.Action != "" {
		text += ": it lacks " + e.Action
	}
	if e.Scope != "" {
		text += " on " + e.Scope
	}
	if e.Roles != "" {
		text += fmt.Sprintf("; give it the role %s", e.Roles)
	}
	return text
}

// Unwrap returns ErrNoRights.
func (e *RightsError) Unwrap() error { return ErrNoRights }

// LockedError is a refusal because of a lock.
type LockedError struct {
	Lock string // its name, if the service told it
}

func (e *LockedError) Error() string {
	if e.Lock == "" {
		return ErrLocked.Error() + "; remove the lock and put it back afterwards"
	}
	return ErrLocked.Error() + " by " + e.Lock + "; remove the lock and put it back afterwards"
}

// Unwrap returns ErrLocked.
func (e *LockedError) Unwrap() error { return ErrLocked }
