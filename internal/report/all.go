package report

import "strings"

// All lists the formats in the order in which they are documented.
var All = []Format{
	text,
	jsonArray,
	jsonLines,
	events,
	sarif,
	csvRows,
	markdown,
	html,
	junit,
}

// Names returns the names of all formats, parted by commas.
func Names() string {
	names := make([]string, len(All))
	for i, f := range All {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}
