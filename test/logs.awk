# Writes n records of a resource log, 1.5 KB each, over 90 days: 20,000 tokens,
# used unequally, by any address, on nine million objects, and no request twice.
#
#	awk -v n=1000000 -f test/logs.awk
BEGIN {
	srand(7)
	for (k = 0; k < 20000; k++) {
		hash = ""
		for (j = 0; j < 8; j++)
			hash = hash sprintf("%08X", int(rand() * 4294967295))
		sign[k] = hash
	}
	filler = sprintf("%500s", "")
	gsub(/ /, "f", filler)
	head = "\",\"resourceId\":\"/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/soak/providers/Microsoft.Storage/storageAccounts/soak/blobServices/default\",\"category\":\"StorageRead\",\"operationName\":\"GetBlob\",\"operationVersion\":\"2022-11-02\",\"schemaVersion\":\"1.0\",\"statusCode\":200,\"statusText\":\"Success\",\"durationMs\":9"
	key = "key1(4C81DD1772CEA6215A976B5B9C0764F519518B179BA3C7257C7E745D337833E6)"
	for (i = 0; i < n; i++) {
		t = int(rand() * rand() * 20000)
		at = int(i * 7776000 / n)
		day = int(at / 86400)
		s = at % 86400
		printf "{\"time\":\"2026-%02d-%02dT%02d:%02d:%02d.%07dZ%s", 1 + int(day / 28), 1 + day % 28, int(s / 3600), int(s / 60) % 60, s % 60, i % 10000000, head
		printf ",\"callerIpAddress\":\"10.%d.%d.%d:%d\"", int(rand() * 256), int(rand() * 256), int(rand() * 256), i % 60000
		printf ",\"correlationId\":\"%08x-101e-004b-6365-90ca9c%06x\"", int(i / 16777216), i % 16777216
		printf ",\"identity\":{\"type\":\"SAS\",\"tokenHash\":\"%s,SasSignature(%s)\"},\"location\":\"West Europe\"", key, sign[t]
		printf ",\"properties\":{\"accountName\":\"soak\",\"userAgentHeader\":\"agent %d %s\",\"serviceType\":\"blob\",\"objectKey\":\"/soak/c/%d\",\"responseBodySize\":99,\"tlsVersion\":\"TLS 1.2\"}", i % 5000, filler, i % 9000000
		printf ",\"uri\":\"https://soak.blob.core.windows.net:443/c/%d?sp=r&st=2026-01-01T00:00:00Z&se=2030-07-05T19:47:32Z&spr=https&sv=2021-06-08&sr=c&sip=%d&sig=XXXXX\",\"protocol\":\"HTTPS\"}\n", i % 9000000, t
	}
}
