package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"meridian/platform/errs"
)

// A tree is a file of records as Salesforce exports and loads them: {"records": [...]},
// each with its type and a reference id under "attributes", others named as "@id", and
// children nested under their parent. A plan lists the files of one load.

// treeRecord is one record of a tree.
type treeRecord struct {
	typ, ref string
	parent   string // reference id of the record it is nested in
	fields   map[string]string
	order    []string // of the fields
}

// maxDepth and maxColumns bound what a tree may hold: nested deeper, or wider than a
// sheet, it is none.
const (
	maxDepth   = 10
	maxColumns = 16_384
)

const blanks = " \t\r\n"

// isJSON tells a tree or a plan from a table: a head may begin with a bracket as well.
func isJSON(text []byte) bool {
	t := bytes.TrimLeft(text, blanks)
	if len(t) == 0 || t[0] != '[' {
		return len(t) > 0 && t[0] == '{'
	}
	t = bytes.TrimLeft(t[1:], blanks)
	return len(t) > 0 && (t[0] == '{' || t[0] == ']')
}

// planned is one step of a plan.
type planned struct {
	SObject string   `json:"sobject"`
	Files   []string `json:"files"`
}

// treeFiles are the names a plan lists, nil when the text is no plan.
func treeFiles(text []byte) []string {
	var plan []planned
	if !bytes.HasPrefix(bytes.TrimLeft(text, blanks), []byte("[")) || json.Unmarshal(text, &plan) != nil {
		return nil
	}
	var names []string
	for _, p := range plan {
		if p.SObject == "" {
			return nil
		}
		names = append(names, p.Files...)
	}
	return names
}

// readTree reads the records of one type, of the only one when typ is empty. open reads
// the files a plan names.
func readTree(text []byte, typ string, enc coding, open func(string) ([]byte, error)) (*table, error) {
	list, err := treeRecords(text, open)
	if err != nil {
		return nil, err
	}
	types := treeTypes(list)
	switch {
	case typ == "" && len(types) > 1:
		return nil, errs.New(errs.Invalid, "The file holds records of several types: {0}. Import each by a map that names its type.", strings.Join(types, ", "))
	case typ == "" && len(types) == 1:
		typ = types[0]
	}
	return treeTable(list, typ, enc)
}

func treeTypes(list []treeRecord) (out []string) {
	for _, r := range list {
		if !slices.Contains(out, r.typ) {
			out = append(out, r.typ)
		}
	}
	return out
}

// treeRecords reads a file of records, or all the files of a plan.
func treeRecords(text []byte, open func(string) ([]byte, error)) ([]treeRecord, error) {
	names := treeFiles(text)
	if names == nil {
		return parseTree(text)
	}
	var all []treeRecord
	for _, name := range names {
		b, err := open(name)
		if err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "The file {0} could not be read.", name)
		}
		if b, _, err = decodeText(b, ""); err != nil {
			return nil, err
		}
		list, err := parseTree(b)
		if err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "{0}: {1}", name, errs.Fill(errs.Of(err).Message, errs.Of(err).Args))
		}
		all = append(all, list...)
	}
	return all, distinct(all)
}

// distinct refuses two records under one reference: nobody could say which is meant.
func distinct(list []treeRecord) error {
	seen := map[string]bool{}
	for _, r := range list {
		if seen[r.ref] {
			return errs.New(errs.Invalid, "Two records have the reference {0}.", r.ref)
		}
		seen[r.ref] = true
	}
	return nil
}

// parseTree reads {"records": [...]}, record by record, so that a message can name the line.
func parseTree(text []byte) ([]treeRecord, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var whole struct {
		Records []json.RawMessage `json:"records"`
	}
	if err := d.Decode(&whole); err != nil {
		return nil, jsonError(text, d, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errs.New(errs.Invalid, "Line {0} of the file: text follows the end of the records.", lineAt(text, d.InputOffset()))
	}
	if whole.Records == nil {
		return nil, errs.New(errs.Invalid, `The file holds no "records".`)
	}
	var out []treeRecord
	line, rest := 1, text
	for _, raw := range whole.Records {
		at := max(0, bytes.Index(rest, raw))
		line += bytes.Count(rest[:at], []byte("\n"))
		var err error
		if out, err = appendTree(out, raw, "", line, 0); err != nil {
			return nil, err
		}
		line, rest = line+bytes.Count(raw, []byte("\n")), rest[at+len(raw):]
	}
	return out, distinct(out)
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(int(offset), len(text))], []byte("\n"))
}

func jsonError(text []byte, d *json.Decoder, err error) error {
	at := d.InputOffset()
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = s.Offset
	}
	if u, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = u.Offset
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		at = int64(len(text))
	}
	return errs.Wrap(errs.Invalid, err, "Line {0} of the file cannot be read as JSON records.", lineAt(text, at))
}

