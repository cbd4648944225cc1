package model

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant/model/hdf5"
)

// kerasH5 is HDF5, as Keras, pandas and others write it.
var kerasH5 = Format{
	Name: "hdf5",
	Doc:  "HDF5: Keras models with code in their configuration, values that come from other files, pickles in attributes",
	head: func(head []byte) bool { return bytes.HasPrefix(head, []byte(hdf5.Signature)) },
	look: func(_ *scan, p piece) bool { return hdf5Start(p) > 0 },
	scan: scanHDF5,
}

// hdf5Start finds a superblock behind a user block, whose size is a power of
// two; 0 where there is none.
func hdf5Start(p piece) int64 {
	b := readUpTo(p.at, 512, 4096-512+len(hdf5.Signature))
	for at := 512; at <= 4096; at *= 2 {
		if at-512 < len(b) && bytes.HasPrefix(b[at-512:], []byte(hdf5.Signature)) {
			return int64(at)
		}
	}
	return 0
}

func scanHDF5(s *scan, p piece) bool {
	if p.size < 0 {
		p.size = s.extent(p)
	}
	start := int64(0)
	if !bytes.HasPrefix(readUpTo(p.at, 0, len(hdf5.Signature)), []byte(hdf5.Signature)) {
		start = hdf5Start(p)
	}
	if p.size == start+int64(len(hdf5.Signature)) {
		s.name(p, "hdf5") // nothing but its signature: no group, so nothing to load
		return true
	}
	s.large(p)
	h := &h5{s: s, p: p, k: &kerasJudge{s: s, p: p, legacy: true}}
	err := hdf5.Walk(newPages(p), start, p.size, h.item)
	s.name(p, map[bool]string{true: "keras-h5", false: "hdf5"}[h.keras])
	if err != nil {
		s.unread(p, "HDF5: "+err.Error())
	}
	if h.config && s.report.Unread == "" {
		h.k.answer()
	}
	return true
}

// h5 is one HDF5 file on its way.
type h5 struct {
	s      *scan
	p      piece
	k      *kerasJudge
	keras  bool
	config bool // it has the configuration of a model
}

func (h *h5) item(i hdf5.Item) {
	where := clipText(i.Path, 100)
	switch i.Sort {
	case hdf5.ExternalLink, hdf5.ExternalData, hdf5.VirtualData:
		if i.File != "." {
			h.k.refuse(3, "it takes values from other files; Keras without the fix of CVE-2026-1669 reads them all the same")
		}
	}
	tell := func(rule, what, why string, sev Severity) {
		h.s.find(h.p, Finding{Rule: rule, What: what, Why: why, Offset: i.Offset, Severity: sev})
	}
	switch i.Sort {
	case hdf5.Attribute:
		h.attribute(i)
	case hdf5.SoftLink:
		if strings.Contains(i.Target, "..") {
			tell("path", where+" leads to "+clipText(i.Target, 100), "a link by a path that HDF5 does not know", Info)
		}
	case hdf5.ExternalLink:
		tell("path", fmt.Sprintf("%s leads to %s in the file %s", where, clipText(i.Target, 80), clipText(i.File, 120)), "loading opens another file of the machine", Medium)
	case hdf5.ExternalData:
		tell("path", fmt.Sprintf("values of %s from the file %s", where, clipText(i.File, 120)), "loading reads any file of the machine into the model (CVE-2026-1669)", outside(i.File))
	case hdf5.VirtualData:
		if i.File != "." {
			tell("path", fmt.Sprintf("values of %s from datasets of %s", where, clipText(i.File, 120)), "loading reads other files of the machine into the model (CVE-2026-1669)", outside(i.File))
		}
	case hdf5.Swelling:
		tell("bomb", fmt.Sprintf("%s takes %d bytes of memory", where, i.Bytes), "the file is far smaller: loading it takes all the memory of the machine", Medium)
	case hdf5.Filter:
		tell("filter", fmt.Sprintf("%s needs the filter %d", where, i.Number), "HDF5 loads filters that it does not know from shared libraries of the machine", Info)
	}
}

func outside(file string) Severity {
	if leaves(file) != "" {
		return High
	}
	return Medium
}

func (h *h5) attribute(i hdf5.Item) {
	where := clipText(i.Path+"@"+i.Name, 100)
	switch i.Name {
	case "keras_version", "backend", "layer_names", "weight_names":
		h.keras = true
		if text, err := i.Text(); err == nil && i.Name == "keras_version" {
			h.k.version = text
		}
	case "model_config", "training_config", "layer_config":
		h.keras = true
		text, err := i.Text()
		if err != nil || text == "" {
			h.s.unread(h.p, where+" cannot be read")
			return
		}
		h.config = h.config || i.Name == "model_config"
		tree, err := parseJSON(strings.NewReader(text))
		if err != nil {
			h.s.unread(h.p, where+": "+err.Error())
		}
		h.k.at = i.Offset
		h.k.walk(tree, "")
	default:
		// PyTables unpickles every attribute that ends with a full stop.
		// Source: tables/attributeset.py, __getattr__.
		if text, err := i.Text(); err == nil && len(text) > 1 && text[len(text)-1] == '.' {
			h.s.format(h.p.memory(text, where))
		}
	}
}
