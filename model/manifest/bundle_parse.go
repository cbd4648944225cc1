package manifest

import (
	"crypto/x509"
	"errors"
	"fmt"
)

// mostCertificates bounds a chain.
const mostCertificates = 16

func (p *bundling) bundle() error {
	err := p.object(func(name string) error {
		switch name {
		case "mediaType":
			return p.text(&p.media)
		case "verificationMaterial":
			p.material = true
			return p.object(p.inMaterial)
		case "dsseEnvelope":
			p.envelope = true
			return p.object(p.inEnvelope)
		}
		return p.skip()
	})
	if err != nil {
		return err
	}
	return p.end()
}

func (p *bundling) inEnvelope(name string) error {
	switch name {
	case "payload":
		return p.text(&p.payload)
	case "payloadType":
		return p.text(&p.payloadType)
	case "signatures":
		return p.array(func() error {
			p.signatures++
			return p.object(func(name string) error {
				if name == "sig" {
					return p.text(&p.signature)
				}
				return p.skip()
			})
		})
	}
	return p.skip()
}

func (p *bundling) inMaterial(name string) error {
	switch name {
	case "publicKey":
		p.b.method = ByKey
		p.materials++
		return p.object(func(name string) error {
			if name == "hint" {
				return p.text(&p.b.hint)
			}
			return p.skip() // older bundles hold the key itself, which says nothing to who does not trust it yet
		})
	case "x509CertificateChain":
		p.b.method = ByCertificate
		p.materials++
		return p.object(func(name string) error {
			if name == "certificates" {
				return p.array(p.certificate)
			}
			return p.skip()
		})
	case "certificate":
		p.b.method = ByIdentity
		p.materials++
		return p.certificate()
	case "tlogEntries":
		return p.array(func() error {
			p.logged++
			return p.skip()
		})
	}
	return p.skip()
}

func (p *bundling) certificate() error {
	var text string
	err := p.object(func(name string) error {
		if name == "rawBytes" {
			return p.text(&text)
		}
		return p.skip()
	})
	if err != nil {
		return err
	}
	if len(p.b.chain) == mostCertificates {
		return fmt.Errorf("more than %d certificates", mostCertificates)
	}
	der, err := decoded(text)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return errors.New("certificate: it cannot be read")
	}
	p.b.chain = append(p.b.chain, c)
	return nil
}
