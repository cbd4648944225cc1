package classify

import "bytes"

// slot is what a field of an object in a chat store means.
type slot uint8

// The meanings of fields, whatever the program.
const (
	noSlot slot = iota
	ownID
	dedupeID // tells a message from all others of its author
	conversationID
	authorSlot
	personName
	personID // of Teams and Skype, in full: 8:orgid:…
	mailAddress
	teamID
	timeSlot
	kindSlot
	bodySlot
	ownBody // of a message in an export that holds those of one person only
	slots
)

// fields gives the meaning of fields by their names in small letters. Programs
// differ in the names and in little else. Sources: the exports of Teams and
// Skype (also Graph), Slack, Discord, Telegram, Google Chat, Messenger,
// Mattermost and Matrix; DiscordChatExporter; forensicsim for the stores of Teams.
var fields = map[string]slot{
	"id": ownID, "message_id": ownID, "event_id": ownID,
	"clientmessageid": dedupeID, "client_msg_id": dedupeID,
	"conversationid": conversationID, "chatid": conversationID,
	"creator": authorSlot, "from": authorSlot, "from_id": authorSlot, "user": authorSlot, "author": authorSlot, "sender": authorSlot, "sender_name": authorSlot,
	"displayname": personName, "name": personName,
	"mri":   personID,
	"email": mailAddress, "userprincipalname": mailAddress,
	"team_id":     teamID,
	"composetime": timeSlot, "originalarrivaltime": timeSlot, "clientarrivaltime": timeSlot, "createddatetime": timeSlot, "created_date": timeSlot,
	"timestamp": timeSlot, "timestamp_ms": timeSlot, "create_at": timeSlot, "origin_server_ts": timeSlot, "date": timeSlot, "ts": timeSlot,
	"messagetype": kindSlot,
	"content":     bodySlot, "text": bodySlot, "body": bodySlot, "message": bodySlot,
	"contents": ownBody,
}

// slotOf returns the meaning of a field.
func slotOf(name []byte) slot {
	const longest = 20
	if len(name) > longest {
		return noSlot
	}
	var room [longest]byte
	low := room[:len(name)]
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	return fields[string(low)]
}

// record is what an object of a chat store says of itself: the fields by which
// messages and contacts are told.
type record struct {
	text  [slots][]byte
	there [slots]bool // with or without a text
}

// set notes a field. Text is copied; a field that holds something else has none.
func (r *record) set(s slot, text []byte) {
	if s == noSlot {
		return
	}
	r.there[s] = true
	if len(text) > 0 {
		r.text[s] = append(r.text[s][:0], text...)
	}
}

func (r *record) clear() {
	for i := range r.text {
		r.text[i] = r.text[i][:0]
	}
	r.there = [slots]bool{}
}

// who names the person that the object describes, where it stands for an author.
func (r *record) who() []byte {
	for _, s := range []slot{personID, authorSlot, ownID, mailAddress, personName} {
		if len(r.text[s]) > 0 {
			return r.text[s]
		}
	}
	return nil
}

// isMessage reports whether the object is a message that somebody wrote.
func (r *record) isMessage() bool {
	if len(r.text[timeSlot]) == 0 {
		return false
	}
	if r.there[ownBody] && len(r.text[ownID]) > 0 {
		return true
	}
	// Teams keeps calls, changes of threads and the like in the same place.
	kind := r.text[kindSlot]
	return len(r.text[authorSlot]) > 0 && r.there[bodySlot] &&
		!bytes.HasPrefix(kind, []byte("ThreadActivity/")) && !bytes.HasPrefix(kind, []byte("Event/"))
}

// isContact reports whether the object describes somebody.
func (r *record) isContact() bool {
	named := len(r.text[personName]) > 0
	if len(r.text[personID]) > 0 {
		return named || len(r.text[mailAddress]) > 0
	}
	return len(r.text[teamID]) > 0 && len(r.text[ownID]) > 0 && named && !r.there[bodySlot]
}

// tell counts what the record describes. A message that does not say so is of
// the conversation given.
func (t *talk) tell(r *record, conversation []byte) {
	switch {
	case r.isMessage():
		author, when := r.text[authorSlot], instant(r.text[timeSlot])
		if own := r.text[conversationID]; len(own) > 0 {
			conversation = own
		}
		switch {
		case len(r.text[ownID]) > 0:
			t.message(author, when, conversation, r.text[ownID])
		case len(r.text[dedupeID]) > 0:
			t.message(author, when, author, r.text[dedupeID])
		default:
			t.message(author, when, conversation, author, r.text[timeSlot])
		}
	case r.isContact():
		if id := r.text[personID]; len(id) > 0 {
			t.contact(id)
			return
		}
		t.contact(r.text[ownID])
	}
}

// room returns the conversation that objects below this one are of.
func (r *record) room(outer []byte) []byte {
	for _, s := range []slot{conversationID, ownID} {
		if len(r.text[s]) > 0 {
			return r.text[s]
		}
	}
	return outer
}
