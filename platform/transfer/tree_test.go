package transfer

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"meridian/platform/errs"
)

const accounts = `{"records": [
	{"attributes": {"type": "Account", "referenceId": "A1"}, "Name": "Wheelworks", "Employees": 12, "Active": true, "Rating": null,
	 "BillingAddress": {"city": "Belmont"},
	 "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "C1"}, "LastName": "Li"}]}}]}`

// TestTree: types, references into other files of the plan, children under their parent.
func TestTree(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"accounts.json": {Data: []byte(accounts)},
		"deals.json":    {Data: []byte(`{"records": [{"attributes": {"type": "Opportunity", "referenceId": "O1"}, "Name": "Ten bikes", "AccountId": "@A1", "Amount": 2500.50}]}`)},
		"a-plan.json":   {Data: []byte(`[{"sobject": "Account", "files": ["accounts.json"]}, {"sobject": "Opportunity", "resolveRefs": true, "files": ["deals.json"]}]`)},
	}
	names, err := plans(files)
	if err != nil || fmt.Sprint(names) != "[a-plan.json]" {
		t.Fatalf("plans are %v (%v)", names, err)
	}
	get := func(typ, head string) string {
		t.Helper()
		tab, err := read("a-plan.json", files["a-plan.json"].Data, how{sheet: typ, open: files.ReadFile})
		if err != nil || len(tab.rows) != 1 {
			t.Fatalf("%s: %v", typ, err)
		}
		return tab.cell(tab.rows[0], head)
	}
	for _, c := range [][3]string{
		{"Account", "referenceId", "A1"}, {"Account", "Employees", "12"}, {"Account", "Active", "true"}, {"Account", "Rating", ""}, {"Account", "BillingAddress.city", "Belmont"},
		{"Contact", "parent", "A1"}, {"Contact", "parent.Name", "Wheelworks"}, {"Contact", "LastName", "Li"},
		{"Opportunity", "AccountId", "A1"}, {"Opportunity", "AccountId.Name", "Wheelworks"}, {"Opportunity", "Amount", "2500.50"},
	} {
		if got := get(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s is %q, want %q", c[1], c[0], got, c[2])
		}
	}
	delete(files, "a-plan.json")
	if names, err := plans(files); err != nil || len(names) != 2 {
		t.Errorf("without a plan the files are %v (%v)", names, err)
	}
	if _, err := read("x", []byte(accounts), how{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "several types") {
		t.Errorf("two types in a file, none asked for: %v", err)
	}
	if none, err := read("x", []byte(accounts), how{sheet: "Lead"}); err != nil || len(none.rows) != 0 {
		t.Errorf("a type the file does not hold: %v", err)
	}
}

// TestLayouts: the way dates are written comes from all values of the column; where two
// readings differ, both are given.
func TestLayouts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values string
		want   string
	}{
		{"2024-01-31|", "[2006-01-02]"},
		{"31-12-2024|01-02-2024", "[2-1-2006]"},
		{"12/31/24|1/2/24", "[1/2/06]"},
		{"2-Jun-06|13-Nov-06", "[2-Jan-06]"},
		{"1/2/2024|3/4/2024", "[2/1/2006 1/2/2006]"},
		{"1/1/2024|3/3/2024", "[2/1/2006]"}, // the same days either way
		{"2014-03-08 00:00:00", "[2006-01-02 15:04:05]"},
		{"2024年3月8日", "[2006年1月2日]"},
		{"20240308", "[20060102]"},
		{"31.12.2024", "[2.1.2006]"},
		{"Mar 8, 2024", "[Jan 2, 2006]"},
		{"Date Not Captured|2-Jun-06", "[]"},
		{"|", "[]"},
	} {
		if got := fmt.Sprint(Layouts(strings.Split(c.values, "|"))); got != c.want {
			t.Errorf("%s: %s, want %s", c.values, got, c.want)
		}
	}
	for layout, want := range map[string]string{"2-1-2006": "d-m-yyyy", "1/2/06": "m/d/yy", "2-Jan-06": "d-mon-yy", time.DateOnly: "yyyy-mm-dd", "2006-01-02 15:04:05": "yyyy-mm-dd hh:mm:ss"} {
		if got := DateHint(layout); got != want {
			t.Errorf("%s is shown as %s, want %s", layout, got, want)
		}
	}
}

// TestGuessEncoding: what bytes look like, and whether that is certain.
func TestGuessEncoding(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]coding{
		"plain": {UTF8, false}, "客户": {UTF8, false}, "\xef\xbb\xbfa": {UTF8, false}, "\xff\xfea\x00": {UTF16LE, false}, "\xfe\xff\x00a": {UTF16BE, false},
		"a\x00,\x00b\x00": {UTF16LE, true}, "\x00a\x00,\x00b": {UTF16BE, true},
		"\xbf\xcd\xbb\xa7,\xb3\xc7\xca\xd0": {GB18030, true}, "Mu\xdfe und M\xfc\xdfiggang, caf\xe9": {Windows1252, true},
	} {
		if got := guessEncoding([]byte(text)); got != want {
			t.Errorf("%q looks like %v, want %v", text, got, want)
		}
	}
	if text, _, err := decodeText([]byte("M\xfcller"), Windows1252); err != nil || string(text) != "Müller" {
		t.Errorf("%q (%v)", text, err)
	}
	if _, _, err := decodeText([]byte("M\xfcller"), UTF8); !errs.Is(err, errs.Invalid) {
		t.Errorf("bytes that are not UTF-8 pass as such: %v", err)
	}
}
