// Package record is what every stored document has in common, and the store a
// module works with. It knows no database.
package record

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// Base stands first in every document. ID is the key of the row, No the number
// people see; dept and company are those of the owner at creation or transfer.
type Base struct {
	ID         int64      `gorm:"primaryKey;autoIncrement"`
	No         string     `gorm:"column:no"`
	CompanyID  int64      `gorm:"column:company_id"`
	DeptID     int64      `gorm:"column:dept_id"`
	OwnerID    int64      `gorm:"column:owner_id"`
	CreatedAt  time.Time  `gorm:"column:created_at;autoCreateTime:false"`
	CreatedBy  int64      `gorm:"column:created_by"`
	UpdatedAt  time.Time  `gorm:"column:updated_at;autoUpdateTime:false"`
	UpdatedBy  int64      `gorm:"column:updated_by"`
	Version    int64      `gorm:"column:version"`
	Custom     Custom     `gorm:"column:custom;type:jsonb"`
	ArchivedAt *time.Time `gorm:"column:archived_at"`
}

// Rec gives access to the common part; embedding Base makes a struct a Record.
func (b *Base) Rec() *Base { return b }

// Record is a pointer to a struct that embeds Base.
type Record interface{ Rec() *Base }

// Of is the constraint for *T that embeds Base.
type Of[T any] interface {
	*T
	Record
}

// Line stands first in every line of a document; Pos is its place, from 1.
type Line struct {
	ID       int64 `gorm:"primaryKey;autoIncrement"`
	ParentID int64 `gorm:"column:parent_id"`
	Pos      int   `gorm:"column:pos"`
	held     any
}

// LineRec gives access to the common part of a line.
func (l *Line) LineRec() *Line { return l }

// Stored remembers the line as the database holds it; Held returns that, nil for a line
// that was never read or written.
func (l *Line) Stored(as any) { l.held = as }

// Held is what Stored remembered.
func (l *Line) Held() any { return l.held }

// LineOf is the constraint for *L that embeds Line.
type LineOf[L any] interface {
	*L
	LineRec() *Line
}

// Custom holds the values of custom fields, as text; decimals stay exact.
type Custom map[string]string

// Scan reads jsonb.
func (c *Custom) Scan(src any) error {
	*c = nil
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		return c.decode(v)
	case string:
		return c.decode([]byte(v))
	}
	return fmt.Errorf("scan custom from %T", src)
}

func (c *Custom) decode(b []byte) error {
	if string(b) == "{}" {
		return nil
	}
	return json.Unmarshal(b, (*map[string]string)(c))
}

// Value writes jsonb.
func (c Custom) Value() (driver.Value, error) {
	if len(c) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(map[string]string(c))
	return string(b), err
}

// Op compares a column with a value.
type Op string

// The comparisons of Cond.
const (
	Eq      Op = "="
	Ne      Op = "<>"
	Lt      Op = "<"
	Le      Op = "<="
	Gt      Op = ">"
	Ge      Op = ">="
	In      Op = "in"   // Val is a slice
	Like    Op = "like" // contains, without case
	IsNull  Op = "null"
	NotNull Op = "notnull"
)

// Cond is one condition of a query. Col comes from a declaration, never from a request.
type Cond struct {
	Col string
	Op  Op
	Val any
}

// Sort orders by a column, empty ones as PostgreSQL does: last, and first when
// descending.
type Sort struct {
	Col  string
	Desc bool
	Null bool // the column may be empty
}

// Query selects rows. Conditions are joined by AND.
type Query struct {
	Where      []Cond
	Search     string   // contained in any of SearchCols, without case
	SearchCols []string // from the declaration
	Sort       []Sort   // the id is always added, so the order is total
	Limit      int
	Offset     int
	After      []any    // keyset: the value of the one Sort (nil = empty), if any, and the id of the last row seen
	Archived   bool     // include archived rows
	Columns    []string // besides those of Base; the rest of a row stays empty. nil = all
}

// And returns q with one more condition.
func (q Query) And(col string, op Op, val any) Query {
	q.Where = append(q.Where[:len(q.Where):len(q.Where)], Cond{col, op, val})
	return q
}

// Where starts a query with one condition.
func Where(col string, op Op, val any) Query { return Query{}.And(col, op, val) }

// Group is one row of a grouped count.
type Group struct {
	Key string
	N   int
	Sum string // decimal; "0" when no sum column was asked for
}

// Store keeps the rows of one document type. Get, Lock, Find, Many, Count and
// Group see only the rows the reader of ctx may see; a ctx without a reader is
// refused. Absent or invisible rows are NotFound.
type Store[T any] interface {
	Get(ctx context.Context, id int64) (*T, error)
	// Lock is Get that holds the row until the end of the transaction.
	Lock(ctx context.Context, id int64) (*T, error)
	// LockAll is Lock for the rows among ids that there are, in the order of ids.
	LockAll(ctx context.Context, ids []int64) ([]*T, error)
	// First returns the first row of q. NotFound if there is none.
	First(ctx context.Context, q Query) (*T, error)
	Find(ctx context.Context, q Query) ([]T, error)
	Many(ctx context.Context, ids []int64) ([]T, error)
	// Present returns the live ones among ids that the reader may see.
	Present(ctx context.Context, ids []int64) ([]int64, error)
	// LoadLines reads the lines of rows that Find or Many returned, one query for all.
	LoadLines(ctx context.Context, rows []*T) error
	// Count counts at most limit+1 rows; limit 0 counts all.
	Count(ctx context.Context, q Query, limit int) (int, error)
	// Group counts per value of by and sums the column sum ("" for none).
	Group(ctx context.Context, q Query, by, sum string) ([]Group, error)
	// Insert stores new rows, fills their IDs and sets their Version to 1.
	Insert(ctx context.Context, rows ...*T) error
	// Update stores the whole row if its Version is still the stored one, and
	// adds one to it. Conflict otherwise.
	Update(ctx context.Context, r *T) error
	// Delete removes the row if its version is still the given one.
	Delete(ctx context.Context, id, version int64) error
}

// Pred says which rows of a type a reader may see; its parts are OR-ed, the
// companies AND-ed on top.
type Pred struct {
	All       bool
	Own       bool
	User      int64
	Depts     []int64
	Companies []int64
}
