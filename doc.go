// Package overgrant holds the nouns of overgrant, a program that finds cloud
// storage links which grant more than anyone meant to share.
//
// The words are the same in code, flags and JSON:
//
//   - a [Piece] is bytes at a [Place]: a file, a git blob, an archive member;
//   - a [Link] is a credential found in a piece: a signed link, an account key,
//     a connection string;
//   - a [Sighting] is one place where a link stands, and how it was encoded;
//   - a [Grant] is what the link claims, read offline;
//   - a [Verdict] says whether the grant is too wide, with [Reason]s;
//   - a [Case] is a link with all that is known of it, folded from [Message]s.
//
// Everything that comes out of a run is a Message. Reports read nothing else.
//
// The package imports the standard library only. It does not find, read, judge
// or write anything: that is the work of the packages below it.
package overgrant
