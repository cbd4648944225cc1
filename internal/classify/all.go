package classify

import (
	"cmp"
	"slices"
)

// All lists the classes. Among those of one severity the first wins where a
// name suggests several.
var All = []*Class{
	&privateKey,
	&passwordStore,
	&systemKeychain,
	&browserStore,
	&credentialDump,
	&cloudCredential,
	&workstationBackup,
	&paymentCard,
	&mobileBackup,
	&dangerousModel,

	&developerCredential,
	&chat,
	&mail,
	&databaseDump,
	&memoryDump,
	&diskImage,
	&userProfile,

	&secretText,
	&sourceSecret,
	&bankAccount,
	&nationalID,

	&contactData,
	&addressBook,
	&browsingHistory,
	&suspiciousModel,
	&modelFile,
	&unsafeModel,
}

// Readers lists the structured formats that are read, in the order in which
// they are asked.
var Readers = []Reader{
	keepassReader,
	keyStoreReader,
	keytabReader,
	signReader,
	sqliteReader,
	outlookStoreReader,
	outlookMessageReader,
	levelTableReader,
	levelLogReader,
	scriptValueReader,
	safariCookiesReader,
	databaseReader,
	firefoxLoginsReader,
	chatExportReader,
	chatTextReader,
	mailboxReader,
	sqlDumpReader,
}

func worstFirst() []*Class {
	all := slices.Clone(All)
	slices.SortStableFunc(all, func(a, b *Class) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}
