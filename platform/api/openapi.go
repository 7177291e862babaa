package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

// param is a query parameter.
type param struct {
	Name, Type, Help string
	Enum             []string
}

// schema says what a body looks like: fields, a record, a list of records, or
// anything.
type schema struct {
	Fields  []*resource.Meta
	Require bool
	Ref     string
	List    string
	Any     bool
}

func writable(fields []*resource.Meta) []*resource.Meta {
	var out []*resource.Meta
	for _, f := range fields {
		if !f.ReadOnly {
			out = append(out, f)
		}
	}
	return out
}

// checkQuery refuses parameters the operation does not declare.
func (op *Op) checkQuery(q url.Values) error {
	var bad []errs.Field
	for name := range q {
		if !slices.ContainsFunc(op.query, func(p param) bool { return p.Name == name }) {
			bad = append(bad, errs.Field{Name: name, Message: "There is no such parameter."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

type obj = map[string]any

// Spec is the OpenAPI 3.1 document of every operation.
func (a *API) Spec() obj {
	paths := obj{}
	for _, op := range a.Operations() {
		item, _ := paths["/api/v1"+op.Path].(obj)
		if item == nil {
			item = obj{}
			paths["/api/v1"+op.Path] = item
		}
		item[strings.ToLower(op.Method)] = a.operation(op)
	}
	schemas := obj{"Problem": problemSchema}
	for _, d := range a.Types.Docs() {
		info := d.Info()
		schemas[info.Name] = recordSchema(info)
	}
	return obj{
		"openapi":    "3.1.0",
		"info":       obj{"title": "Meridian API", "version": a.Version, "license": obj{"name": "Apache-2.0", "identifier": "Apache-2.0"}},
		"servers":    []obj{{"url": "/"}},
		"security":   []obj{{"bearer": []string{}}},
		"paths":      paths,
		"components": obj{"securitySchemes": obj{"bearer": obj{"type": "http", "scheme": "bearer"}}, "schemas": schemas},
	}
}

var problemSchema = obj{"type": "object", "properties": obj{
	"type": obj{"type": "string"}, "title": obj{"type": "string"}, "status": obj{"type": "integer"}, "code": obj{"type": "string"}, "detail": obj{"type": "string"}, "instance": obj{"type": "string"},
	"errors": obj{"type": "array", "items": obj{"type": "object", "properties": obj{"field": obj{"type": "string"}, "detail": obj{"type": "string"}}}},
}, "required": []string{"type", "title", "status", "detail"}}

var pathParam = regexp.MustCompile(`\{(\w+)\}`)

func (a *API) operation(op *Op) obj {
	var params []obj
	for _, m := range pathParam.FindAllStringSubmatch(op.Path, -1) {
		typ := obj{"type": "string"}
		if m[1] == "id" {
			typ = obj{"type": "integer", "format": "int64", "minimum": 1}
		}
		params = append(params, obj{"name": m[1], "in": "path", "required": true, "schema": typ})
	}
	for _, p := range op.query {
		s := obj{"type": p.Type}
		if p.Enum != nil {
			s["enum"] = p.Enum
		}
		x := obj{"name": p.Name, "in": "query", "schema": s}
		if p.Help != "" {
			x["description"] = p.Help
		}
		params = append(params, x)
	}
	switch {
	case op.loose:
	case op.Method == http.MethodPatch || op.Method == http.MethodDelete:
		params = append(params, obj{"name": "If-Match", "in": "header", "required": true, "schema": obj{"type": "string"}, "description": "The version that was read."})
	case op.Method == http.MethodPost:
		params = append(params, obj{"name": "Idempotency-Key", "in": "header", "schema": obj{"type": "string", "maxLength": 200}, "description": "Repeating a call with the same key returns the first answer."})
	}
	ok := obj{"description": "Done"}
	if s := op.answer.json(); s != nil {
		ok["content"] = obj{"application/json": obj{"schema": s}}
	}
	if op.media != "" {
		ok["content"] = obj{op.media: obj{}}
	}
	status := op.status
	if status == 0 {
		status = http.StatusOK
	}
	out := obj{"operationId": op.ID, "summary": op.Summary, "tags": []string{strings.SplitN(op.ID, ".", 2)[0]}, "responses": obj{fmt.Sprint(status): ok, "default": obj{"description": "Problem",
		"content": obj{"application/problem+json": obj{"schema": obj{"$ref": "#/components/schemas/Problem"}}}}}}
	if op.approval {
		out["responses"].(obj)["202"] = obj{"description": "Waits for approval", "content": ok["content"]}
	}
	if params != nil {
		out["parameters"] = params
	}
	if op.body != nil {
		out["requestBody"] = obj{"content": obj{"application/json": obj{"schema": op.body.json()}}}
	}
	if op.Perm != "" {
		out["x-permission"] = op.Perm
	}
	if op.Public {
		out["security"] = []obj{}
	}
	return out
}

func (s *schema) json() obj {
	switch {
	case s == nil:
		return nil
	case s.Ref != "":
		return obj{"$ref": "#/components/schemas/" + s.Ref}
	case s.List != "":
		return obj{"type": "object", "required": []string{"items", "total", "next"}, "properties": obj{
			"items": obj{"type": "array", "items": obj{"$ref": "#/components/schemas/" + s.List}},
			"total": obj{"type": []string{"integer", "null"}}, "next": obj{"type": []string{"string", "null"}}}}
	case s.Any:
		return obj{"type": "object"}
	}
	return object(s.Fields, s.Require, false)
}

func object(fields []*resource.Meta, require, line bool) obj {
	props := obj{}
	if line {
		props["id"] = obj{"type": "integer", "format": "int64"}
	}
	var required []string
	for _, f := range fields {
		props[f.Name] = fieldSchema(f)
		if require && f.Required && f.Kind != resource.KBool {
			required = append(required, f.Name)
		}
	}
	out := obj{"type": "object", "properties": props, "additionalProperties": false}
	if required != nil {
		out["required"] = required
	}
	return out
}

func fieldSchema(f *resource.Meta) obj {
	out := obj{}
	decimal := func(digits int) {
		out["type"] = []string{"string", "number", "null"}
		out["pattern"] = fmt.Sprintf(`^-?[0-9]+(\.[0-9]{1,%d})?$`, digits)
	}
	switch f.Kind {
	case resource.KInt, resource.KRef:
		out["type"], out["format"] = []string{"integer", "null"}, "int64"
	case resource.KBool:
		out["type"] = []string{"boolean", "null"}
	case resource.KMoney:
		decimal(2)
	case resource.KPrice, resource.KQuantity, resource.KPercent:
		decimal(6)
	case resource.KDate:
		out["type"], out["format"] = []string{"string", "null"}, "date"
	case resource.KTime:
		out["type"], out["format"] = []string{"string", "null"}, "date-time"
	case resource.KEnum:
		values := []any{nil}
		for _, o := range f.Options {
			values = append(values, o.Value)
		}
		out["enum"] = values
	case resource.KFile:
		out["type"], out["contentEncoding"], out["description"] = []string{"string", "null"}, "base64", "The file in base64; its name and a comma may stand in front."
	case resource.KLines:
		out["type"], out["items"] = "array", object(f.Lines, false, true)
	default:
		out["type"] = []string{"string", "null"}
		if f.Max > 0 {
			out["maxLength"] = f.Max
		}
	}
	out["title"] = f.Label
	if f.Target != "" {
		out["x-ref"] = f.Target
	}
	if f.ReadOnly {
		out["readOnly"] = true
	}
	return out
}

func recordSchema(info *resource.Info) obj {
	o := object(info.Fields, false, false)
	props := o["properties"].(obj)
	integer := obj{"type": "integer", "format": "int64", "readOnly": true}
	moment := obj{"type": "string", "format": "date-time", "readOnly": true}
	props["id"], props["company_id"], props["dept_id"], props["version"] = integer, integer, integer, integer
	if f := info.Field("dept_id"); f != nil {
		props["dept_id"] = fieldSchema(f)
	}
	props["no"] = obj{"type": "string", "readOnly": true}
	props["created_at"], props["updated_at"] = moment, moment
	if info.Process != nil {
		var stages []string
		for _, s := range info.Process.Stages {
			stages = append(stages, s.Key)
		}
		props["stage"] = obj{"type": "string", "enum": stages, "readOnly": true}
	}
	delete(o, "additionalProperties")
	o["title"] = info.Label
	return o
}

func (a *API) serveSpec(c *gin.Context) {
	b, err := json.Marshal(a.Spec())
	if err != nil {
		a.Problem(c, c.Request.Context(), fmt.Errorf("encode the API document: %w", err))
		return
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", b)
}
