package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// The treemap is laid out for a page of this size, in pixels. Its height is
// fixed; its width follows the window, so positions are percent.
const (
	mapWidth  = 1030
	mapHeight = 440
	mapHead   = 18 // of a container, where its name stands

	mostLabel    = 64 // of a name, in characters
	smallestOpen = 40 // width and height of a container that shows its folders
)

// treemap shows where the bytes lie: a box for each container, in it one for
// each folder.
type treemap struct {
	Height int
	Boxes  []mapBox
	Rest   string // what has no box of its own
}

// mapBox is a container or a folder. Positions are percent of the box around it.
type mapBox struct {
	X, Y, W, H     string
	Name           string
	Class          string // severity of the worst that is in it
	Size, Tip      string
	Bytes, Objects int64
	Small, Flat    bool // too small for its name, too flat for its size below the name
	Boxes          []mapBox
}

// rect is a place on the page, in pixels.
type rect struct{ x, y, w, h float64 }

// squarify parts r among values, which are in falling order, so that the parts
// are as square as can be. Values that are all zero get equal parts. Source:
// Bruls, Huizing and van Wijk, "Squarified Treemaps".
func squarify(values []float64, r rect) []rect {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if sum <= 0 {
		values = slices.Repeat([]float64{1}, len(values))
		sum = float64(len(values))
	}
	scale := r.w * r.h / sum
	out := make([]rect, 0, len(values))
	for rest := values; len(rest) > 0; {
		side := min(r.w, r.h)
		n, area := 1, rest[0]*scale
		for n < len(rest) {
			next := area + rest[n]*scale
			if elongation(rest[0]*scale, rest[n]*scale, next, side) > elongation(rest[0]*scale, rest[n-1]*scale, area, side) {
				break
			}
			n, area = n+1, next
		}
		var placed []rect
		placed, r = strip(rest[:n], scale, area, r)
		out, rest = append(out, placed...), rest[n:]
	}
	return out
}

// elongation is how far the worst box of a strip is from a square.
func elongation(largest, smallest, area, side float64) float64 {
	if area <= 0 || smallest <= 0 || side <= 0 {
		return 1e18
	}
	return max(side*side*largest/(area*area), area*area/(side*side*smallest))
}

// strip places a row of boxes along the shorter side of r, and returns what is
// left of r.
func strip(values []float64, scale, area float64, r rect) ([]rect, rect) {
	out := make([]rect, 0, len(values))
	if r.w >= r.h {
		wide, y := area/max(r.h, 1e-9), r.y
		for _, v := range values {
			h := v * scale / max(wide, 1e-9)
			out = append(out, rect{r.x, y, wide, h})
			y += h
		}
		return out, rect{r.x + wide, r.y, max(r.w-wide, 0), r.h}
	}
	high, x := area/max(r.w, 1e-9), r.x
	for _, v := range values {
		w := v * scale / max(high, 1e-9)
		out = append(out, rect{x, r.y, w, high})
		x += w
	}
	return out, rect{r.x, r.y + high, r.w, max(r.h-high, 0)}
}

// treemapOf lays out the areas of an exposure in at most so many boxes; nil if
// there are none.
func treemapOf(e *overgrant.Exposure, most int) *treemap {
	containers := topAreas(e)
	if len(containers) == 0 || e.Objects == 0 {
		return nil
	}
	folders := map[string][]heldArea{}
	for _, a := range areasOf(e) {
		container, folder, _ := strings.Cut(a.name, "/")
		folders[container] = append(folders[container], heldArea{folder, a.Area})
	}
	t := &treemap{Height: mapHeight}
	shown, rest := split(containers, most/2)
	if rest != nil {
		t.Rest = plural(int64(len(containers)-len(shown)), "smaller container") + " together: " + size(rest.Bytes) + " in " + plural(rest.Objects, "object")
		shown = append(shown, heldArea{"", rest})
	}
	left := most - len(shown)
	for i, r := range squarify(bytesOf(shown), rect{0, 0, mapWidth, mapHeight}) {
		c := shown[i]
		b := boxOf(c, r, rect{0, 0, mapWidth, mapHeight})
		if rest != nil && i == len(shown)-1 {
			b.Name, b.Tip, b.Class = plural(int64(len(containers)-i), "smaller container"), t.Rest, "rest"
		} else if inner := folders[c.name]; len(inner) > 1 && r.w >= smallestOpen && r.h >= smallestOpen {
			b.Boxes = foldersIn(c.name, inner, r, min(left, 40))
			left -= len(b.Boxes)
		}
		t.Boxes = append(t.Boxes, b)
	}
	return t
}

// foldersIn lays out the folders of a container below its name.
func foldersIn(container string, folders []heldArea, r rect, most int) []mapBox {
	if most < 2 {
		return nil
	}
	shown, rest := split(folders, most-1)
	if rest != nil {
		shown = append(shown, heldArea{"", rest})
	}
	head := min(mapHead, r.h/2)
	var all []mapBox
	for i, in := range squarify(bytesOf(shown), rect{0, head, r.w, r.h - head}) {
		b := boxOf(shown[i], in, rect{0, 0, r.w, r.h})
		where := shorten(areaText(container, mostLabel), mostLabel) + "/" + b.Name
		switch {
		case rest != nil && i == len(shown)-1:
			b.Name = plural(int64(len(folders)-i), "smaller folder")
			where = shorten(areaText(container, mostLabel), mostLabel) + ", " + b.Name
			b.Class = "rest"
		case shown[i].name == "":
			b.Name, where = "(top level)", shorten(areaText(container, mostLabel), mostLabel)+", in no folder"
		}
		b.Tip = tipOf(where, shown[i].Area)
		all = append(all, b)
	}
	return all
}

// split keeps the first of areas, and adds up the others; nil if there are none.
func split(all []heldArea, most int) (first []heldArea, rest *overgrant.Area) {
	if len(all) <= most+1 {
		return slices.Clip(all), nil
	}
	rest = &overgrant.Area{}
	for _, a := range all[most:] {
		rest.Merge(a.Area)
	}
	return slices.Clip(all[:most]), rest
}

func bytesOf(all []heldArea) []float64 {
	v := make([]float64, len(all))
	for i, a := range all {
		v[i] = float64(a.Bytes)
	}
	return v
}

func boxOf(a heldArea, r, in rect) mapBox {
	name := shorten(areaText(a.name, mostLabel), mostLabel)
	return mapBox{
		X: part(r.x, in.w), Y: part(r.y, in.h), W: part(r.w, in.w), H: part(r.h, in.h),
		Name: name, Class: severityClass(a.Severity), Size: size(a.Bytes), Tip: tipOf(name, a.Area), Bytes: a.Bytes, Objects: a.Objects,
		Small: r.w < 44 || r.h < 18, Flat: r.h < 34,
	}
}

// part writes a length as percent of a whole.
func part(n, whole float64) string {
	if whole <= 0 {
		return "0"
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", min(max(n/whole, 0), 1)*100), "0"), ".")
}

// tipOf says all about an area.
func tipOf(name string, a *overgrant.Area) string {
	s := name + ": " + size(a.Bytes) + " in " + plural(a.Objects, "object")
	if a.Class != "" {
		s += "; worst: " + words(shorten(a.Class, 60)) + " (" + a.Severity.String() + ")"
	}
	if a.Newest > 0 && a.Newest < 1<<37 {
		s += "; last changed " + day(unix(a.Newest))
	}
	return s
}

// severityClass is the class of what is so bad, in the style of the page.
func severityClass(s overgrant.Severity) string {
	if s <= overgrant.None || s > overgrant.Critical {
		return "none"
	}
	return s.String()
}
