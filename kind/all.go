package kind

// All lists every kind. The order is the order in which Parse asks them: what
// is told by more comes first.
var All = complete(
	diskExportSAS,
	userDelegationSAS,
	accountSAS,
	logicAppSAS,
	serviceBusSAS,
	policySAS,
	serviceSAS,
	connectionString,
	accountKey,
	s3PresignedV4,
	gcsV4,
	gcsV2,
	ossPresigned,
	cosPresigned,
	cloudfrontSigned,
	s3PresignedV2,
	firebaseToken,
	b2Authorization,
)