// appendTree adds a record and those nested in it.
func appendTree(out []treeRecord, raw []byte, parent string, line, depth int) ([]treeRecord, error) {
	var head struct {
		Type        string `json:"type"`
		ReferenceID string `json:"referenceId"`
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || json.Unmarshal(fields["attributes"], &head) != nil || head.Type == "" || head.ReferenceID == "" {
		return nil, errs.New(errs.Invalid, `Line {0} of the file: a record needs "attributes" with "type" and "referenceId".`, line)
	}
	r := treeRecord{typ: head.Type, ref: head.ReferenceID, parent: parent, fields: map[string]string{}}
	var children []json.RawMessage
	for _, name := range order(raw) {
		if name == "attributes" {
			continue
		}
		nested, err := r.set(name, fields[name], line, depth)
		if err != nil {
			return nil, err
		}
		children = append(children, nested...)
	}
	out = append(out, r)
	for _, c := range children {
		var err error
		if out, err = appendTree(out, c, r.ref, line, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// order lists the keys of an object as they are written.
func order(raw []byte) (names []string) {
	d, seen := json.NewDecoder(bytes.NewReader(raw)), map[string]bool{}
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		k, err := d.Token()
		name, ok := k.(string)
		var skip json.RawMessage
		if err != nil || !ok || d.Decode(&skip) != nil {
			return names
		}
		if !seen[name] {
			names, seen[name] = append(names, name), true
		}
	}
	return names
}

// set keeps one value as text and returns the records nested in it.
func (r *treeRecord) set(name string, raw json.RawMessage, line, depth int) (nested []json.RawMessage, err error) {
	if depth > maxDepth {
		return nil, errs.New(errs.Invalid, "Line {0} of the file: the records are nested too deep.", line)
	}
	switch raw[0] {
	case '{':
		var kids struct {
			Records []json.RawMessage `json:"records"`
		}
		if json.Unmarshal(raw, &kids) != nil || kids.Records == nil {
			return nil, r.flatten(name, raw, line, depth)
		}
		return kids.Records, nil
	case '[':
		return nil, errs.New(errs.Invalid, "Line {0} of the file: the value of {1} is a list, which no field holds.", line, name)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "Line {0} of the file cannot be read as JSON records.", line)
	}
	text := ""
	switch x := v.(type) {
	case nil:
	case string:
		text = strings.TrimPrefix(x, "@")
	case json.Number:
		text = x.String()
	case bool:
		text = strconv.FormatBool(x)
	}
	r.fields[name] = text
	r.order = append(r.order, name)
	return nil, nil
}

// flatten keeps a compound value (an address) as one column per part.
func (r *treeRecord) flatten(name string, raw json.RawMessage, line, depth int) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return errs.Wrap(errs.Invalid, err, "Line {0} of the file cannot be read as JSON records.", line)
	}
	for _, k := range order(raw) {
		if _, err := r.set(name+"."+k, parts[k], line, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// treeTable are the records of a type as rows. A column that refers to another record of
// the file is followed by the columns of that one: Account.Name.
func treeTable(list []treeRecord, typ string, enc coding) (*table, error) {
	byRef := map[string]*treeRecord{}
	for i := range list {
		byRef[list[i].ref] = &list[i]
	}
	heads := []string{"referenceId", "parent"}
	known := map[string]bool{"referenceId": true, "parent": true}
	var rows []map[string]string
	for _, r := range list {
		if r.typ != typ {
			continue
		}
		row := map[string]string{"referenceId": r.ref, "parent": r.parent}
		put := func(head, text string) {
			if row[head] = text; !known[head] {
				heads, known[head] = append(heads, head), true
			}
		}
		follow := func(head, ref string) {
			if to := byRef[ref]; to != nil && to.ref != r.ref {
				for _, f := range to.order {
					put(head+"."+f, to.fields[f])
				}
			}
		}
		follow("parent", r.parent)
		for _, f := range r.order {
			put(f, r.fields[f])
			follow(f, r.fields[f])
			if len(heads) > maxColumns {
				return nil, errs.New(errs.Invalid, "A file has at most {0} columns.", maxColumns)
			}
		}
		if err := bounded(len(rows), len(heads)); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	t := newTable(heads)
	t.sparse, t.coding = true, enc
	for _, row := range rows {
		line := make([]string, len(heads))
		for i, h := range heads {
			line[i] = row[h]
		}
		t.rows = append(t.rows, line)
	}
	return t, nil
}

// plans finds the files of a folder that say what a tree consists of: its plans, else
// every file of records.
func plans(data fs.FS) (names []string, err error) {
	all, err := fs.Glob(data, "*.json")
	if err != nil {
		return nil, err
	}
	var plan []string
	for _, n := range all {
		b, err := fs.ReadFile(data, n)
		if err != nil {
			return nil, err
		}
		if b, _, err = decodeText(b, ""); err != nil {
			continue // no text, so no tree
		}
		switch {
		case treeFiles(b) != nil:
			plan = append(plan, n)
		case bytes.Contains(b, []byte(`"records"`)):
			names = append(names, path.Clean(n))
		}
	}
	if len(plan) > 0 {
		return plan, nil
	}
	return names, nil
}
