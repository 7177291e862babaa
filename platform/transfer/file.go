// Package transfer brings files of other systems in and writes lists out: CSV and
// XLSX, and in only: vCards and the record trees of Salesforce. Imports go by maps that
// say which column means what and take the write path of the pages; a file with any
// wrong row changes nothing and names row, column and reason. What an export writes, an
// import reads.
package transfer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"meridian/platform/errs"
)

// table is a file as rows of text under heads.
type table struct {
	heads []string
	index map[string]int
	rows  [][]string
	// sparse tables have a column where some row has a value; that there is none says
	// nothing about the file.
	sparse bool
	coding coding // how its bytes were read; empty for a workbook
}

func newTable(heads []string) *table {
	t := &table{index: map[string]int{}}
	for i, h := range heads {
		h = strings.TrimSpace(h)
		t.heads = append(t.heads, h)
		if _, twice := t.index[h]; !twice {
			t.index[h] = i
		}
	}
	return t
}

// how says how a file is to be read, where its bytes alone do not tell.
type how struct {
	sheet    string // of a workbook, or a type of record in a tree; "" is the first
	encoding string // "" guesses
	open     func(name string) ([]byte, error)
}

// maxRows and maxCells bound what one import holds in memory: a workbook of a few
// bytes can name a cell in column 16,384 and another in row 900,000.
const (
	maxRows  = 1_000_000
	maxCells = 20_000_000
)

// bounded refuses a file that holds too much, by the rows it has so far without the head.
func bounded(rows, columns int) error {
	switch {
	case rows*columns > maxCells:
		return errs.New(errs.Invalid, "A file has at most {0} rows.", maxCells/columns)
	case rows >= maxRows:
		return errs.New(errs.Invalid, "A file has at most {0} rows.", maxRows)
	}
	return nil
}

func isXLSX(body []byte) bool { return bytes.HasPrefix(body, []byte("PK\x03\x04")) }

// read understands workbooks, vCards, record trees and CSV, told apart by what they
// begin with, not by the name.
func read(name string, body []byte, h how) (*table, error) {
	if isXLSX(body) {
		rows, err := readXLSX(body, h.sheet)
		if err != nil {
			return nil, err
		}
		return tableOf(name, rows, coding{})
	}
	text, enc, err := decodeText(body, h.encoding)
	if err != nil {
		return nil, err
	}
	if isJSON(text) {
		return readTree(text, h.sheet, enc, h.open)
	}
	return readText(name, text, enc)
}

// readText understands vCards and CSV.
func readText(name string, text []byte, enc coding) (*table, error) {
	if isCards(text) {
		return readCards(text, enc)
	}
	rows, err := readCSV(text)
	if err != nil {
		return nil, err
	}
	return tableOf(name, rows, enc)
}

// tableOf takes the first row for the heads.
func tableOf(name string, rows [][]string, enc coding) (*table, error) {
	if len(rows) == 0 {
		return nil, errs.New(errs.Invalid, "The file {0} holds no rows.", name)
	}
	t := newTable(rows[0])
	t.rows, t.coding = rows[1:], enc
	return t, nil
}

func readCSV(body []byte) ([][]string, error) {
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	first, _, _ := bytes.Cut(body, []byte("\n"))
	if !bytes.Contains(first, []byte(",")) {
		for _, sep := range []rune{';', '\t'} {
			if bytes.ContainsRune(first, sep) {
				r.Comma = sep
			}
		}
	}
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if p, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, errs.Wrap(errs.Invalid, err, "Line {0} of the file cannot be read: a quote is out of place.", p.Line)
		}
		if err != nil {
			return nil, fmt.Errorf("read csv: %w", err)
		}
		if len(rows) > 0 && len(row) != len(rows[0]) {
			line, _ := r.FieldPos(0)
			return nil, errs.New(errs.Invalid, "Line {0} of the file has {1} columns, the head has {2}.", line, len(row), len(rows[0]))
		}
		if err := bounded(len(rows), len(row)); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

func openXLSX(body []byte) (*excelize.File, error) {
	f, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{UnzipSizeLimit: 1 << 30, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "The workbook cannot be read.")
	}
	return f, nil
}

// sheets lists the sheets of a workbook; a CSV file has none.
func sheets(body []byte) (names []string, err error) {
	if !isXLSX(body) {
		return nil, nil
	}
	f, err := openXLSX(body)
	if err != nil {
		return nil, err
	}
	return f.GetSheetList(), f.Close()
}

func readXLSX(body []byte, sheet string) (rows [][]string, err error) {
	f, err := openXLSX(body)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if sheet == "" {
		sheet = f.GetSheetName(0)
	}
	it, err := f.Rows(sheet)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "The workbook cannot be read.")
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var blank []string
	for it.Next() {
		row, err := it.Columns()
		if err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "The workbook cannot be read.")
		}
		if len(rows) > 0 {
			if len(row) == 0 {
				row = blank // gaps between rows cost nothing
			}
			for len(row) < len(rows[0]) {
				row = append(row, "") // trailing empty cells are not stored
			}
			row = row[:len(rows[0])]
		}
		if err := bounded(len(rows), len(row)); err != nil {
			return nil, err
		}
		if rows = append(rows, row); len(rows) == 1 {
			blank = make([]string, len(row))
		}
	}
	return rows, nil
}

// cell returns the text of a column in a row, "" when there is no such column.
func (t *table) cell(row []string, col string) string {
	i, ok := t.index[col]
	if !ok || i >= len(row) {
		return ""
	}
	return rearm(strings.TrimSpace(row[i]))
}

// formula are the characters a spreadsheet may take for the start of a formula.
const formula = "=+-@\t\r"

// disarm keeps a spreadsheet from running text as a formula; rearm takes it back.
func disarm(s string) string {
	if t := strings.TrimLeft(s, "'"); t != "" && strings.ContainsRune(formula, rune(t[0])) {
		return "'" + s
	}
	return s
}

func rearm(s string) string {
	if t := strings.TrimLeft(s, "'"); t != s && t != "" && strings.ContainsRune(formula, rune(t[0])) {
		return s[1:]
	}
	return s
}
