package kind

import "strings"

// known holds the names of all parameters that a link may have, in lower case.
// Names of a few letters are here on purpose: they are looked up only beside a
// signature.
var known = func() map[string]bool {
	all := map[string]bool{}
	for _, family := range []string{azureNames, amazonNames, googleNames, aliNames, tencentNames, otherNames} {
		for _, n := range strings.Fields(family) {
			all[n] = true
		}
	}
	return all
}()

// azureNames are the parameters of shared access signatures. Sources: "Create
// an account SAS", "Create a service SAS", "Create a user delegation SAS" in the
// Azure Storage REST reference; sas/query_params.go of the Azure SDK for Go.
const azureNames = `sv ss srt sp st se sip spr si sr sdd tn spk srk epk erk ses
	skoid sktid skt ske sks skv saoid suoid scid sduoid skdutid srh srq
	rscc rscd rsce rscl rsct snapshot versionid sig sk skn api-version restype comp`

// amazonNames are the parameters of presigned URLs of S3 and its likes. Source:
// "Authenticating Requests: Using Query Parameters" (V4) and "Signing and
// authenticating REST requests" (V2) in the Amazon S3 API reference.
const amazonNames = `x-amz-algorithm x-amz-credential x-amz-date x-amz-expires x-amz-signedheaders
	x-amz-signature x-amz-security-token x-amz-content-sha256 x-amz-region-set x-amz-checksum-mode
	x-amz-user-agent x-amz-acl x-amz-s3session-token x-id awsaccesskeyid signature expires
	response-content-type response-content-disposition response-cache-control response-content-encoding
	response-content-language response-expires versionid uploadid partnumber`

// googleNames are the parameters of signed URLs of Google Cloud Storage. Source:
// "V4 signing process" and "V2 signing process" of its documentation.
const googleNames = `x-goog-algorithm x-goog-credential x-goog-date x-goog-expires x-goog-signedheaders
	x-goog-signature x-goog-content-sha256 x-goog-hash googleaccessid generation userproject`

// aliNames are the parameters of Object Storage Service. Source: "Add
// signatures to URLs" and "V4 signature" of the Alibaba Cloud documentation.
const aliNames = `ossaccesskeyid security-token x-oss-signature-version x-oss-credential x-oss-date
	x-oss-expires x-oss-signature x-oss-additional-headers x-oss-security-token x-oss-access-key-id x-oss-process`

// tencentNames are the parameters of Cloud Object Storage. Source: "Request
// signature" of the Tencent Cloud documentation.
const tencentNames = `q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list q-signature
	x-cos-security-token`

// otherNames are those of CloudFront, Firebase and Backblaze.
const otherNames = `key-pair-id policy cloudfront-signature cloudfront-policy cloudfront-key-pair-id
	cloudfront-expires hash-algorithm token alt authorization`
