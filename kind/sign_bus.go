package kind

// bus signs the resource as it is written and the expiry. Service Bus takes the
// key's text, IoT Hub the bytes it encodes. Sources: "Service Bus access control
// with shared access signatures", "Control access to IoT Hub by using shared
// access signatures".
func (t signed) bus() (string, bool) {
	sr, se := t.r.query.first("sr"), t.r.query.get("se")
	key, err := decodeBase64(t.key)
	// Inside another URL the resource is encoded once more.
	for _, resource := range []string{sr.raw, unescapeOnce(sr.raw), escape(sr.value)} {
		if t.is(hmac256Base64, "sig", mac256([]byte(t.key), resource, se)) {
			return "Service Bus", true
		}
		if err == nil && t.is(hmac256Base64, "sig", mac256(key, resource, se)) {
			return "IoT Hub", true
		}
	}
	return "", false
}
