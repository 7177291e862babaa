package backup

import (
	"errors"
	"time"
)

// Why a restore is refused. Nothing has been changed then.
var (
	ErrDamaged  = errors.New("the backup is damaged or not a backup of Meridian")
	ErrNotEmpty = errors.New("the database holds business data; restore works into an empty database only")
	ErrInUse    = errors.New("another program of Meridian uses the database; stop it first")
	ErrVersion  = errors.New("the backup does not fit the schema")
)

// Manifest says what an archive holds.
type Manifest struct {
	Program   string     `json:"program"` // version of the program that wrote it
	Schema    int64      `json:"schema"`  // version of the newest migration
	Postgres  string     `json:"postgres"`
	At        time.Time  `json:"at"` // the moment the data is of
	Tables    []Table    `json:"tables"`
	Sequences []Sequence `json:"sequences"`
}

// Rows is the number of rows of all tables.
func (m Manifest) Rows() int64 {
	var n int64
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Bytes is the size of all tables in COPY text format, before compression.
func (m Manifest) Bytes() int64 {
	var n int64
	for _, t := range m.Tables {
		n += t.Bytes
	}
	return n
}

// Table is one table of an archive.
type Table struct {
	Name    string   `json:"name"` // core.proc_event
	Columns []Column `json:"columns"`
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"`
	LeftOut bool     `json:"left_out,omitempty"` // the rows stay behind on purpose

	schema, table string
	partitioned   bool
}

// Column is a stored column.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Sequence is the state of a sequence. Table and Column own it; a sequence of
// nobody has a Name of its own.
type Sequence struct {
	Name   string `json:"name,omitempty"`
	Table  string `json:"table,omitempty"`
	Column string `json:"column,omitempty"`
	Last   int64  `json:"last"`
	Called bool   `json:"called"`

	schema, sequence string
}

func (s Sequence) key() string { return s.Table + "." + s.Column + "." + s.Name }
