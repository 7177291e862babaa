// Package transfer brings files of other systems in and writes lists out: CSV and
// XLSX. Imports go by maps that say which column means what and take the write path
// of the pages; a file with any wrong row changes nothing and names row, column and
// reason. What an export writes, an import reads.
package transfer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"meridian/platform/errs"
)

// table is a file as rows of text under heads.
type table struct {
	heads []string
	index map[string]int
	rows  [][]string
}

// maxRows and maxCells bound what one import holds in memory: a workbook of a few
// bytes can name a cell in column 16,384 and another in row 900,000.
const (
	maxRows  = 1_000_000
	maxCells = 20_000_000
)

func isXLSX(body []byte) bool { return bytes.HasPrefix(body, []byte("PK\x03\x04")) }

// read understands CSV (UTF-8, with or without mark, else GB18030) and XLSX, of
// which it reads one sheet, the first when sheet is empty.
func read(name string, body []byte, sheet string) (*table, error) {
	var rows [][]string
	var err error
	if isXLSX(body) {
		rows, err = readXLSX(body, sheet)
	} else {
		rows, err = readCSV(body)
	}
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.New(errs.Invalid, "The file {0} holds no rows.", name)
	}
	t := &table{index: map[string]int{}, rows: rows[1:]}
	for i, h := range rows[0] {
		h = strings.TrimSpace(h)
		t.heads = append(t.heads, h)
		if _, twice := t.index[h]; !twice {
			t.index[h] = i
		}
	}
	return t, nil
}

func readCSV(body []byte) ([][]string, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) { // the decoder replaces what it cannot read
			return nil, errs.Wrap(errs.Invalid, err, "The file is neither UTF-8 nor GB18030 text.")
		}
		body = decoded
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return nil, errs.New(errs.Invalid, "The file is neither UTF-8 nor GB18030 text.")
	}
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
		if len(rows)*len(row) > maxCells {
			return nil, errs.New(errs.Invalid, "A file has at most {0} rows.", maxCells/len(row))
		}
		if rows = append(rows, row); len(rows) > maxRows {
			return nil, errs.New(errs.Invalid, "A file has at most {0} rows.", maxRows)
		}
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
		if len(rows)*len(row) > maxCells {
			return nil, errs.New(errs.Invalid, "A file has at most {0} rows.", maxCells/len(row))
		}
		if rows = append(rows, row); len(rows) == 1 {
			blank = make([]string, len(row))
		}
		if len(rows) > maxRows {
			return nil, errs.New(errs.Invalid, "A file has at most {0} rows.", maxRows)
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
