package reporttest

import (
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
)

var (
	leak = overgrant.Grant{
		Kind: "account_sas", Provider: "azure", Account: "contosomodels", Host: "contosomodels.blob.core.windows.net",
		Services: []string{"blob", "file", "queue", "table"}, Scope: "account", Container: "public-models", ResourceTypes: "sco",
		Permissions: "rwdlacupfx", Actions: []string{"read", "write", "delete", "list", "add", "create", "update", "process", "find", "delete_version"},
		Start: time.Date(2021, 10, 5, 15, 0, 0, 0, time.UTC), Expiry: time.Date(2051, 10, 6, 7, 0, 0, 0, time.UTC),
		Protocols: []string{"https"}, SignedVersion: "2020-08-04", Signer: "account_key",
		Revocation: overgrant.Revocation{Route: "rotate_account_key", Collateral: "every link and client that uses the same account key"},
	}
	ended = overgrant.Grant{
		Kind: "account_sas", Provider: "azure", Account: "contosobuild", Host: "contosobuild.blob.core.windows.net",
		Services: []string{"blob"}, Scope: "account", Container: "drops", ResourceTypes: "co", Permissions: "rl", Actions: []string{"read", "list"},
		Expiry: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), SignedVersion: "2019-12-12", Signer: "account_key",
		Revocation: overgrant.Revocation{Route: "rotate_account_key", Collateral: "every link and client that uses the same account key"},
	}
	unclear = overgrant.Grant{
		Kind: "policy_sas", Provider: "azure", Account: "contosoweb", Host: "contosoweb.blob.core.windows.net",
		Services: []string{"blob"}, Scope: "container", Container: "uploads", Resource: "c", PolicyID: "partners", SignedVersion: "2022-11-02", Signer: "account_key",
		Revocation: overgrant.Revocation{Route: "delete_stored_policy", Collateral: "every link that leans on the same policy"},
	}
	leakVerdict = overgrant.Verdict{OverProvisioned: true, Severity: overgrant.Critical, Reasons: []overgrant.Reason{
		{Rule: "account-scope", Severity: overgrant.Critical, Why: "It opens the whole storage account, not the one file it stands beside.", Fix: "Share one file or one container, with a user delegation SAS."},
		{Rule: "can-write", Severity: overgrant.Critical, Why: "It can change and delete what others download; models among it can be poisoned.", Fix: "Share for reading only (sp=r)."},
		{Rule: "long-lived", Severity: overgrant.Low, Why: "It works for 30 years.", Fix: "Let links end within seven days."},
	}}
)

func is(b bool) *bool { return &b }

func aliveProof(now time.Time) overgrant.Proof {
	p := overgrant.Proof{
		State: overgrant.Alive, CheckedAt: now,
		Why: "The link works: whoever has it can read, list, write, create, add and delete in the whole account contosomodels; whether it can also take messages was not tried.",
		Permissions: map[string]overgrant.Standing{
			"read": overgrant.Granted, "list": overgrant.Granted, "find": overgrant.Granted,
			"write": overgrant.ProvenBySignature, "create": overgrant.ProvenBySignature, "add": overgrant.ProvenBySignature, "delete": overgrant.ProvenBySignature,
			"delete_version": overgrant.ProvenBySignature, "update": overgrant.Refused, "process": overgrant.NotTried,
		},
		Limits: []string{"over https only"},
		Services: []overgrant.Reached{
			{Service: "blob", Host: "contosomodels.blob.core.windows.net", State: overgrant.Alive, Listing: true},
			{Service: "file", Host: "contosomodels.file.core.windows.net", State: overgrant.Alive, Listing: true},
			{Service: "queue", Host: "contosomodels.queue.core.windows.net", State: overgrant.Dead, Cause: overgrant.CauseTargetGone},
			{Service: "table", Host: "contosomodels.table.core.windows.net", State: overgrant.Inconclusive, Cause: overgrant.CauseThrottled},
			{Service: "blob-secondary", Host: "contosomodels-secondary.blob.core.windows.net", State: overgrant.Alive, Listing: true},
		},
		Key: "key1", KeyLayout: "2020-12-06", SKU: "Standard_RAGRS", AccountKind: "StorageV2", Hierarchy: is(false), Public: "container",
		Recovery: &overgrant.Recovery{SoftDelete: is(true), RetentionDays: 7, ContainerSoftDelete: is(false), Versioning: is(false), ReadsLogged: is(false), WritesLogged: is(false), AnyOrigin: is(true), LinkSwitchesOff: true},
		Answers: []overgrant.Answer{
			{Asked: "list the containers", Method: "GET", Host: "contosomodels.blob.core.windows.net", Target: "/?comp=list&maxresults=1&sig=…", Status: 200, Shows: "the signature holds: read and list are granted"},
			{Asked: "read the properties of the service", Method: "GET", Host: "contosomodels.blob.core.windows.net", Target: "/?restype=service&comp=properties&sig=…", Status: 200, Shows: "soft delete keeps what is deleted for 7 days; versions are not kept"},
			{Asked: "list the queues", Method: "GET", Host: "contosomodels.queue.core.windows.net", Target: "/?comp=list&sig=…", Status: 403, Code: "AuthorizationResourceTypeMismatch", Shows: "the link does not reach queues"},
			{Asked: "list the tables", Method: "GET", Host: "contosomodels.table.core.windows.net", Target: "/Tables?$top=1&sig=…", Status: 503, Code: "ServerBusy", Shows: "nothing"},
			{Asked: "read a name that does not exist", Method: "HEAD", Host: "contosomodels.blob.core.windows.net", Target: "/public-models/" + Hostile, Shows: "nothing: there was no answer"},
		},
	}
	for i := range 22 {
		p.Answers = append(p.Answers, overgrant.Answer{Asked: "probe an action at a name that does not exist", Method: "HEAD", Host: "contosomodels.blob.core.windows.net", Target: fmt.Sprintf("/probe-%02d/none?sig=…", i), Status: 404, Code: "ContainerNotFound", Shows: "granted: the service looked for it"})
	}
	return p
}

func deadProof(now time.Time) overgrant.Proof {
	return overgrant.Proof{
		State: overgrant.Dead, Cause: overgrant.CauseKeyRotated, CheckedAt: now,
		Why:         "The signature does not match any key of the account: the key was replaced, or the link was altered.",
		Permissions: map[string]overgrant.Standing{"read": overgrant.Refused, "list": overgrant.Refused},
		Services:    []overgrant.Reached{{Service: "blob", Host: "contosobuild.blob.core.windows.net", State: overgrant.Dead, Cause: overgrant.CauseKeyRotated}},
		Answers:     []overgrant.Answer{{Asked: "list the containers", Method: "GET", Host: "contosobuild.blob.core.windows.net", Target: "/?comp=list&maxresults=1&sig=…", Status: 403, Code: "AuthenticationFailed", Shows: "the signature does not hold"}},
	}
}

func unclearProof(now time.Time) overgrant.Proof {
	return overgrant.Proof{
		State: overgrant.Inconclusive, Cause: overgrant.CauseFirewall, CheckedAt: now,
		Why:     "The account refuses requests from here, as its firewall does, so whether the link works cannot be told; it may well work from elsewhere.",
		Revives: "If the account's firewall lets the caller in, the link may work.",
		Answers: []overgrant.Answer{{Asked: "list the blobs of the container", Method: "GET", Host: "contosoweb.blob.core.windows.net", Target: "/uploads?restype=container&comp=list&sig=…", Status: 403, Code: "AuthorizationFailure", Shows: "the account does not let us in from here"}},
	}
}
