package cli

import (
	"path/filepath"
	"strings"
)

// inventoryFormat tells by its name how a list of objects is written: csv,
// parquet, or "" for neither.
func inventoryFormat(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return "csv"
	case ".parquet":
		return "parquet"
	}
	return ""
}
