package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

func appendString(b []byte, s string) []byte {
	q, _ := json.Marshal(s) // text always marshals
	return append(b, q...)
}

// decode reads a JSON object into the values of fields. It checks the shape only;
// meaning is checked by the write path, the same for forms and files.
func decode(body []byte, fields []*resource.Meta) (resource.Values, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return resource.Values{}, nil
	}
	if !utf8.Valid(body) { // else the decoder would replace what it cannot read
		return nil, errs.New(errs.Unreadable, "The body is not a JSON object.")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var raw map[string]any
	if err := d.Decode(&raw); err != nil {
		return nil, errs.Wrap(errs.Unreadable, err, "The body is not a JSON object.")
	}
	if raw == nil {
		return nil, errs.New(errs.Unreadable, "The body is not a JSON object.")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errs.New(errs.Unreadable, "The body holds more than one JSON value.")
	}
	v, bad := values(raw, fields, "")
	if e := errs.Join(bad); e != nil {
		return nil, e
	}
	return v, nil
}

func values(raw map[string]any, fields []*resource.Meta, prefix string) (resource.Values, []errs.Field) {
	out := resource.Values{}
	var bad []errs.Field
	known := map[string]*resource.Meta{}
	for _, f := range fields {
		known[f.Name] = f
	}
	for name, x := range raw {
		m := known[name]
		if m == nil {
			if prefix != "" && name == "id" {
				m = &resource.Meta{Name: "id", Kind: resource.KInt}
			} else {
				bad = append(bad, errs.Field{Name: prefix + name, Message: "There is no such field."})
				continue
			}
		}
		v, msg := value(x, m, prefix)
		if list, ok := v.([]errs.Field); ok {
			bad = append(bad, list...)
			continue
		}
		if msg != "" {
			bad = append(bad, errs.Field{Name: prefix + name, Message: msg})
			continue
		}
		out[name] = v
	}
	return out, bad
}

// value turns one JSON value into text or lines; a list of fields is what is
// wrong inside lines.
func value(x any, m *resource.Meta, prefix string) (any, string) {
	if m.Kind == resource.KLines {
		list, ok := x.([]any)
		if !ok {
			return nil, "A list of lines is expected."
		}
		return lines(list, m, prefix)
	}
	switch v := x.(type) {
	case nil:
		return "", ""
	case string:
		if m.Kind == resource.KInt || m.Kind == resource.KRef {
			return nil, "A number is expected."
		}
		if m.Kind == resource.KBool {
			return nil, "True or false is expected."
		}
		return v, ""
	case json.Number:
		switch {
		case m.Kind == resource.KRef || m.Kind == resource.KInt:
			if strings.ContainsAny(v.String(), ".eE") {
				return nil, "A whole number is expected."
			}
			if m.Kind == resource.KRef && v.String() == "0" {
				return "", ""
			}
			return v.String(), ""
		case m.Number():
			return v.String(), ""
		}
		return nil, "Text is expected."
	case bool:
		if m.Kind == resource.KBool {
			return map[bool]string{true: "true", false: "false"}[v], ""
		}
		return nil, "A value of another type is expected."
	}
	return nil, "A single value is expected."
}

func lines(list []any, m *resource.Meta, prefix string) (any, string) {
	out := make([]resource.Values, 0, len(list))
	var bad []errs.Field
	for i, x := range list {
		raw, ok := x.(map[string]any)
		path := fmt.Sprintf("%s%s.%d.", prefix, m.Name, i)
		if !ok {
			bad = append(bad, errs.Field{Name: strings.TrimSuffix(path, "."), Message: "An object is expected."})
			continue
		}
		v, wrong := values(raw, m.Lines, path)
		bad = append(bad, wrong...)
		out = append(out, v)
	}
	if len(bad) > 0 {
		return bad, ""
	}
	return out, ""
}
