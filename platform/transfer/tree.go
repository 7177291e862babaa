package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
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

func isJSON(text []byte) bool {
	t := bytes.TrimLeft(text, " \t\r\n")
	return len(t) > 0 && (t[0] == '{' || t[0] == '[')
}

// planned is one step of a plan.
type planned struct {
	SObject string   `json:"sobject"`
	Files   []string `json:"files"`
}

// treeFiles are the names a plan lists, nil when the text is no plan.
func treeFiles(text []byte) []string {
	var plan []planned
	if json.Unmarshal(text, &plan) != nil {
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
	t := treeTable(list, typ)
	t.coding = enc
	return t, nil
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
	at := 0
	for _, raw := range whole.Records {
		at += max(0, bytes.Index(text[at:], raw))
		var err error
		if out, err = appendTree(out, raw, "", lineAt(text, int64(at))); err != nil {
			return nil, err
		}
		at += len(raw)
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
func appendTree(out []treeRecord, raw []byte, parent string, line int) ([]treeRecord, error) {
	var head struct {
		Attributes struct {
			Type        string `json:"type"`
			ReferenceID string `json:"referenceId"`
		} `json:"attributes"`
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || json.Unmarshal(raw, &head) != nil || head.Attributes.Type == "" || head.Attributes.ReferenceID == "" {
		return nil, errs.New(errs.Invalid, `Line {0} of the file: a record needs "attributes" with "type" and "referenceId".`, line)
	}
	r := treeRecord{typ: head.Attributes.Type, ref: head.Attributes.ReferenceID, parent: parent, fields: map[string]string{}}
	var children [][]byte
	for _, name := range order(raw) {
		if name == "attributes" {
			continue
		}
		nested, err := r.set(name, fields[name], line)
		if err != nil {
			return nil, err
		}
		children = append(children, nested...)
	}
	out = append(out, r)
	for _, c := range children {
		var err error
		if out, err = appendTree(out, c, r.ref, line); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// order lists the keys of an object as they are written.
func order(raw []byte) (names []string) {
	d := json.NewDecoder(bytes.NewReader(raw))
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
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// set keeps one value as text and returns the records nested in it.
func (r *treeRecord) set(name string, raw json.RawMessage, line int) (nested [][]byte, err error) {
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
		text = map[bool]string{true: "true", false: "false"}[x]
	case map[string]any:
		var kids struct {
			Records []json.RawMessage `json:"records"`
		}
		if json.Unmarshal(raw, &kids) != nil || kids.Records == nil {
			return nil, r.flatten(name, raw, line)
		}
		for _, k := range kids.Records {
			nested = append(nested, k)
		}
		return nested, nil
	default:
		return nil, errs.New(errs.Invalid, "Line {0} of the file: the value of {1} is a list, which no field holds.", line, name)
	}
	r.fields[name] = text
	r.order = append(r.order, name)
	return nil, nil
}

// flatten keeps a compound value (an address) as one column per part.
func (r *treeRecord) flatten(name string, raw json.RawMessage, line int) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return errs.Wrap(errs.Invalid, err, "Line {0} of the file cannot be read as JSON records.", line)
	}
	for _, k := range order(raw) {
		if _, err := r.set(name+"."+k, parts[k], line); err != nil {
			return err
		}
	}
	return nil
}

// treeTable are the records of a type as rows. A column that refers to another record of
// the file is followed by the columns of that one: Account.Name.
func treeTable(list []treeRecord, typ string) *table {
	byRef := map[string]*treeRecord{}
	for i := range list {
		byRef[list[i].ref] = &list[i]
	}
	heads := []string{"referenceId", "parent"}
	var rows []map[string]string
	for _, r := range list {
		if r.typ != typ {
			continue
		}
		row := map[string]string{"referenceId": r.ref, "parent": r.parent}
		put := func(head, text string) {
			if row[head] = text; !slices.Contains(heads, head) {
				heads = append(heads, head)
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
		}
		rows = append(rows, row)
	}
	t := newTable(heads)
	t.sparse = true
	for _, row := range rows {
		line := make([]string, len(heads))
		for i, h := range heads {
			line[i] = row[h]
		}
		t.rows = append(t.rows, line)
	}
	return t
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
