package judge

// All are the rules, in the order of the manual: what the secret is, how far it
// reaches, what it may do, how long it lives, what is worth knowing besides.
var All = []Rule{
	accountKey,
	manageKey,
	sharedAccessKey,

	accountScope,
	diskExport,
	containerScope,
	directoryScope,
	shareScope,
	tableScope,
	bucketScope,
	wildcardScope,
	manyServices,
	listsMoreThanMeant,
	canList,

	poisonsModels,
	poisonsDownloads,
	canChangeServiceSettings,
	canDeleteContainers,
	canWrite,
	canCreate,
	canCreateContainers,
	canDelete,
	canDeleteForGood,
	canChangePermissions,
	canChangeImmutability,
	canTag,
	canTakeMessages,
	signedChange,
	reachesLogs,

	livesOverAWeek,
	livesOverAYear,
	neverExpires,
	endlessToken,

	workflowCallback,
	httpAllowed,
	adHoc,
	policyHidden,
	noIPLimit,
	anyBearer,
	lifetimeUnknown,
	temporaryCredentials,
}
