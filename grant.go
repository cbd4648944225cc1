package overgrant

import "time"

// Link is a credential that was found.
type Link struct {
	ID       string `json:"id"`   // SHA-256 of the decoded signature or key, hex
	Redacted string `json:"text"` // the link with every secret value elided
	Secret   Secret `json:"-"`    // the whole link; never written
	Grant    Grant  `json:"grant"`
}

// Shape tells what a link is before any clock is asked.
type Shape string

// The shapes of a link.
const (
	Whole            Shape = ""                  // could be real
	PublishedExample Shape = "published_example" // a constant that a vendor publishes
	Emulator         Shape = "emulator"          // the storage emulator's published key
	Placeholder      Shape = "placeholder"       // a stand-in where the secret goes
	Malformed        Shape = "malformed"         // damaged: no service takes it
)

// Status is a link's standing at one moment, as far as can be told offline.
type Status string

// The statuses of a link. Those that come from the shape have its name.
const (
	LiveShape   Status = "live_shape"
	NotYetValid Status = "not_yet_valid"
	Expired     Status = "expired"
)

// Quiet reports whether cases of this status are counted but not printed by
// default.
func (s Status) Quiet() bool {
	return s != LiveShape && s != NotYetValid && s != Expired
}

// Grant is what a link claims, read offline. Fields that the link does not say
// are zero. What was not understood is in Unknown.
type Grant struct {
	Kind     string   `json:"kind"`     // account_sas, s3_presigned_v4, ...
	Provider string   `json:"provider"` // azure, aws, gcp, alibaba, tencent, cloudflare, backblaze, firebase, s3_compatible
	Shape    Shape    `json:"shape,omitempty"`
	ShapeWhy string   `json:"shape_why,omitempty"` // the rule that told a shape other than whole, in words
	Account  string   `json:"account,omitempty"`   // storage account, Service Bus namespace; empty for buckets
	Host     string   `json:"host,omitempty"`
	Joined   []string `json:"joined,omitempty"` // fields taken from text near the link, not from it: account, host, container, path, table
	Services []string `json:"services,omitempty"`

	Scope         string `json:"scope,omitempty"`     // account, service, container, directory, object, version, snapshot, share, file, queue, table, prefix, disk, workflow, entity
	Container     string `json:"container,omitempty"` // container, share, queue, bucket
	Path          string `json:"path,omitempty"`      // blob, file, object key; decoded
	Table         string `json:"table,omitempty"`
	KeyRange      string `json:"key_range,omitempty"` // "pk/rk to pk/rk" of a table
	ResourceTypes string `json:"resource_types,omitempty"`
	Resource      string `json:"resource,omitempty"`
	Depth         *int   `json:"directory_depth,omitempty"`
	Version       string `json:"version,omitempty"`
	Snapshot      string `json:"snapshot,omitempty"`
	Method        string `json:"method,omitempty"` // HTTP method that was signed, if it can be told

	Permissions string   `json:"permissions,omitempty"` // as written
	Actions     []string `json:"actions,omitempty"`     // read, list, write, create, add, delete, delete_version, permanent_delete, tag, find, move, execute, own, permit, immutability, update, process, everything

	Start     time.Time `json:"start,omitzero"`
	StartRaw  string    `json:"start_raw,omitempty"`
	Expiry    time.Time `json:"expiry,omitzero"` // zero if there is none or a stored policy has it
	ExpiryRaw string    `json:"expiry_raw,omitempty"`
	ExpiresIn int64     `json:"expires_in,omitempty"` // seconds from Start, where the link gives the length
	Endless   bool      `json:"endless,omitempty"`    // it never expires by itself

	IP            string    `json:"ip,omitempty"`
	Protocols     []string  `json:"protocols,omitempty"` // those that the link allows by name
	PolicyID      string    `json:"policy_id,omitempty"`
	SignedVersion string    `json:"signed_version,omitempty"`
	Signer        string    `json:"signer,omitempty"`    // account_key, user_delegation_key, access_key, service_account, shared_access_policy, device_key, private_key, application_key, download_token
	SignerID      string    `json:"signer_id,omitempty"` // access key id, service account, key pair id, object id: names a key, opens nothing
	TenantID      string    `json:"tenant_id,omitempty"`
	KeyExpiry     time.Time `json:"key_expiry,omitzero"` // of a user delegation key
	KeyName       string    `json:"key_name,omitempty"`  // Service Bus policy
	Temporary     bool      `json:"temporary_credentials,omitempty"`

	Revocation Revocation `json:"revocation,omitzero"`
	Extra      []Param    `json:"extra,omitempty"`   // understood, without a field of its own
	Unknown    []Param    `json:"unknown,omitempty"` // not understood; never a reason to drop a link
}

// Param is one parameter of a link as it was written, decoded. Values that may
// be secret are not kept.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Revocation is the narrowest way to make a link stop working.
type Revocation struct {
	Route      string `json:"route"`      // rotate_account_key, delete_stored_policy, revoke_delegation_keys, ...
	Collateral string `json:"collateral"` // what else stops working
}

// IsZero reports whether nothing is known.
func (r Revocation) IsZero() bool { return r == Revocation{} }

// End returns the moment at which the link stops working, the zero time if it
// does not say: its expiry, or that of the delegation key that signed it if that
// comes first.
func (g *Grant) End() time.Time {
	if g.Expiry.IsZero() || !g.KeyExpiry.IsZero() && g.KeyExpiry.Before(g.Expiry) {
		return g.KeyExpiry
	}
	return g.Expiry
}

// Status returns the link's standing at now.
func (g *Grant) Status(now time.Time) Status {
	end := g.End()
	switch {
	case g.Shape != Whole:
		return Status(g.Shape)
	case !end.IsZero() && !end.After(now):
		return Expired
	case g.Start.After(now):
		return NotYetValid
	}
	return LiveShape
}

// Can reports whether the grant allows any of the actions.
func (g *Grant) Can(actions ...string) bool {
	for _, have := range g.Actions {
		for _, a := range actions {
			if have == a || have == "everything" {
				return true
			}
		}
	}
	return false
}
