package judge

import (
	"github.com/overgrant/overgrant"
)

var poisonsDownloads = Rule{
	Code:     "poisons-downloads",
	Doc:      "The link overwrites or adds what others run or open in a browser: installers, packages, scripts, web pages.",
	Fix:      "Revoke the link, compare what is published with what was built, sign packages, and let only the build publish.",
	Severity: overgrant.High,
	Why: func(v View) string {
		if v.key() || !v.plants() || !holdsDownloads(v.Container, v.Path) {
			return ""
		}
		return "Anyone with the link can put a changed installer, package, script or page in place of " +
			v.bait("files") + v.till() + "; it will run at everyone who uses it."
	},
}

// runEndings are endings of files that others run, install or open in a browser.
var runEndings = []string{
	".exe", ".msi", ".msix", ".appx", ".appxbundle", ".dmg", ".pkg", ".deb", ".rpm", ".apk", ".aab", ".ipa", ".jar", ".war",
	".whl", ".nupkg", ".gem", ".crate", ".vsix", ".crx", ".sh", ".ps1", ".psm1", ".bat", ".cmd", ".vbs", ".js", ".mjs",
	".wasm", ".html", ".htm", ".py", ".rb", ".dll", ".so", ".dylib", ".sys", ".iso", ".tgz", ".appimage", ".snap", ".run",
}

// runWords in the name of a container or folder say that such files are there.
// The container $web is the static website of an account.
var runWords = []string{
	"web", "installers", "installer", "packages", "releases", "release", "downloads", "scripts", "dist", "cdn",
	"drivers", "firmware", "updates", "plugins", "extensions",
}

func holdsDownloads(container, path string) bool {
	return endsIn(path, runEndings) || hasWord(container, runWords)
}
