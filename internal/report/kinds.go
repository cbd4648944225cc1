package report

import (
	"strings"

	"github.com/overgrant/overgrant"
)

// naming is what people call a kind of link.
type naming struct {
	title string // in a headline
	noun  string // in "whoever has this ..."
	about string // what it is, for someone who never met one
}

var namings = map[string]naming{
	"account_sas":         {"Azure account SAS", "link", "A shared access signature for a whole Azure storage account. It is signed with one of the two account keys; the service keeps no list of such links, so only changing that key makes one stop."},
	"service_sas":         {"Azure service SAS", "link", "A shared access signature for one container, file, share, queue or table of an Azure storage account. It is signed with an account key, and only changing that key makes it stop before its time."},
	"policy_sas":          {"Azure SAS with a stored policy", "link", "A shared access signature that leans on a stored access policy. Rights and expiry may stand in the policy and not in the link; deleting the policy makes the link stop."},
	"user_delegation_sas": {"Azure user delegation SAS", "link", "A shared access signature that was signed with a key lent to a user. It lives seven days at most and can do no more than that user may."},
	"account_key":         {"Azure account key", "key", "One of the two keys of an Azure storage account. It is the account's master password: it allows everything, everywhere in the account, and signs links for others."},
	"connection_string":   {"Azure connection string", "connection string", "A line that programs use to reach an Azure storage account. It holds an account key or a shared access signature."},
	"s3_presigned_v2":     {"S3 presigned URL (V2)", "link", "A link to one object of an S3 bucket, signed with an access key in the old way. It can do what that access key may do, until it expires."},
	"s3_presigned_v4":     {"S3 presigned URL", "link", "A link to one object of an S3 bucket, signed with an access key. It can do what that access key may do, until it expires."},
	"gcs_v2":              {"Google Cloud Storage signed URL (V2)", "link", "A link to one object of a Google Cloud Storage bucket, signed in the old way with the key of a service account."},
	"gcs_v4":              {"Google Cloud Storage signed URL", "link", "A link to one object of a Google Cloud Storage bucket, signed with the key of a service account."},
	"servicebus_sas":      {"Azure messaging SAS", "token", "A token for Service Bus, Event Hubs or IoT Hub, signed with the key of a policy or of a device."},
	"disk_export_sas":     {"Azure disk export link", "link", "A link to the whole image of a managed disk or snapshot, made to export it."},
	"logic_app_sas":       {"Logic Apps callback link", "link", "The address that starts a Logic Apps or Power Automate workflow. It usually has no expiry."},
	"oss_presigned":       {"Alibaba OSS signed URL", "link", "A link to one object of an Alibaba Cloud OSS bucket, signed with an access key."},
	"cos_presigned":       {"Tencent COS signed URL", "link", "A link to an object of a Tencent Cloud COS bucket, signed with a secret key."},
	"b2_authorization":    {"Backblaze B2 download authorisation", "token", "A token that lets its bearer download from a Backblaze B2 bucket."},
	"cloudfront_signed":   {"CloudFront signed URL", "link", "A link to content behind Amazon CloudFront, signed with the private key of a key pair."},
	"firebase_token":      {"Firebase download link", "link", "A download link of Firebase Storage. Its token has no expiry and passes over the bucket's rules."},
	"folder":              {"Folder", "folder", "Files of this machine. No link leads to them."},
	"inventory":           {"Inventory", "list", "A list of objects that the service or its owner made. Only names, sizes and times were looked at."},
	"anonymous":           {"public link", "address", "A container or bucket that anyone may read without a credential."},
}

// nameOf returns how people call the link. A kind that is not listed goes by
// its own name.
func nameOf(g *overgrant.Grant) naming {
	n, ok := namings[g.Kind]
	switch {
	case !ok && g.Kind == "":
		return naming{"Link that was not read", "link", "The stream that this report was made from does not say what the link is."}
	case !ok:
		return naming{clean(strings.ReplaceAll(g.Kind, "_", " ")), "link", "A storage credential."}
	case g.Kind == "connection_string" && hubOf(g) != "":
		n.title = "Connection string of " + strings.TrimSpace(hubs[g.Services[0]])
		n.about = "A line that programs use to reach a messaging service, a hub or a database account. It holds a key."
	case g.Provider == "cloudflare":
		n.title = strings.Replace(n.title, "S3", "Cloudflare R2", 1)
	case g.Provider == "backblaze" && g.Kind != "b2_authorization":
		n.title = strings.Replace(n.title, "S3", "Backblaze B2", 1)
	}
	return n
}

