package transfer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"meridian/platform/errs"
)

func workbook(t testing.TB, cells map[string]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for at, v := range cells {
		if err := f.SetCellStr("Sheet1", at, v); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRead: what a spreadsheet program writes is read; what cannot be read whole is
// refused, not guessed.
func TestRead(t *testing.T) {
	t.Parallel()
	chinese, err := simplifiedchinese.GB18030.NewEncoder().String("客户,城市\n华东精工,上海\n")
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 10<<20)
	for name, c := range map[string]struct {
		body, want string // the second row
		rows       int    // -1 = refused
	}{
		"plain":              {"a,b\n1,2\n", "1|2", 1},
		"with a mark":        {"\ufeffa,b\n1,2", "1|2", 1},
		"semicolons":         {"a;b\n1;2,5\n", "1|2,5", 1},
		"tabs":               {"a\tb\r\n1\t2\r\n", "1|2", 1},
		"GB18030":            {chinese, "华东精工|上海", 1},
		"quotes over lines":  {"a,b\n\"1\n2\",\"say \"\"x\"\"\"\n", "1\n2|say \"x\"", 1},
		"only a head":        {"a,b\n", "", 0},
		"10 MB in one cell":  {"a,b\n" + big + ",2\n", big + "|2", 1},
		"empty":              {"", "", -1},
		"a row too short":    {"a,b\n1\n", "", -1},
		"a row too long":     {"a,b\n1,2,3\n", "", -1},
		"an open quote":      {"a,b\n\"1,2\n", "", -1},
		"a quote inside":     {"a,b\n1\"x,2\n", "", -1},
		"NUL":                {"a,b\n1\x00,2\n", "", -1},
		"UTF-16":             {"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00", "1|2", 1},
		"UTF-16, no mark":    {"\x00a\x00,\x00b\x00\n\x001\x00,\x002", "1|2", 1},
		"Windows-1252":       {"a,b\nM\xfcnchen,2\n", "München|2", 1},
		"no text at all":     {"a,b\n\x81,2\n", "", -1},
		"no workbook":        {"PK\x03\x04 but nothing else", "", -1},
		"workbook":           {string(workbook(t, map[string]string{"A1": "a", "B1": "b", "A2": "1"})), "1|", 1},
		"a wide, long sheet": {string(workbook(t, map[string]string{"A1": "a", "XFD1": "b", "A2000": "1"})), "", -1},
	} {
		got, err := read("file", []byte(c.body), how{})
		if c.rows < 0 {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v, want a refusal", name, err)
			}
			continue
		}
		if err != nil || len(got.rows) != c.rows || c.rows > 0 && strings.Join(got.rows[0], "|") != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead: whatever the file, every row has the columns of the head, or the file is
// refused with a reason.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "a,b\n1,2\n", "a;b\n1;2", "a\tb\n\n1\t2", "\"a\nb\",c\n1,2", "a,a,\n1,2,3", "\ufeff", "\xff\xfea\x00", "\x81\x30\x81\x30", "a\rb\rc", "\"", "PK\x03\x04", strings.Repeat("\"", 1000), strings.Repeat(",", 1000)} {
		f.Add([]byte(s))
	}
	f.Add(workbook(f, map[string]string{"A1": "a", "B1": "b", "A2": "1", "C3": "late"}))
	f.Fuzz(func(t *testing.T, body []byte) {
		u, err := describe(nil, File{"file", body}, File{}, Reading{})
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%v", err)
			}
			return
		}
		got, err := u.table(Reading{})
		if err != nil || len(u.Columns) != len(got.heads) {
			t.Fatalf("%d columns described, %d read (%v)", len(u.Columns), len(got.heads), err)
		}
		for i, row := range got.rows {
			if len(row) != len(got.heads) {
				t.Fatalf("row %d has %d columns, the head %d", i, len(row), len(got.heads))
			}
		}
	})
}
