package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/overgrant/overgrant/internal/cloud"
)

// roles are the built-in roles that hold a right, the narrowest first.
//
// Source: "Azure built-in roles for Storage".
var roles = map[string]string{
	"microsoft.storage/storageaccounts/read":                                          "Reader",
	"microsoft.storage/storageaccounts/write":                                         "Storage Account Contributor",
	"microsoft.storage/storageaccounts/listkeys/action":                               "Storage Account Key Operator Service Role",
	"microsoft.storage/storageaccounts/regeneratekey/action":                          "Storage Account Key Operator Service Role",
	"microsoft.storage/storageaccounts/revokeuserdelegationkeys/action":               "Storage Account Contributor",
	"microsoft.storage/storageaccounts/blobservices/generateuserdelegationkey/action": "Storage Blob Delegator",
	"microsoft.storage/storageaccounts/blobservices/containers/getacl/action":         "Storage Blob Data Owner",
	"microsoft.storage/storageaccounts/blobservices/containers/setacl/action":         "Storage Blob Data Owner",
	"microsoft.storage/storageaccounts/blobservices/containers/read":                  "Storage Blob Data Reader",
	"microsoft.storage/storageaccounts/queueservices/queues/read":                     "Storage Queue Data Reader",
	"microsoft.storage/storageaccounts/tableservices/tables/read":                     "Storage Table Data Reader",
	"microsoft.authorization/locks/read":                                              "Reader",
	"microsoft.insights/diagnosticsettings/read":                                      "Monitoring Reader",
	"microsoft.storage/storageaccounts/blobservices/read":                             "Reader",
}

// noRights returns the error for a right that is missing.
func noRights(action, scope string) error {
	return &cloud.RightsError{Action: action, Scope: scope, Roles: roles[strings.ToLower(action)]}
}

// The resource manager says in its messages what is missing, and what locks.
var (
	missingAction = regexp.MustCompile(`perform action '([A-Za-z0-9./_-]{1,200})'`)
	missingScope  = regexp.MustCompile(`over scope '([A-Za-z0-9./_() -]{1,400})'`)
	lockScope     = regexp.MustCompile(`locked: '([A-Za-z0-9./_() -]{1,400})'`)
)

// armError turns an error of the SDK into one of the contract. action is the
// right that the request needs.
func armError(err error, action string) error {
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return loginError(err)
	}
	message := messageOf(answer)
	switch {
	case answer.StatusCode == http.StatusForbidden && (answer.ErrorCode == "AuthorizationFailed" || answer.ErrorCode == "LinkedAuthorizationFailed"):
		scope := ""
		if m := missingAction.FindStringSubmatch(message); m != nil {
			action = m[1]
		}
		if m := missingScope.FindStringSubmatch(message); m != nil {
			scope = m[1]
		}
		return noRights(action, scope)
	case answer.ErrorCode == "ScopeLocked" || answer.ErrorCode == "ReadOnlyDisabledSubscription":
		locked := &cloud.LockedError{}
		if m := lockScope.FindStringSubmatch(message); m != nil {
			locked.Lock = m[1]
		}
		return locked
	case answer.StatusCode == http.StatusNotFound && (answer.ErrorCode == "ResourceNotFound" || answer.ErrorCode == "ResourceGroupNotFound"):
		return cloud.ErrNoAccount
	case answer.StatusCode == http.StatusConflict:
		return fmt.Errorf("%w: answer %d %s", cloud.ErrConflict, answer.StatusCode, answer.ErrorCode)
	}
	return plainError(err)
}

// messageOf returns the message of an answer.
func messageOf(answer *azcore.ResponseError) string {
	if answer.RawResponse == nil {
		return ""
	}
	raw, err := runtime.Payload(answer.RawResponse)
	if err != nil {
		return ""
	}
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(raw, &body) != nil {
		return ""
	}
	return body.Error.Message
}

// loginError tells a missing login from other failures.
func loginError(err error) error {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) || strings.Contains(err.Error(), "failed to acquire a token") {
		return errNoLogin
	}
	return plainError(err)
}

// plainError shortens an error of the SDK, which repeats the whole answer and
// its URL, to its status and code.
func plainError(err error) error {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return fmt.Errorf("answer %d %s", answer.StatusCode, answer.ErrorCode)
	}
	return err
}
