package azure_test

import (
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud/azure"
)

// The details are those of answers of the live service, with names and times
// replaced.
func TestMeaning(t *testing.T) {
	const (
		timeFrame = "Signature not valid in the specified time frame: Start [Fri, 22 May 2020 18:45:17 GMT] - Expiry [Tue, 30 Jun 2020 18:45:00 GMT] - Current [Tue, 30 Jun 2020 19:27:39 GMT]"
		inverted  = "Signed expiry time [Wed, 31 Aug 2022 00:00:00 GMT] has to be after signed start time [Thu, 20 Oct 2022 20:05:51 GMT]"
		mismatch  = "Signature did not match. String to sign used was rl\n\n2051-10-06T00:00:00Z\n/blob/acct/c"
		noPolicy  = "SAS identifier cannot be found for specified signed identifier"
		fields    = "Signature fields not well formed."
		wrongKey  = "The MAC signature found in the HTTP request '…' is not the same as any computed signature. Server used following string to sign: 'GET…'"
	)
	tests := []struct {
		name, service string
		status        int
		code, detail  string
		sense         string
		cause         overgrant.Cause
	}{
		{"done", "blob", 200, "", "", "passed", ""},
		{"part", "blob", 206, "", "", "passed", ""},
		{"expired", "blob", 403, "AuthenticationFailed", timeFrame, "turned", overgrant.CauseExpired},
		{"expired_without_start", "blob", 403, "AuthenticationFailed", inverted, "turned", overgrant.CauseExpired},
		{"rotated", "blob", 403, "AuthenticationFailed", mismatch, "turned", overgrant.CauseKeyRotated},
		{"wrong_key", "blob", 403, "AuthenticationFailed", wrongKey, "turned", overgrant.CauseKeyRotated},
		{"policy_gone", "blob", 403, "AuthenticationFailed", noPolicy, "turned", overgrant.CausePolicyGone},
		{"delegation_key_expired", "blob", 403, "AuthenticationFailed", "Signed key expiry [Mon, 01 Mar 2021 08:00:00 GMT] has to be after signed key start time [Tue, 20 Jun 2023 18:00:00 GMT]", "turned", overgrant.CauseExpired},
		{"lives_too_long", "blob", 403, "AuthenticationFailed", "Sas policy on the account does not permit the signature: its validity is longer than the expiration period.", "turned", overgrant.CauseForbidden},
		{"malformed", "blob", 403, "AuthenticationFailed", fields, "turned", overgrant.CauseMalformed},
		{"no_detail", "blob", 403, "AuthenticationFailed", "", "turned", overgrant.CauseUnclear},
		{"bad_header", "blob", 400, "InvalidAuthenticationInfo", "", "turned", overgrant.CauseMalformed},
		{"bad_parameter_of_link", "blob", 400, "InvalidQueryParameterValue", "sr", "turned", overgrant.CauseMalformed},
		{"bad_parameter_of_ours", "blob", 400, "InvalidQueryParameterValue", "comp", "silent", overgrant.CauseUnclear},
		{"missing_parameter_of_link", "blob", 400, "MissingRequiredQueryParameter", "se", "turned", overgrant.CauseMalformed},
		{"address", "blob", 403, "AuthorizationSourceIPMismatch", "", "limited", ""},
		{"protocol", "blob", 403, "AuthorizationProtocolMismatch", "", "limited", ""},
		{"service", "blob", 403, "AuthorizationServiceMismatch", "", "outside", ""},
		{"type", "blob", 403, "AuthorizationResourceTypeMismatch", "", "outside", ""},
		{"permission", "blob", 403, "AuthorizationPermissionMismatch", "", "lacking", ""},
		{"overwrite", "blob", 403, "UnauthorizedBlobOverwrite", "", "lacking", ""},
		{"firewall", "blob", 403, "AuthorizationFailure", "", "barred", overgrant.CauseFirewall},
		{"no_keys_allowed", "blob", 403, "KeyBasedAuthenticationNotPermitted", "", "turned", overgrant.CauseForbidden},
		{"disabled", "blob", 403, "AccountIsDisabled", "", "turned", overgrant.CauseAccountGone},
		{"blob_missing", "blob", 404, "BlobNotFound", "", "absent", ""},
		{"container_missing", "blob", 404, "ContainerNotFound", "", "absent", ""},
		{"resource_missing", "blob", 404, "ResourceNotFound", "", "silent", overgrant.CauseUnclear},
		{"file_missing", "file", 404, "ResourceNotFound", "", "absent", ""},
		{"entity_missing", "table", 404, "ResourceNotFound", "", "absent", ""},
		{"condition", "blob", 412, "ConditionNotMet", "", "passed", ""},
		{"condition_without_code", "blob", 412, "", "", "passed", ""},
		{"empty_blob", "blob", 416, "InvalidRange", "", "passed", ""},
		{"archived", "blob", 409, "BlobArchived", "", "passed", ""},
		{"old_version", "blob", 409, "FeatureVersionMismatch", "", "silent", overgrant.CauseUnclear},
		{"busy", "blob", 503, "ServerBusy", "", "silent", overgrant.CauseThrottled},
		{"too_many", "blob", 429, "", "", "silent", overgrant.CauseThrottled},
		{"slow", "blob", 500, "OperationTimedOut", "", "silent", overgrant.CauseThrottled},
		{"failed", "blob", 500, "InternalError", "", "silent", overgrant.CauseUnclear},
		{"unheard_of", "blob", 403, "SomethingNew", "", "silent", overgrant.CauseUnclear},
		{"not_found_without_code", "blob", 404, "", "", "silent", overgrant.CauseUnclear},
		{"elsewhere", "blob", 307, "", "", "silent", overgrant.CauseUnclear},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sense, cause, shows := azure.Read(tt.service, tt.status, tt.code, tt.detail)
			if sense != tt.sense || cause != tt.cause || shows == "" {
				t.Errorf("Read(%d, %s, %q) = %s, %q, %q; want %s, %q", tt.status, tt.code, tt.detail, sense, cause, shows, tt.sense, tt.cause)
			}
		})
	}
}

func TestMeaningWithoutCredential(t *testing.T) {
	tests := []struct {
		name   string
		status int
		code   string
		sense  string
	}{
		{"public", 200, "", "passed"},
		{"public_blob_missing", 404, "BlobNotFound", "absent"},
		{"private", 404, "ResourceNotFound", "nobody"},
		{"forbidden", 409, "PublicAccessNotPermitted", "nobody"},
		{"asked_to_log_in", 401, "NoAuthenticationInformation", "nobody"},
		{"emulator", 403, "AuthorizationFailure", "nobody"},
		{"container_missing", 404, "ContainerNotFound", "nobody"},
		{"busy", 503, "ServerBusy", "silent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if sense, shows := azure.ReadPlain("blob", tt.status, tt.code); sense != tt.sense || shows == "" {
				t.Errorf("ReadPlain(%d, %s) = %s, %q; want %s", tt.status, tt.code, sense, shows, tt.sense)
			}
		})
	}
}

// TestCodesAreTold holds that no code is in the table without a word on it.
func TestCodesAreTold(t *testing.T) {
	for _, c := range azure.Codes() {
		if sense, _, shows := azure.Read("blob", 0, c, ""); sense == "" || shows == "" {
			t.Errorf("code %s: sense %q, words %q", c, sense, shows)
		}
	}
}
