package manifest

import "strings"

// listed judges a file by what is known without reading it: what was signed of
// it, and what a listing says now.
func listed(signed *Noted, now Noted) (State, string) {
	switch {
	case signed.Size >= 0 && now.Size >= 0 && signed.Size != now.Size:
		return Changed, "it has another size"
	case signed.MD5 != "" && now.MD5 != "" && signed.MD5 != now.MD5:
		return Changed, "the listing has another MD5"
	case signed.ETag != "" && plain(signed.ETag) == plain(now.ETag):
		return Unwritten, ""
	case signed.MD5 != "" && signed.MD5 == now.MD5 && signed.Size == now.Size:
		return Alike, ""
	case signed.ETag != "" && now.ETag != "":
		return Unproven, "it was written since, and has the same size"
	case signed.Size >= 0 && signed.Size == now.Size:
		return Unproven, "it has the same size"
	}
	return Unproven, "nothing but reading tells"
}

// plain returns an ETag without the quotes that some have it in.
func plain(tag string) string { return strings.Trim(tag, `"`) }

// keeps reports whether an earlier version has what was signed, as far as a
// listing tells.
func keeps(signed *Noted, then Noted) bool {
	if signed.Size >= 0 && then.Size >= 0 && signed.Size != then.Size {
		return false
	}
	return signed.ETag != "" && plain(signed.ETag) == plain(then.ETag) ||
		signed.Version != "" && signed.Version == then.Version ||
		signed.MD5 != "" && signed.MD5 == then.MD5
}
