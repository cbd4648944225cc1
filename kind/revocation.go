package kind

import "github.com/overgrant/overgrant"

// The narrowest route by which each kind of link can be made to stop working,
// and what else stops working then. Sources: "Grant limited access with shared
// access signatures" (Azure Storage), "Define a stored access policy", the
// services' own documentation of signed URLs.
var (
	rotateAccountKey = overgrant.Revocation{Route: "rotate_account_key",
		Collateral: "every link and client that uses the same account key"}
	deletePolicy = overgrant.Revocation{Route: "delete_stored_policy",
		Collateral: "every link on the same stored access policy; takes up to 30 seconds, and the link revives if a policy of that name is made again"}
	revokeDelegation = overgrant.Revocation{Route: "revoke_delegation_keys",
		Collateral: "every user delegation SAS of the account; removing the signer's role assignment ends only the signer's"}
	endDiskAccess = overgrant.Revocation{Route: "end_disk_access",
		Collateral: "every export link of the same disk or snapshot"}
	regenerateWorkflowKey = overgrant.Revocation{Route: "regenerate_workflow_key",
		Collateral: "every callback URL of the same workflow that was signed with the same key"}
	regeneratePolicyKey = overgrant.Revocation{Route: "regenerate_policy_key",
		Collateral: "every token and client that uses the same shared access policy key"}
	regenerateDeviceKey = overgrant.Revocation{Route: "regenerate_device_key",
		Collateral: "the device or module itself, until it has the new key"}
	rotateDatabaseKey = overgrant.Revocation{Route: "rotate_database_key",
		Collateral: "every client that uses the same key of the database account"}
	disableAccessKey = overgrant.Revocation{Route: "disable_access_key",
		Collateral: "every link and client that uses the same access key; a bucket policy on the age of signatures is narrower"}
	endSession = overgrant.Revocation{Route: "revoke_sessions",
		Collateral: "every session of the role that was opened before; a bucket policy on the age of signatures is narrower"}
	revokeAPIToken = overgrant.Revocation{Route: "revoke_api_token",
		Collateral: "every link and client that uses the same API token"}
	deleteServiceAccountKey = overgrant.Revocation{Route: "delete_service_account_key",
		Collateral: "every link and client that uses the same key of the service account; links signed by signBlob last until Google rotates its own key"}
	deactivateHMACKey = overgrant.Revocation{Route: "deactivate_hmac_key",
		Collateral: "every link and client that uses the same HMAC key"}
	deleteApplicationKey = overgrant.Revocation{Route: "delete_application_key",
		Collateral: "every authorisation and client that uses the same application key"}
	removePublicKey = overgrant.Revocation{Route: "remove_public_key",
		Collateral: "every signed URL and cookie made with the same key pair"}
	deleteDownloadToken = overgrant.Revocation{Route: "delete_download_token",
		Collateral: "every place that uses this download URL of the object"}
	nothingToRevoke = overgrant.Revocation{Route: "none", Collateral: "the emulator's key is public"}
)
