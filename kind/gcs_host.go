package kind

import "strings"

// gcsHosts are the hosts of Google Cloud Storage in path style; before each a
// bucket may stand. Source: "Request endpoints" of its documentation.
var gcsHosts = []string{"storage.googleapis.com", "commondatastorage.googleapis.com", "storage.cloud.google.com", "storage-download.googleapis.com"}

// readGCSHost returns bucket and object of a. Behind a host that is not
// Google's the bucket is not known.
func readGCSHost(a address) (bucket, object string) {
	for _, h := range gcsHosts {
		if a.host == h {
			return firstSegment(a.path)
		}
		if b, ok := strings.CutSuffix(a.host, "."+h); ok {
			return b, a.path
		}
	}
	return "", a.path
}
