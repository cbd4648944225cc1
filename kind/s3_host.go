package kind

import "strings"

// bucketHost is what the address of an S3 request tells.
type bucketHost struct {
	provider string
	bucket   string
	key      string
}

// s3Providers are services that speak the protocol of S3, by the end of their
// hosts.
var s3Providers = []struct{ suffix, provider string }{
	{".amazonaws.com", "aws"}, {".amazonaws.com.cn", "aws"},
	{".r2.cloudflarestorage.com", "cloudflare"}, {".backblazeb2.com", "backblaze"},
	{"storage.googleapis.com", "gcp"}, {".aliyuncs.com", "alibaba"}, {".myqcloud.com", "tencent"},
}

// readS3Host reads bucket and key from a, virtual-hosted or path style. A host
// that is not known is taken to be path style, as MinIO and Garage are.
//
// Source: "Virtual hosting of buckets", "Amazon S3 endpoints" in the Amazon S3
// user guide.
func readS3Host(a address) bucketHost {
	h := bucketHost{provider: "s3_compatible"}
	for _, p := range s3Providers {
		if strings.HasSuffix("."+a.host, "."+strings.TrimPrefix(p.suffix, ".")) {
			h.provider = p.provider
			break
		}
	}
	switch h.provider {
	case "cloudflare":
		h.bucket = r2Bucket(a.host)
	case "gcp":
		h.bucket = strings.TrimSuffix(strings.TrimSuffix(a.host, "storage.googleapis.com"), ".")
	default:
		h.bucket = bucketLabel(a.host, h.provider)
	}
	if h.key = a.path; h.bucket == "" {
		h.bucket, h.key = firstSegment(a.path)
	}
	return h
}

// r2Bucket reads [bucket.]account[.jurisdiction].r2.cloudflarestorage.com.
func r2Bucket(host string) string {
	labels := strings.Split(strings.TrimSuffix(host, ".r2.cloudflarestorage.com"), ".")
	for i := len(labels) - 1; i >= 0; i-- {
		if len(labels[i]) == 32 {
			return strings.Join(labels[:i], ".")
		}
	}
	return ""
}

// bucketLabel returns what stands before the label of the service, empty in
// path style: bucket.with.dots.s3.eu-west-1, bucket.s3-accelerate,
// point-123.s3-accesspoint. Regional forms with a hyphen are Amazon's alone.
func bucketLabel(host, provider string) string {
	amazon := provider == "aws"
	labels := strings.Split(host, ".")
	for i := len(labels) - 1; i >= 0; i-- {
		l := labels[i]
		if l == "s3" || amazon && (strings.HasPrefix(l, "s3-") || strings.HasPrefix(l, "s3express-")) {
			bucket := strings.Join(labels[:i], ".")
			// bucket.vpce-1a2b.s3.region.vpce.amazonaws.com
			if j := strings.Index(bucket, "vpce-"); j >= 0 {
				bucket = strings.Trim(bucket[:j], ".")
			}
			// alias.mrap.accesspoint.s3-global.amazonaws.com
			return strings.TrimSuffix(strings.TrimSuffix(bucket, ".accesspoint"), ".mrap")
		}
	}
	for _, suffix := range []string{".digitaloceanspaces.com", ".linodeobjects.com", ".vultrobjects.com"} {
		if head, ok := strings.CutSuffix(host, suffix); ok {
			bucket, _, virtual := strings.Cut(head, ".")
			if virtual {
				return bucket
			}
		}
	}
	return ""
}
