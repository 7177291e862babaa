package domain

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// shared returns a file of the public data beside the repository, or skips the test.
func shared(t *testing.T, path ...string) *os.File {
	t.Helper()
	roots := []string{os.Getenv("MERIDIAN_SHARED")}
	dir, _ := os.Getwd()
	for range 8 {
		roots = append(roots, filepath.Join(dir, "shared"))
		dir = filepath.Dir(dir)
	}
	for _, r := range roots {
		if f, err := os.Open(filepath.Join(append([]string{r, "data"}, path...)...)); err == nil && r != "" {
			return f
		}
	}
	t.Skipf("SKIPPED, NOT PASSED: public data set %v not found; set MERIDIAN_SHARED", path)
	return nil
}

// TestUSCCKnownNumbers checks published unified social credit codes.
func TestUSCCKnownNumbers(t *testing.T) {
	f := shared(t, "idnumbers", "cn_uscc_a.csv")
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 50 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	valid := 0
	for _, r := range rows[1:] {
		if got, want := USCC(r[0]), r[1] == "valid"; got != want {
			t.Errorf("%s: %v, want %v", r[0], got, want)
		} else if want {
			valid++
			wrong := []byte(r[0])
			wrong[3] = map[bool]byte{true: '1', false: '0'}[wrong[3] == '0']
			if USCC(string(wrong)) {
				t.Errorf("%s passes with a wrong digit", wrong)
			}
		}
	}
	if valid == 0 {
		t.Error("no valid number in the file")
	}
}

func TestKeysOfACustomer(t *testing.T) {
	for in, want := range map[string]string{"+86 138-0013-8000": "13800138000", "0086 13800138000": "13800138000", "021-5888 1234": "2158881234", "(021) 5888-1234": "2158881234", "+1 650 555 0100": "16505550100", "": ""} {
		if got := PhoneKey(in); got != want {
			t.Errorf("phone %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"Li@Example.COM": "example.com", "x@qq.com": "", "": ""} {
		if got := MailDomain(in); got != want {
			t.Errorf("mail %q: %q, want %q", in, got, want)
		}
	}
	for _, x := range []struct {
		a, b string
		min  string
		like bool
	}{
		{"Shanghai Huadong Precision Co., Ltd.", "SHANGHAI HUADONG PRECISION", "0.85", true},
		{"上海华东精密机械有限公司", "上海华东精密机械股份有限公司", "0.85", true},
		{"上海华东精密机械有限公司", "北京华东精密机械有限公司", "0.85", false},
		{"Acme", "Apex", "0.85", false},
	} {
		got := NameSimilarity(NormaliseName(x.a), NormaliseName(x.b))
		if like := !got.Less(ratio(x.min)); like != x.like {
			t.Errorf("%s and %s are %s alike", x.a, x.b, got)
		}
	}
}
