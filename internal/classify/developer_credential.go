package classify

import "github.com/overgrant/overgrant"

var developerCredential = Class{
	Name:     "developer_credential",
	Title:    "developer credentials",
	Doc:      "Files in which developers and their tools keep tokens and passwords: .env, .netrc, .npmrc, .pypirc, .git-credentials, .pgpass, Docker and Jupyter settings, tokens of Hugging Face, Weights & Biases and Kaggle. Content confirms them.",
	Severity: overgrant.High,
	Unit:     "credentials",
	Names: []Shape{{
		Look: Text,
		Globs: []string{
			".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".npmrc", ".yarnrc.yml", ".pypirc", "pip.conf", ".gem/credentials", ".cargo/credentials", ".cargo/credentials.toml", ".m2/settings.xml", "settings-security.xml", "gradle.properties", ".nuget/NuGet/*", ".composer/auth.json",
			".git-credentials", ".config/git/credentials", ".git/config", "gh/hosts.yml", ".config/gh/hosts.yml", "glab-cli/config.yml", ".gitlab-runner/config.toml",
			".docker/config.json", ".dockercfg", ".dockerconfigjson", "containers/auth.json",
			".env", ".env.*", "*.env", "env.sh", ".envrc", ".secrets", ".secrets.*", "secrets.yml", "secrets.yaml", "secrets.json", "secrets.toml", "secrets.env", "secret.json", "secret.yaml", "credentials.json", "credentials.yml", "config/master.key", "config/database.yml", "wp-config.php", "LocalSettings.php", "settings.local.py", "connectionStrings.config", "user-secrets/*.json",
			".huggingface/token", "huggingface/token", "huggingface/stored_tokens", "wandb/settings", ".kaggle/kaggle.json", "kaggle.json", ".openai/*", ".config/openai/*", ".streamlit/secrets.toml", ".comet.config", ".clearml.conf", "clearml.conf", ".jupyter/jupyter_*config.json", ".jupyter/jupyter_*config.py", "jupyter_cookie_secret", "notebook_cookie_secret", ".azureml/config.json",
			"filezilla/sitemanager.xml", "sitemanager.xml", "recentservers.xml", "WinSCP.ini", "*.rdp", "*.rdg", "confCons.xml", "*.remmina", "sftp-config.json", ".ftpconfig", "ftpconfig.json", ".vscode/sftp.json", "SuperPuTTY/Sessions.xml", "*.moba", "MobaXterm.ini", "dbeaver/**/credentials-config.json", "dataSources.local.xml", "robomongo.json", ".dbshell", "sqldeveloper/**/connections.xml",
			"jenkins/credentials.xml", "secrets/master.key", "hudson.util.Secret", ".circleci/cli.yml", ".s3curl", ".ssh/config", ".slackrc", ".irssi/config", "kubernetes/*secret*.yaml", "*-secret.yaml", "*-secrets.yaml", "ansible_vault*", "vault_pass*", ".vault_pass*",
		},
	}},
}
