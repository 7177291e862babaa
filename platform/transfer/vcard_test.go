package transfer

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"meridian/platform/errs"
)

// cardOf reads a file of one card as its columns.
func cardOf(t *testing.T, text string) map[string]string {
	t.Helper()
	got, err := read("x.vcf", []byte(text), how{})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if len(got.rows) != 1 {
		t.Fatalf("%d cards, want 1: %q", len(got.rows), text)
	}
	out := map[string]string{}
	for i, h := range got.heads {
		if got.rows[0][i] != "" {
			out[h] = got.rows[0][i]
		}
	}
	return out
}

func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n" }

// TestCards: the same person as three versions and several programs write them.
func TestCards(t *testing.T) {
	t.Parallel()
	chinese, err := simplifiedchinese.GB18030.NewEncoder().String(lines("BEGIN:VCARD", "VERSION:2.1", "FN:李伟", "ORG:华东精密制造有限公司", "NOTE:客户要求十台伺服驱动器", "END:VCARD"))
	if err != nil {
		t.Fatal(err)
	}
	western, err := charmap.Windows1252.NewEncoder().String(lines("BEGIN:VCARD", "VERSION:2.1", "FN:Jürgen Weiß", "END:VCARD"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"2.1 quoted-printable over lines": {
			lines("BEGIN:VCARD", "VERSION:2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=91=20;=C3=", "=91;;;", "TEL;CELL;PREF:123456", "TEL;WORK;FAX:99", "END:VCARD"),
			map[string]string{"family_name": "Ñ", "given_name": "Ñ", "name": "Ñ Ñ", "mobile": "123456", "phone": "123456", "fax": "99", "kind": "person", "customer": "Ñ Ñ"}},
		"2.1 bare encoding, line breaks in a note": {
			lines("BEGIN:VCARD", "VERSION:2.1", "FN:A B", "NOTE;QUOTED-PRINTABLE:one=0D=0Atwo=0D=", "=0A", "EMAIL;INTERNET:a@b.c", "END:VCARD"),
			map[string]string{"note": "one\ntwo", "email": "a@b.c"}},
		"2.1 character set of a property": {
			lines("BEGIN:VCARD", "VERSION:2.1", "FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=FCrgen", "END:VCARD"), map[string]string{"name": "Jürgen"}},
		"2.1 GBK file":          {chinese, map[string]string{"name": "李伟", "company": "华东精密制造有限公司", "customer": "华东精密制造有限公司", "kind": "company"}},
		"2.1 Windows-1252 file": {western, map[string]string{"name": "Jürgen Weiß"}},
		"3.0 folded and escaped": {
			lines("BEGIN:vCard", "VERSION:3.0", "FN:John Richter\\, James Doe", "ADR;TYPE=WORK,POSTAL:;;6544 Battleford Drive", " ;Raleigh;NC;27613;U.S.A.", "TEL;TYPE=VOICE,MSG,WORK:+1-919", "EMAIL;TYPE=INTERNET:b@x.com", "EMAIL;TYPE=INTERNET,PREF:a@x.com", "NOTE:one\\ntwo\\;three", "item1.URL:http\\://x.com", "END:vCard"),
			map[string]string{"name": "John Richter, James Doe", "street": "6544 Battleford Drive", "city": "Raleigh", "country": "U.S.A.", "address": "6544 Battleford Drive, Raleigh, NC, 27613, U.S.A.", "phone_work": "+1-919", "email": "a@x.com", "emails": "a@x.com, b@x.com", "note": "one\ntwo;three", "website": "http://x.com"}},
		"3.0 a colon in a quoted parameter": {
			lines("BEGIN:VCARD", "VERSION:3.0", "FN:A", `TEL;X="a:b;c";TYPE=CELL:905`, "END:VCARD"), map[string]string{"mobile": "905"}},
		"3.0 a picture is no text": {
			lines("BEGIN:VCARD", "VERSION:3.0", "FN:A", "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ", "SkZJRgABAQ==", "TITLE:CEO", "END:VCARD"), map[string]string{"title": "CEO"}},
		"4.0 addresses as links, preference, half a birthday": {
			lines("BEGIN:VCARD", "VERSION:4.0", "UID:urn:uuid:4fbe", "FN:A", "TEL;VALUE=uri;TYPE=home:tel:+33-01", `TEL;VALUE=uri;PREF=1;TYPE="voice,work":tel:+1-555;ext=5`, "BDAY:--0203", "END:VCARD"),
			map[string]string{"key": "urn:uuid:4fbe", "phone": "+1-555 ext. 5", "phone_work": "+1-555 ext. 5", "phone_home": "+33-01", "birthday_month_day": "02-03"}},
		"Outlook: base64 with a blank line, company with a comma": {
			lines("BEGIN:VCARD", "VERSION:2.1", "FN:J", "ORG:Company, The;Dep", "BDAY:19800321", "KEY;X509;ENCODING=BASE64:", "    MIID", "", "", "ROLE:R", "END:VCARD"),
			map[string]string{"company": "Company, The", "department": "Dep", "birthday": "1980-03-21", "birthday_month_day": "03-21", "role": "R"}},
		"Android: nothing but an address": {lines("BEGIN:VCARD", "VERSION:2.1", "EMAIL;PREF:x@y.z", "END:VCARD"), map[string]string{"name": "x@y.z"}},
		"an agent inside": {
			lines("BEGIN:VCARD", "VERSION:2.1", "FN:Boss", "AGENT:", "BEGIN:VCARD", "FN:Secretary", "END:VCARD", "TITLE:T", "END:VCARD"), map[string]string{"name": "Boss", "title": "T"}},
		"old line ends": {"BEGIN:VCARD\rFN:A\rEND:VCARD", map[string]string{"name": "A"}},
	} {
		got := cardOf(t, c.text)
		for k, want := range c.want {
			if got[k] != want {
				t.Errorf("%s: %s is %q, want %q", name, k, got[k], want)
			}
		}
	}
	two, err := read("x", []byte(lines("BEGIN:VCARD", "FN:A", "END:VCARD", "", "BEGIN:VCARD", "FN:B", "END:VCARD")), how{})
	if err != nil || len(two.rows) != 2 || two.rows[0][0] == two.rows[1][0] {
		t.Errorf("two cards read as %v (%v), want two with keys of their own", two, err)
	}
}

// TestBrokenFiles: what cannot be read is refused with the line, card or JSON.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"a card without an end":    {lines("BEGIN:VCARD", "FN:A", "END:VCARD", "BEGIN:VCARD", "FN:B"), 4},
		"a line without a colon":   {lines("BEGIN:VCARD", "FN:A", "what is this", "END:VCARD"), 3},
		"a card inside a card":     {lines("BEGIN:VCARD", "FN:A", "BEGIN:VCARD", "FN:B", "END:VCARD"), 3},
		"text outside the cards":   {lines("BEGIN:VCARD", "FN:A", "END:VCARD", "FN:B"), 4},
		"an unknown character set": {lines("BEGIN:VCARD", "FN;CHARSET=KLINGON;ENCODING=QUOTED-PRINTABLE:=41", "END:VCARD"), 2},
		"JSON cut off":             {"{\"records\": [\n{\"attributes\":{\"type\":\"A\",\"referenceId\":\"r\"},\n\"Name\":", 3},
		"JSON with a comma":        {"{\"records\": [\n{\"attributes\":{\"type\":\"A\",\"referenceId\":\"r\"},,\n\"Name\":1}]}", 2},
		"JSON with a tail":         {"{\"records\": []}\n\nx", 3},
		"a record without a type":  {"{\"records\": [\n\n{\"Name\":\"x\"}]}", 3},
		"a tree without a bottom":  {"{\"records\": [\n" + strings.Repeat(`{"attributes":{"type":"A","referenceId":"r"},"C":{"records":[`, 12) + `{"attributes":{"type":"A","referenceId":"x"},"N":1}` + strings.Repeat("]}}", 12) + "]}", 2},
		"a list as a value":        {"{\"records\": [\n{\"attributes\":{\"type\":\"A\",\"referenceId\":\"r\"},\"N\":[1]}]}", 2},
	} {
		_, err := read("x", []byte(c.text), how{})
		e := errs.Of(err)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.Fill(e.Message, e.Args), "ine "+itoa(c.line)+" ") {
			t.Errorf("%s: %v, want a refusal that names line %d", name, err, c.line)
		}
	}
	if _, err := read("x", []byte(`{"other": 1}`), how{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("JSON of something else: %v", err)
	}
	if x, err := read("x", []byte("[Id],[Name]\n1,A\n"), how{}); err != nil || x.cell(x.rows[0], "[Name]") != "A" {
		t.Errorf("a table whose heads stand in brackets: %v", err)
	}
	wide := new(strings.Builder)
	for i := range maxColumns {
		fmt.Fprintf(wide, `"f%d":1,`, i)
	}
	if _, err := read("x", []byte(`{"records":[{"attributes":{"type":"A","referenceId":"r"},`+strings.TrimSuffix(wide.String(), ",")+`}]}`), how{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a record wider than a sheet: %v", err)
	}
	same := `{"records": [{"attributes":{"type":"A","referenceId":"r"}},{"attributes":{"type":"B","referenceId":"r"}}]}`
	if _, err := read("x", []byte(same), how{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("two records under one reference: %v", err)
	}
}

func itoa(n int) string { return string(rune('0' + n)) }

// FuzzCards: whatever stands in a file that begins as a card, it is refused with a reason
// or every card is a row with a name column of valid text.
func FuzzCards(f *testing.F) {
	for _, s := range []string{
		"BEGIN:VCARD\nEND:VCARD", "BEGIN:VCARD\nVERSION:2.1\nN;ENCODING=QUOTED-PRINTABLE:=C3=\n=91\nEND:VCARD", "BEGIN:VCARD\n a\nEND:VCARD", "BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nEND:VCARD\nEND:VCARD\n",
		"BEGIN:VCARD\nADR:a\\;b;;;\nTEL;\"x:1\nBDAY:--12\nEND:VCARD", "BEGIN:VCARD\nPHOTO;BASE64:\nAAAA\n\nEND:VCARD", "BEGIN:VCARD\n.:\n;:\n=:\\\nEND:VCARD", "BEGIN:VCARD\nFN;CHARSET=x;QUOTED-PRINTABLE:=\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := read("x", append([]byte("BEGIN:VCARD\n"), body...), how{})
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%v", err)
			}
			return
		}
		for i, row := range got.rows {
			if len(row) != len(cardHeads) || row[0] == "" {
				t.Fatalf("card %d has %d columns and the key %q", i, len(row), row[0])
			}
			if strings.ContainsAny(row[1], "\n\r\x00") {
				t.Fatalf("the name %q goes over lines", row[1])
			}
		}
	})
}
