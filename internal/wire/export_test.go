package wire

import (
	"context"
	"net/http"
	"net/netip"
	"time"
)

// Fits returns the name of the shape that req has, as the transport sees it.
func (d *Door) Fits(req *http.Request) (string, error) {
	body, err := bodyOf(req)
	if err != nil {
		return "", err
	}
	c, err := d.check(req, body)
	if err != nil {
		return "", err
	}
	return c.shape.Name, nil
}

// Sealed returns the request as it would leave.
func (d *Door) Sealed(req *http.Request) (*http.Request, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	c, err := d.check(req, body)
	if err != nil {
		return nil, err
	}
	return c.out, nil
}

// PublicAddress and AllowedAddress are the checks of an address.
func PublicAddress(a netip.Addr) error               { return publicAddress(a) }
func AllowedAddress(host string, a netip.Addr) error { return allowedAddress(host, a) }

// ErrCut is a body that ended before its length.
var ErrCut = errCut

// Fits returns the name of the act that req is, as the transport sees it.
func (d *OwnerDoor) Fits(req *http.Request) (string, error) {
	body, err := ownerBody(req)
	if err != nil {
		return "", err
	}
	_, _, act, err := d.check(req, body)
	if err != nil {
		return "", err
	}
	return act.Name, nil
}

// Waits is how the client waits.
func (c *ReadOnly) Waits() func(context.Context, time.Duration) error { return c.opt.Wait }
