package idno

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// TestIBAN: right and wrong numbers whose digits were worked out by hand.
func TestIBAN(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"GB82 WEST 1234 5698 7654 32": true, "de89370400440532013000": true, "DE89 3704 0044 0532 0130 01": false, "DE89 3704 0044 0532 0130": false,
		"QQ93 1234 5678": false, "": false, "ES91 2100 0418 4502 0005 1332": true, "6222 0000 1111": false,
	} {
		if got := IBAN(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]bool{"GB82 WEST 1234 5698 7654 32": true, "6222 0000 1111 2222": false, "ICBC Suzhou 6222 0000 1111": false, "台州银行路桥支行 5200 1888": false} {
		if got := LooksLikeIBAN(s); got != want {
			t.Errorf("%q looks like an IBAN: %v, want %v", s, got, want)
		}
	}
}

// TestIBANKnownNumbers agrees with published lists of right and wrong numbers.
func TestIBANKnownNumbers(t *testing.T) {
	t.Parallel()
	rows := known(t, "iban_a.csv")
	valid := 0
	for _, r := range rows[1:] {
		want := r[1] == "valid"
		if got := IBAN(r[0]); got != want {
			t.Errorf("%s: %v, want %v (%s)", r[0], got, want, r[2])
		}
		if want {
			valid++
		}
	}
	if valid == 0 || valid == len(rows)-1 {
		t.Errorf("%d of %d numbers are right, want some of both", valid, len(rows)-1)
	}
}

// known reads a list of published numbers beside the repository.
func known(t *testing.T, name string) [][]string {
	t.Helper()
	dirs := []string{os.Getenv("MERIDIAN_SHARED")}
	for dir, n := ".", 0; n < 6; n++ {
		dir = filepath.Join(dir, "..")
		dirs = append(dirs, filepath.Join(dir, "shared", "data"))
	}
	for _, d := range dirs {
		b, err := os.Open(filepath.Join(d, "idnumbers", name))
		if err != nil {
			continue
		}
		defer func() { _ = b.Close() }()
		rows, err := csv.NewReader(b).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		return rows
	}
	t.Skip("SKIPPED: the third-party data (shared/data) is not beside the repository; set MERIDIAN_SHARED")
	return nil
}
