package azure

import (
	"strings"

	"github.com/overgrant/overgrant"
)

// sense is what one answer says of the credential and of the action asked for.
type sense uint8

const (
	silent  sense = iota // it says neither
	passed               // the credential holds, and the action is allowed
	absent               // passed, but what was asked for is not there
	lacking              // the credential holds, without this permission
	outside              // the credential holds, but does not reach this service or sort of resource
	limited              // the credential holds, but not for us: another address, another protocol
	barred               // refused before or after the credential was looked at: it tells neither
	turned               // the credential is refused
	nobody               // asked without a credential: none was accepted
)

// holds reports whether the answer proves that the credential is good.
func (s sense) holds() bool { return passed <= s && s <= limited }

// allows reports whether the action asked for went through.
func (s sense) allows() bool { return s == passed || s == absent }

// meaning is what follows from an answer.
type meaning struct {
	sense sense
	cause overgrant.Cause
	shows string // in words, for Answer.Shows
}

// reply is an answer as far as its meaning depends on it.
type reply struct {
	service string
	status  int    // 0 if there was no answer
	code    string // the service's own error code
	detail  string // its AuthenticationErrorDetail or ExtendedErrorDetail, and the parameter it complains of
}

// readReply returns what follows from r.
//
// Sources: Azure Storage REST reference, "Shared access signature error codes",
// "Status and error codes", "Blob service error codes"; for the details, error
// bodies that were published in support threads.
func readReply(r reply) meaning {
	switch {
	case r.code == "AuthenticationFailed", r.code == "InvalidAuthenticationInfo":
		return readAuthentication(r)
	case r.code == "ResourceNotFound":
		return readResource(r.service)
	case strings.HasSuffix(r.code, "QueryParameterValue"), strings.HasSuffix(r.code, "RequiredQueryParameter"):
		return readParameter(r)
	}
	if m, ok := codes[r.code]; ok {
		return m
	}
	return readStatus(r)
}

// codes are the error codes of which the code alone tells.
var codes = map[string]meaning{
	"BlobNotFound":          {absent, "", "the signature holds and the action is allowed; no blob of that name is there"},
	"ContainerNotFound":     {absent, "", "the signature holds and the action is allowed; the container is not there"},
	"ContainerBeingDeleted": {absent, "", "the signature holds and the action is allowed; the container is being deleted"},
	"FilesystemNotFound":    {absent, "", "the signature holds and the action is allowed; the container is not there"},
	"PathNotFound":          {absent, "", "the signature holds and the action is allowed; nothing is at that path"},
	"ShareNotFound":         {absent, "", "the signature holds and the action is allowed; the share is not there"},
	"ShareBeingDeleted":     {absent, "", "the signature holds and the action is allowed; the share is being deleted"},
	"ParentNotFound":        {absent, "", "the signature holds and the action is allowed; no directory of that name is there"},
	"QueueNotFound":         {absent, "", "the signature holds and the action is allowed; the queue is not there"},
	"QueueBeingDeleted":     {absent, "", "the signature holds and the action is allowed; the queue is being deleted"},
	"MessageNotFound":       {absent, "", "the signature holds and the action is allowed; no such message is there"},
	"TableNotFound":         {absent, "", "the signature holds and the action is allowed; the table is not there"},
	"TableBeingDeleted":     {absent, "", "the signature holds and the action is allowed; the table is being deleted"},
	"EntityNotFound":        {absent, "", "the signature holds and the action is allowed; no such entity is there"},

	"ConditionNotMet":                     {passed, "", "the signature holds and the action is allowed; it was stopped by a condition that cannot be met"},
	"InvalidRange":                        {passed, "", "the signature holds and the action is allowed; there are no bytes to read"},
	"BlobArchived":                        {passed, "", "the signature holds and reading is allowed; the blob lies in the archive"},
	"BlobUsesCustomerSpecifiedEncryption": {passed, "", "the signature holds and reading is allowed; the blob is encrypted with a key that the service does not have"},
	"BlobImmutableDueToPolicy":            {passed, "", "the signature holds and the action is allowed; an immutability policy guards the blob"},
	"LeaseIdMissing":                      {passed, "", "the signature holds and the action is allowed; a lease guards the blob"},
	"InvalidBlobType":                     {passed, "", "the signature holds and the action is allowed; the blob is of another type"},

	"AuthorizationPermissionMismatch":   {lacking, "", "the signature holds; it does not cover this action"},
	"UnauthorizedBlobOverwrite":         {lacking, "", "the signature holds; it may create blobs but overwrite none"},
	"InsufficientAccountPermissions":    {lacking, "", "the signature holds; the account does not allow this action at present"},
	"AuthorizationServiceMismatch":      {outside, "", "the signature holds; it is not for this service"},
	"AuthorizationResourceTypeMismatch": {outside, "", "the signature holds; it is not for this type of resource"},
	"AuthorizationSourceIPMismatch":     {limited, "", "the signature holds; the link is limited to addresses that ours is not among"},
	"AuthorizationProtocolMismatch":     {limited, "", "the signature holds; the link works over https only"},

	"AuthorizationFailure":               {barred, overgrant.CauseFirewall, "refused, by the account's firewall or because no link may do this; it says nothing of the signature"},
	"KeyBasedAuthenticationNotPermitted": {turned, overgrant.CauseForbidden, "the account takes no keys and no links that were signed with one"},
	"AccountIsDisabled":                  {turned, overgrant.CauseAccountGone, "the account is disabled"},

	"PublicAccessNotPermitted":    {nobody, "", "the account lets nobody in without a credential"},
	"NoAuthenticationInformation": {nobody, "", "a credential is asked for"},
	"FeatureVersionMismatch":      {silent, overgrant.CauseUnclear, "the service version of the request is too old for what is there"},
	"ServerBusy":                  {silent, overgrant.CauseThrottled, "the service is busy and did not look at the request"},
	"TooManyRequests":             {silent, overgrant.CauseThrottled, "the service is busy and did not look at the request"},
	"OperationTimedOut":           {silent, overgrant.CauseThrottled, "the service did not finish in time"},
	"InternalError":               {silent, overgrant.CauseUnclear, "the service failed"},
}

