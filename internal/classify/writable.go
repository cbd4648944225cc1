package classify

import "sync"

// Writable says what the bearer of a link that writes could replace at this
// name: a model, script, installer, package or web page. It is empty for what
// nobody runs. It allocates nothing for names of up to 1,024 bytes. Many
// goroutines may call it at once.
func Writable(name []byte) string {
	m := replacing()
	if len(name) == 0 {
		return ""
	}
	if separated(name) {
		var room [longName]byte
		name = slashed(room[:0], name)
	}
	last, ending := lastAndEnding(name)
	if rank := m.match(name, last, ending, -1); rank != none {
		return writables[rank].name
	}
	return ""
}

var replacing = sync.OnceValue(func() *matcher {
	m := &matcher{}
	for rank, w := range writables {
		for _, g := range w.globs {
			m.add(g, rank, 0)
		}
	}
	m.done()
	return m
})

// writables are the sorts of what is run, opened or loaded by others. The first
// that fits is told.
var writables = []struct {
	name  string
	globs []string
}{
	{"web page", []string{
		"*.html", "*.htm", "*.xhtml", "*.mhtml", "*.shtml", "*.php", "*.asp", "*.aspx", "*.jsp", "*.svg", "*.hta",
		"$web/**/*.js", "$web/**/*.mjs", "$web/**/*.css",
		"www/**/*.js", "wwwroot/**/*.js", "public_html/**/*.js",
		"static/**/*.js", "assets/*.js", "dist/*.js", "cdn/**/*.js", "*.min.js", "*.chunk.js", "*.bundle.js",
	}},
	{"model", []string{
		"*.ckpt", "*.pt", "*.pth", "*.bin", "*.safetensors", "*.onnx", "*.gguf", "*.ggml", "*.h5", "*.hdf5", "*.keras", "*.pkl", "*.pickle", "*.joblib", "*.dill", "*.cloudpickle",
		"saved_model.pb", "frozen_*.pb", "*.tflite", "*.mlmodel", "*.pdparams", "*.pdmodel", "*.pdiparams", "*.caffemodel", "*.nemo", "*.mar", "*.ptl", "*.pte", "*.torchscript", "*.llamafile", "*.trt", "*.dlc", "*.ubj", "*.cbm",
	}},
	{"package", []string{
		"*.whl", "*.egg", "*.tar.gz", "*.tgz", "*.tar.bz2", "*.tar.xz", "*.tar.zst", "*.nupkg", "*.snupkg", "*.jar", "*.war", "*.ear", "*.aar", "*.gem", "*.crate", "*.conda", "*.vsix", "*.xpi", "*.crx",
		"*.dll", "*.so", "*.dylib", "*.pyd", "*.node", "*.wasm", "*.class", "*.pyc", "*.ko", "*.efi", "*.oci", "*.docm", "*.xlsm", "*.pptm", "*.xlam",
	}},
	{"installer", []string{
		"*.exe", "*.msi", "*.msix", "*.msixbundle", "*.appx", "*.appxbundle", "*.appinstaller", "*.dmg", "*.pkg", "*.mpkg", "*.deb", "*.rpm", "*.apk", "*.aab", "*.ipa", "*.xapk", "*.snap", "*.flatpak", "*.flatpakref", "*.appimage",
		"*.run", "*.com", "*.scr", "*.cpl", "*.cab", "*.iso", "*.lnk",
	}},
	{"script", []string{
		"*.sh", "*.bash", "*.zsh", "*.fish", "*.ksh", "*.csh", "*.ps1", "*.psm1", "*.psd1", "*.bat", "*.cmd", "*.vbs", "*.vbe", "*.wsf", "*.jse", "*.py", "*.pyw", "*.ipynb", "*.js", "*.mjs", "*.cjs", "*.ts", "*.rb", "*.pl", "*.pm", "*.lua", "*.r", "*.jl", "*.groovy", "*.gradle", "*.tcl", "*.awk", "*.applescript", "*.scpt", "*.command", "*.reg", "*.inf",
		"*.tf", "*.bicep", "*.sql", "Dockerfile", "Containerfile", "Makefile", "Jenkinsfile", "Vagrantfile", "Rakefile", "docker-compose*.yml", "docker-compose*.yaml", ".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", "azure-pipelines*.yml", "setup.cfg", "requirements*.txt", "package.json", "cloud-init*.yaml", "*.service", "*.plist",
	}},
}