// subject names whose link it is, in a headline: the account, or else the
// bucket, the host or what else is known.
func subject(g *overgrant.Grant) string {
	names := []string{g.Account, g.Container, g.Host, g.KeyName, g.SignerID}
	if standsAlone(g) {
		names = []string{g.Path}
	}
	for _, s := range names {
		if s != "" {
			return clean(shorten(s, 80))
		}
	}
	return "no account named"
}

// standsAlone reports whether a case stands for something that no link leads to:
// a folder that was measured, a list of objects.
func standsAlone(g *overgrant.Grant) bool { return g.Kind == "folder" || g.Kind == "inventory" }

// shorten cuts the middle out of s so that it has at most n runes.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	head := n * 2 / 3
	return string(r[:head]) + "…" + string(r[len(r)-(n-head-1):])
}

// routes says in words how a link is made to stop.
var routes = map[string]string{
	"rotate_account_key":         "change (rotate) the account key that signed it",
	"delete_stored_policy":       "delete, rename or expire the stored access policy",
	"revoke_delegation_keys":     "revoke the user delegation keys of the account",
	"end_disk_access":            "end the access to the disk (endGetAccess)",
	"regenerate_workflow_key":    "regenerate the access key of the workflow",
	"regenerate_policy_key":      "regenerate the key of the shared access policy",
	"regenerate_device_key":      "regenerate the key of the device",
	"rotate_database_key":        "change (rotate) the key of the database account",
	"disable_access_key":         "disable the access key that signed it",
	"revoke_sessions":            "revoke the sessions of the role that signed it",
	"revoke_api_token":           "revoke the API token that signed it",
	"delete_service_account_key": "delete the key of the service account that signed it",
	"deactivate_hmac_key":        "deactivate the HMAC key that signed it",
	"delete_application_key":     "delete the application key that made it",
	"remove_public_key":          "take the public key out of the distribution's key group",
	"delete_download_token":      "delete the download token of the object",
}

// keyRoutes are the routes of what holds a key itself: that key is the one to
// change.
var keyRoutes = map[string]string{
	"rotate_account_key":    "change (rotate) this account key",
	"regenerate_policy_key": "regenerate this key of the shared access policy",
	"regenerate_device_key": "regenerate this key of the device",
	"rotate_database_key":   "change (rotate) this key of the database account",
}

// holdsKey reports whether the link was not signed with a key but holds one.
func holdsKey(g *overgrant.Grant) bool {
	return g.Kind == "account_key" || g.Kind == "connection_string" && g.Can("everything")
}

// routeOf says in words how the link is made to stop; empty if it is not known.
func routeOf(g *overgrant.Grant) string {
	r := g.Revocation
	if r.Route == "none" {
		return "nothing has to be revoked"
	}
	if s := keyRoutes[r.Route]; s != "" && holdsKey(g) {
		return s
	}
	if s := routes[r.Route]; s != "" {
		return s
	}
	return clean(strings.ReplaceAll(r.Route, "_", " "))
}

// signerOf says what signed the link, as far as it tells.
func signerOf(g *overgrant.Grant) string {
	id := clean(shorten(g.SignerID, 120))
	with := func(s string) string {
		if id == "" {
			return s
		}
		return s + " " + id
	}
	switch g.Signer {
	case "":
		return ""
	case "account_key":
		if g.Kind == "account_key" {
			return "nobody: it is itself an account key"
		}
		if g.Kind == "connection_string" {
			return "nobody: it holds an account key itself"
		}
		return "an account key; which of the two, the link does not say"
	case "user_delegation_key":
		s := with("a user delegation key, lent to object")
		if id == "" {
			s = "a user delegation key"
		}
		if !g.KeyExpiry.IsZero() {
			s += ", good until " + day(g.KeyExpiry)
		}
		return s
	case "access_key":
		s := with("access key")
		if g.Temporary {
			s += ", temporary credentials of a role or session"
		}
		return s
	case "service_account":
		return with("service account")
	case "shared_access_policy":
		if holdsKey(g) {
			return "nobody: it holds the key of the policy " + clean(g.KeyName) + " itself"
		}
		return "the key of the policy " + clean(g.KeyName)
	case "application_key":
		return "an application key"
	case "download_token":
		return "nobody: the token is itself the secret"
	case "device_key":
		if holdsKey(g) {
			return "nobody: it holds the key of a device itself"
		}
		return with("the key of a device")
	case "private_key":
		return with("the private key of key pair")
	}
	return with(clean(strings.ReplaceAll(g.Signer, "_", " ")))
}
