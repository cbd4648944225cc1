package classify

import "github.com/overgrant/overgrant"

var cloudCredential = Class{
	Name:     "cloud_credential",
	Title:    "cloud credentials",
	Doc:      "Files that hold a way into a cloud account or a cluster: AWS credentials, Azure token caches and publish settings, Google service accounts, kube configs, Terraform state. Content confirms them.",
	Severity: overgrant.Critical,
	Unit:     "credentials",
	Names: []Shape{{
		Look: Text,
		Globs: []string{
			".aws/credentials", ".aws/config", ".aws/sso/cache/*.json", ".aws/cli/cache/*.json", "*accessKeys.csv", "*_accessKeys.csv", "rootkey.csv", "*_credentials.csv", ".boto", ".s3cfg", ".passwd-s3fs", "rclone.conf", ".mc/config.json",
			".azure/accessTokens.json", ".azure/azureProfile.json", ".azure/service_principal_entries.json", ".azure/msal_token_cache.json", ".azure/msal_http_cache.bin", ".azure/AzureRmContext.json", ".azure/TokenCache.dat", "AzureRmContext*.json", "*.publishsettings", "*.PublishSettings", "*.cscfg", "local.settings.json", "azureauth.json", "azure_credentials.json",
			"gcloud/application_default_credentials.json", "gcloud/legacy_credentials/**", "application_default_credentials.json", "*service-account*.json", "*service_account*.json", "*serviceaccount*.json", "gcp-key*.json", "gcs-key*.json", "google-credentials*.json", "client_secret*.json",
			".kube/config", ".kube/config*", "kubeconfig", "*.kubeconfig", "kubeconfig*.yaml", "kubeconfig*.yml", "etc/kubernetes/*.conf", "admin.conf",
			"terraform.tfstate", "*.tfstate", "*.tfstate.backup", "*.tfvars", "terraform.tfvars.json", ".terraform.d/credentials.tfrc.json", ".terraformrc", "terraform.rc", ".pulumi/credentials.json",
			".oci/config", ".bluemix/config.json", ".aliyun/config.json", "doctl/config.yaml", ".config/hub", "openrc.sh", "*-openrc.sh", "clouds.yaml", ".linode-cli", ".fly/config.yml", ".vault-token", ".databrickscfg", ".snowsql/config", ".dbt/profiles.yml", "cloudflared/*.json", "ServiceAccount*.json",
		},
	}, {
		Look:  Structure,
		Globs: []string{".azure/msal_token_cache.bin", ".azure/service_principal_entries.bin", ".IdentityService/msal.cache*", ".IdentityService/*.cache", "gcloud/credentials.db", "gcloud/access_tokens.db", "Microsoft/TokenBroker/Cache/*", "*.tbres"},
	}},
}
