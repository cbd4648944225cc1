package judge

import (
	"slices"
	"strings"
)

// storageKey reports whether the secret is the key of a storage account, alone
// or in a connection string.
func (v View) storageKey() bool {
	return v.Kind == "account_key" || v.Kind == "connection_string" && !v.messagingKey()
}

// messagingKey reports whether the secret is a key of Service Bus, Event Hubs,
// IoT Hub or the like. A signed token of these is none.
func (v View) messagingKey() bool {
	return v.Kind == "connection_string" &&
		(v.KeyName != "" || v.Signer == "shared_access_policy" || v.Signer == "device_key")
}

// key reports whether the secret is a key, which can sign links, and no link.
func (v View) key() bool { return v.storageKey() || v.messagingKey() }

// sas reports whether this is a shared access signature of Azure Storage.
func (v View) sas() bool {
	switch v.Kind {
	case "account_sas", "service_sas", "policy_sas", "user_delegation_sas", "disk_export_sas":
		return true
	}
	return false
}

// account reports whether the grant covers a whole storage account.
func (v View) account() bool {
	return v.Kind == "account_sas" || v.storageKey() || v.sas() && (v.Scope == "account" || v.Scope == "service")
}

// sasScope returns the scope of a shared access signature that is bound to one
// resource, and "" for everything else. What sr says decides over Scope.
func (v View) sasScope() string {
	if !v.sas() || v.account() {
		return ""
	}
	switch v.Resource {
	case "c":
		return "container"
	case "d":
		return "directory"
	case "s":
		return "share"
	case "b", "bv", "bs", "f":
		return "object"
	}
	switch v.Scope {
	case "version", "snapshot", "file":
		return "object"
	}
	return v.Scope
}

// reaches reports whether an account SAS covers the resource type: s service, c
// container, o object. A grant that names no types is taken to cover all.
func (v View) reaches(resourceType string) bool {
	return v.ResourceTypes == "" || strings.Contains(v.ResourceTypes, resourceType)
}

// serves reports whether the grant covers the service. A grant that names none
// may cover any.
func (v View) serves(service string) bool {
	return len(v.Services) == 0 || slices.Contains(v.Services, service)
}

// pointsAt returns the one object that the link was written for, though it may
// open more: "" if it names none.
func (v View) pointsAt() string {
	p := strings.Trim(v.Path, "/")
	if p == "" || strings.HasSuffix(v.Path, "/") {
		return ""
	}
	if v.sasScope() == "directory" && (v.Depth == nil || strings.Count(p, "/")+1 <= *v.Depth) {
		return ""
	}
	return p
}

// extra reports whether the grant carries one of the parameters.
func (v View) extra(names ...string) bool {
	for _, p := range v.Extra {
		if slices.Contains(names, p.Name) && p.Value != "" {
			return true
		}
	}
	return false
}