// details tell apart what AuthenticationFailed may mean. The first that is part
// of the detail, in any case, counts.
var details = []struct {
	part string
	meaning
}{
	{"not valid in the specified time frame", meaning{turned, overgrant.CauseExpired, "the service says that the link is out of its time; that says nothing of the key"}},
	{"has to be after signed start time", meaning{turned, overgrant.CauseExpired, "the service says that the link is out of its time; that says nothing of the key"}},
	{"has to be after signed key start time", meaning{turned, overgrant.CauseExpired, "the service says that the key which signed the link is out of its time"}},
	{"identifier cannot be found", meaning{turned, overgrant.CausePolicyGone, "there is no stored access policy of the name that the link has"}},
	{"fields not well formed", meaning{turned, overgrant.CauseMalformed, "the service cannot read the link"}},
	{"not well formed", meaning{turned, overgrant.CauseMalformed, "the service cannot read the link"}},
	{"is mandatory", meaning{turned, overgrant.CauseMalformed, "the service misses a part of the link"}},
	{"is invalid", meaning{turned, overgrant.CauseMalformed, "the service cannot read the link"}},
	{"sas policy", meaning{turned, overgrant.CauseForbidden, "the account's policy forbids links as long-lived as this"}},
	{"expiration period", meaning{turned, overgrant.CauseForbidden, "the account's policy forbids links as long-lived as this"}},
	{"did not match", meaning{turned, overgrant.CauseKeyRotated, "the signature does not match"}},
	{"is not the same as any computed signature", meaning{turned, overgrant.CauseKeyRotated, "the key is none of the account's"}},
}

// readAuthentication reads AuthenticationFailed, which means many things.
func readAuthentication(r reply) meaning {
	text := strings.ToLower(r.detail)
	for _, d := range details {
		if strings.Contains(text, d.part) {
			return d.meaning
		}
	}
	if r.status == 400 {
		return meaning{turned, overgrant.CauseMalformed, "the service cannot read the credential"}
	}
	return meaning{turned, overgrant.CauseUnclear, "the credential is refused, without a reason"}
}

// readResource reads ResourceNotFound: of files and entities it says what
// BlobNotFound says of blobs, elsewhere that there is no such account, or that
// nobody may know what is there.
func readResource(service string) meaning {
	if service == files || service == tables {
		return meaning{absent, "", "the signature holds and the action is allowed; nothing of that name is there"}
	}
	return meaning{silent, overgrant.CauseUnclear, "nothing is there, or nobody is to know that it is"}
}

// signedParameters are those that only a link has: a complaint about one of
// them is about the link.
var signedParameters = []string{"sv", "sr", "sp", "st", "se", "sip", "spr", "si", "sig", "ss", "srt", "sdd", "skoid", "sktid", "skt", "ske", "sks", "skv", "tn"}

// readParameter reads complaints about a parameter of the query.
func readParameter(r reply) meaning {
	for _, p := range signedParameters {
		if r.detail == p {
			return meaning{turned, overgrant.CauseMalformed, "the service cannot read the parameter " + p + " of the link"}
		}
	}
	return meaning{silent, overgrant.CauseUnclear, "the service does not take a parameter of the request"}
}

// readStatus reads an answer whose code says nothing more than its status.
func readStatus(r reply) meaning {
	switch s := r.status; {
	case s >= 200 && s < 300, s == 304:
		return meaning{passed, "", "the signature holds and the action is allowed"}
	case s == 412:
		return codes["ConditionNotMet"]
	case s == 416:
		return codes["InvalidRange"]
	case s == 429 || s == 503:
		return codes["ServerBusy"]
	case s == 401:
		return codes["NoAuthenticationInformation"]
	case s >= 300 && s < 400:
		return meaning{silent, overgrant.CauseUnclear, "the request is sent elsewhere, where it was not followed"}
	case s >= 500:
		return codes["InternalError"]
	}
	return meaning{silent, overgrant.CauseUnclear, "an answer of which nothing is known"}
}

// withoutCredential returns what an answer to a request without a credential
// shows: nothing of the link, but whether the link is needed at all.
func withoutCredential(r reply) meaning {
	m := readReply(r)
	switch {
	case m.sense == passed:
		m.shows = "anybody may do this"
	case m.sense == absent && r.code == "BlobNotFound":
		m.shows = "anybody may read blobs here by name"
	case m.cause == overgrant.CauseThrottled:
	default:
		m = meaning{nobody, "", "nobody may do this without a credential"}
	}
	return m
}
