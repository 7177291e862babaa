package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

type node = map[string]any

// spec is the API document as programs read it, without the version of the build.
func (s *suite) spec() (node, []byte) {
	s.t.Helper()
	b, err := json.Marshal(s.API.Spec())
	if err != nil {
		s.t.Fatal(err)
	}
	var doc node
	if err := json.Unmarshal(b, &doc); err != nil {
		s.t.Fatal(err)
	}
	doc["info"].(node)["version"] = "0"
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(doc); err != nil {
		s.t.Fatal(err)
	}
	return doc, text.Bytes()
}

// TestOpenAPIGolden: what the interface promises changes only on purpose, in a diff
// somebody reads.
func TestOpenAPIGolden(t *testing.T) {
	golden := filepath.Join("testdata", "openapi.json")
	doc, got := newSuite(t).spec()
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	var old node
	if err := json.Unmarshal(want, &old); err != nil {
		t.Fatal(err)
	}
	t.Errorf("The API document differs from %s, first at %s.\nIf the change is meant: go test ./cmd/meridian -run TestOpenAPIGolden -update", golden, firstDifference(old, doc))
}

// firstDifference names the first operation or schema that is not the same.
func firstDifference(old, doc node) string {
	for _, part := range []struct {
		of   func(node) node
		name string
	}{{operations, "operation"}, {schemas, "schema"}} {
		a, b := part.of(old), part.of(doc)
		all := maps.Clone(a)
		maps.Copy(all, b)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if !reflect.DeepEqual(a[key], b[key]) {
				return fmt.Sprintf("%s %s:\n was %s\n is  %s", part.name, key, brief(a[key]), brief(b[key]))
			}
		}
	}
	return "its head, or in how it is written"
}

func brief(x any) string {
	if x == nil {
		return "absent"
	}
	b, _ := json.Marshal(x) // came out of JSON
	return string(b)
}

func operations(doc node) node {
	out := node{}
	for path, item := range doc["paths"].(node) {
		for method, op := range item.(node) {
			out[path+" "+method] = op
		}
	}
	return out
}

func schemas(doc node) node { return doc["components"].(node)["schemas"].(node) }

// TestOpenAPIStructure reads the document as a client generator does.
func TestOpenAPIStructure(t *testing.T) {
	s := newSuite(t)
	doc, first := s.spec()
	if _, again := s.spec(); !bytes.Equal(first, again) {
		t.Error("the document is written differently the second time")
	}
	public := map[string]bool{}
	for _, op := range s.API.Operations() {
		public[op.ID] = op.Public
	}
	walk(doc, "", func(at string, n node) {
		if ref, ok := n["$ref"].(string); ok {
			if name, ok := strings.CutPrefix(ref, "#/components/schemas/"); !ok || schemas(doc)[name] == nil {
				t.Errorf("%s refers to %s, which is not there", at, ref)
			}
		}
		if p, ok := n["pattern"].(string); ok {
			if _, err := regexp.Compile(p); err != nil {
				t.Errorf("%s: %v", at, err)
			}
		}
		if props, ok := n["properties"].(node); ok {
			for _, name := range strs(n["required"]) {
				if props[name] == nil {
					t.Errorf("%s requires %s, which it does not have", at, name)
				}
			}
		}
		if n["type"] == "array" && n["items"] == nil {
			t.Errorf("%s is a list of nothing", at)
		}
	})
	name := regexp.MustCompile(`^[a-z_]+\.[a-z_]+\.[a-z_]+$`)
	seen := map[string]string{}
	for at, x := range operations(doc) {
		op := x.(node)
		id, _ := op["operationId"].(string)
		if !name.MatchString(id) {
			t.Errorf("%s: the operation id %q is not module.type.verb", at, id)
		}
		if seen[id] != "" {
			t.Errorf("%s and %s are both called %s", at, seen[id], id)
		}
		seen[id] = at
		checkParameters(t, at, op)
		checkSecurity(t, at, doc, op, public[id])
		if len(op["responses"].(node)) < 2 || op["responses"].(node)["default"] == nil {
			t.Errorf("%s does not say what it answers", at)
		}
	}
	if len(seen) != len(public) {
		t.Errorf("the document describes %d operations of %d", len(seen), len(public))
	}
}

func checkParameters(t *testing.T, at string, op node) {
	t.Helper()
	path, _, _ := strings.Cut(at, " ")
	inPath := map[string]bool{}
	for _, m := range braces.FindAllStringSubmatch(path, -1) {
		inPath[m[1]] = true
	}
	seen := map[string]bool{}
	list, _ := op["parameters"].([]any)
	for _, x := range list {
		p := x.(node)
		key := fmt.Sprint(p["in"], " ", p["name"])
		if seen[key] {
			t.Errorf("%s declares %s twice", at, key)
		}
		seen[key] = true
		if p["in"] == "path" && (!inPath[p["name"].(string)] || p["required"] != true) {
			t.Errorf("%s: the path does not hold %s, or may lack it", at, key)
		}
		if p["schema"] == nil {
			t.Errorf("%s: %s has no type", at, key)
		}
	}
	for name := range inPath {
		if !seen["path "+name] {
			t.Errorf("%s does not declare {%s}", at, name)
		}
	}
}

// checkSecurity: who need not sign in is said at the operation; all others stand
// under the scheme of the document.
func checkSecurity(t *testing.T, at string, doc, op node, public bool) {
	t.Helper()
	own, said := op["security"].([]any)
	if public != (said && len(own) == 0) {
		t.Errorf("%s: public is %v, the document says %v", at, public, op["security"])
	}
	if said {
		return
	}
	all, _ := doc["security"].([]any)
	if len(all) == 0 {
		t.Errorf("%s asks for no sign-in", at)
	}
	for _, x := range all {
		for scheme := range x.(node) {
			if doc["components"].(node)["securitySchemes"].(node)[scheme] == nil {
				t.Errorf("there is no scheme %s", scheme)
			}
		}
	}
}

// walk visits every object of a document.
func walk(x any, at string, visit func(at string, n node)) {
	switch v := x.(type) {
	case node:
		visit(at, v)
		for k, y := range v {
			walk(y, at+"/"+k, visit)
		}
	case []any:
		for i, y := range v {
			walk(y, fmt.Sprintf("%s/%d", at, i), visit)
		}
	}
}

func strs(x any) []string {
	var out []string
	list, _ := x.([]any)
	for _, s := range list {
		out = append(out, fmt.Sprint(s))
	}
	return out
}
