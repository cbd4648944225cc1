package classify

// The reasons why a piece was not looked into to its end.
const (
	Crowded   = "too many candidates"   // so much looks like a secret that not all was looked at closely
	Binary    = "binary"                // no text, and no format that is read here
	Limited   = "limit reached"         // Piece.Limit
	Encrypted = "encrypted"             // a password is needed
	Damaged   = "damaged"               // it does not follow its format
	Foreign   = "format without reader" // known by its first bytes, but not read
)
