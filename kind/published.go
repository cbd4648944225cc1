package kind

// publishedIDs are access key ids that a vendor prints in its documentation.
// Links of these open nothing. Nothing else makes a link an example: not that
// it stands in documentation, nor in a test.
var publishedIDs = map[string]string{
	"AKIAIOSFODNN7EXAMPLE":  "the example of the AWS documentation (\"Managing access keys\", IAM user guide)",
	"ASIAIOSFODNN7EXAMPLE":  "the temporary example of the AWS documentation (\"GetSessionToken\", STS API reference)",
	"AKIAI44QH8DHBEXAMPLE":  "the second example of the AWS documentation (\"Named profiles\", AWS CLI user guide)",
	"ASIAI44QH8DHBEXAMPLE":  "the second temporary example of the AWS documentation (\"AssumeRole\", STS API reference)",
	"AKIAJEXAMPLEXEG2JICEA": "an example of the AWS documentation (\"Signing AWS API requests\")",
	"AKIDEXAMPLE":           "the example of the AWS signature test suite (\"Signature Version 4 test suite\")",
}
