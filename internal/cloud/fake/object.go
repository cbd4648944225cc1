package fake

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// State tells what an object is besides its current content.
type State uint8

// The states of an object.
const (
	Current State = iota
	Version
	Snapshot
	Deleted // soft-deleted
	Folder  // a directory of an account that has them
)

// Object is one blob or file that is named rather than made by rule. Its zero
// fields get plausible values.
type Object struct {
	Name     string
	Body     []byte      // what it holds; nil for what At holds, or Size bytes of text
	At       io.ReaderAt // what it holds, Size bytes of it: an image, say
	Size     int64       // bytes; with a Body it follows from that
	Created  time.Time
	Modified time.Time
	Type     string // content type; empty means application/octet-stream
	Encoding string
	Tier     string
	Blob     byte // 'b' block blob, 'p' page blob, 'a' append blob; 0 means block blob
	State    State
	Stamp    string // id of the version or time of the snapshot; made up if empty
	ETag     string // without quotes; made up if empty
	MD5      []byte // 16 bytes, or none
	Days     int    // for which a deleted one can still be brought back
	Metadata map[string]string
	Held     []Span // the parts that hold anything, where the rest is zeros
}

// Span is a part of an object: Offset to Offset+Length.
type Span struct{ Offset, Length int64 }

// settle fills in what is left out. number tells one object from another.
func (o *Object) settle(number uint64) {
	if o.Body != nil {
		o.Size, o.At = int64(len(o.Body)), bytes.NewReader(o.Body)
	}
	if o.Modified.IsZero() {
		o.Modified = time.Unix(newest, 0).UTC()
	}
	if o.Created.IsZero() {
		o.Created = o.Modified
	}
	o.Type = cmp.Or(o.Type, octets)
	o.Blob = cmp.Or(o.Blob, 'b')
	if o.State != Current && o.State != Folder && o.Stamp == "" {
		o.Stamp = o.Modified.UTC().Add(time.Duration(number%1e7) * 100).Format("2006-01-02T15:04:05.0000000Z")
	}
	if o.ETag == "" {
		text := make([]byte, 15)
		putETag(text, mix(number))
		o.ETag = "0x" + string(text)
	}
	if o.At == nil {
		o.At = textAt(mix(number))
	}
}

var blobTypes = map[byte]string{'b': "BlockBlob", 'p': "PageBlob", 'a': "AppendBlob"}

// tail appends what follows the name in a listing, and says where in it the
// ETag (without its 0x) and the MD5 stand.
//
// Source: Azure Storage REST reference, "List Blobs"; the order and the empty
// elements are those of the live service.
func (o *Object) tail(dst []byte, etag, md5 string) (text []byte, etagAt, md5At int) {
	dst = append(dst, "</Name>"...)
	dst = o.stamps(dst)
	dst = append(dst, "<Properties><Creation-Time>"...)
	dst = o.Created.UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "</Creation-Time><Last-Modified>"...)
	dst = o.Modified.UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "</Last-Modified><Etag>0x"...)
	etagAt = len(dst)
	dst = append(dst, etag...)
	dst = append(dst, "</Etag>"...)
	if o.State == Folder {
		dst = append(dst, "<ResourceType>directory</ResourceType>"...)
	}
	dst = append(dst, "<Content-Length>"...)
	dst = strconv.AppendInt(dst, o.Size, 10)
	dst = append(dst, "</Content-Length><Content-Type>"...)
	dst = escapeXML(dst, o.Type)
	dst = append(dst, "</Content-Type>"...)
	dst = element(dst, "Content-Encoding", o.Encoding)
	dst = append(dst, "<Content-Language /><Content-CRC64 />"...)
	if md5 == "" {
		dst = append(dst, "<Content-MD5 />"...)
	} else {
		dst = append(dst, "<Content-MD5>"...)
		md5At = len(dst)
		dst = append(dst, md5...)
		dst = append(dst, "</Content-MD5>"...)
	}
	dst = append(dst, "<Cache-Control /><Content-Disposition />"...)
	dst = element(dst, "BlobType", blobTypes[cmp.Or(o.Blob, 'b')])
	if o.Tier != "" {
		dst = element(dst, "AccessTier", o.Tier)
		dst = append(dst, "<AccessTierInferred>true</AccessTierInferred>"...)
	}
	if o.State == Deleted {
		dst = append(dst, "<DeletedTime>"...)
		dst = o.Modified.UTC().Add(time.Hour).AppendFormat(dst, http.TimeFormat)
		dst = append(dst, "</DeletedTime><RemainingRetentionDays>"...)
		dst = strconv.AppendInt(dst, int64(cmp.Or(o.Days, 7)), 10)
		dst = append(dst, "</RemainingRetentionDays>"...)
	} else {
		dst = append(dst, "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"...)
	}
	dst = append(dst, "<ServerEncrypted>true</ServerEncrypted></Properties>"...)
	dst = o.metadata(dst)
	return append(dst, "<OrMetadata /></Blob>"...), etagAt, md5At
}

// stamps appends what tells a version, a snapshot or a deleted blob.
func (o *Object) stamps(dst []byte) []byte {
	switch o.State {
	case Snapshot:
		return element(dst, "Snapshot", o.Stamp)
	case Version:
		return element(dst, "VersionId", o.Stamp)
	case Deleted:
		dst = element(dst, "Snapshot", o.Stamp)
		return element(dst, "Deleted", "true")
	case Current:
		if o.Stamp != "" {
			dst = element(dst, "VersionId", o.Stamp)
			return element(dst, "IsCurrentVersion", "true")
		}
	}
	return dst
}

func (o *Object) metadata(dst []byte) []byte {
	if len(o.Metadata) == 0 {
		return dst
	}
	dst = append(dst, "<Metadata>"...)
	names := make([]string, 0, len(o.Metadata))
	for name := range o.Metadata {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		dst = element(dst, name, o.Metadata[name])
	}
	return append(dst, "</Metadata>"...)
}

// line appends the whole entry of a listing.
func (o *Object) line(dst []byte) []byte {
	dst = append(dst, "<Blob>"...)
	dst = openName(dst, o.Name)
	md5 := ""
	if len(o.MD5) > 0 {
		md5 = base64.StdEncoding.EncodeToString(o.MD5)
	}
	dst, _, _ = o.tail(dst, o.ETag[2:], md5)
	return dst
}

// openName appends <Name> and the name. One with characters that XML cannot
// hold is percent-encoded and says so, as the service does since 2021-02-12.
func openName(dst []byte, name string) []byte {
	for _, r := range name {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xfffe || r == 0xffff || r == 0xfffd {
			dst = append(dst, `<Name Encoded="true">`...)
			return append(dst, url.PathEscape(name)...)
		}
	}
	dst = append(dst, "<Name>"...)
	return escapeXML(dst, name)
}

// element appends <name>value</name>, in its short form if there is no value.
func element(dst []byte, name, value string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	if value == "" {
		return append(dst, " />"...)
	}
	dst = append(dst, '>')
	dst = escapeXML(dst, value)
	dst = append(dst, "</"...)
	dst = append(dst, name...)
	return append(dst, '>')
}

func escapeXML(dst []byte, s string) []byte {
	for i := range len(s) {
		switch b := s[i]; b {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		case '\n', '\r', '\t':
			dst = fmt.Appendf(dst, "&#x%X;", b)
		default:
			dst = append(dst, b)
		}
	}
	return dst
}
