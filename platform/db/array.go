package db

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
)

// Array passes a slice as one PostgreSQL array; gorm would expand it into a list.
func Array(v any) driver.Valuer { return array{v} }

type array struct{ v any }

// Value writes the array literal.
func (a array) Value() (driver.Value, error) {
	var b strings.Builder
	b.WriteByte('{')
	switch v := a.v.(type) {
	case []int64:
		for i, n := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatInt(n, 10))
		}
	case []string:
		for i, s := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`)
		}
	default:
		return nil, fmt.Errorf("db: no array of %T", a.v)
	}
	b.WriteByte('}')
	return b.String(), nil
}

// enough is how many elements the planner of PostgreSQL takes an array it does not know
// to have.
const enough = 10

// padded repeats the last of a few ids, so that a plan for these ids is no better than
// the plan for any, and is kept: planning costs more than reading them.
func padded(ids []int64) []int64 {
	if len(ids) == 0 || len(ids) >= enough {
		return ids
	}
	out := make([]int64, enough)
	for i := copy(out, ids); i < enough; i++ {
		out[i] = ids[len(ids)-1]
	}
	return out
}
