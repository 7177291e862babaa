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
