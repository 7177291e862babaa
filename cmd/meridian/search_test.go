package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestSearchHasItsIndex: of the documents that come by the hundred thousand, every column
// the search box looks into stands in one index; a column beside it would have each
// search read the whole table.
func TestSearchHasItsIndex(t *testing.T) {
	s := newSuite(t)
	for _, name := range []string{"crm.customer", "crm.contact", "ltc.lead", "ltc.opportunity", "ltc.order", "ltc.invoice"} {
		d, err := s.Types.Doc(name)
		if err != nil {
			t.Fatal(err)
		}
		schema, table, _ := strings.Cut(name, ".")
		where := `schemaname = '` + schema + `' AND tablename = '` + table + `' AND indexdef LIKE '%(%no gin_trgm_ops%'`
		cols := []string{"no"}
		for _, f := range d.Info().Fields {
			if f.Search {
				cols = append(cols, f.Name)
				where += fmt.Sprintf(` AND indexdef ~ '[( ]%s gin_trgm_ops'`, f.Name)
			}
		}
		if s.number(`SELECT count(*) FROM pg_indexes WHERE `+where) == 0 {
			t.Errorf("%s: no index holds all of %v", name, cols)
		}
	}
}
