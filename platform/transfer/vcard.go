package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime/quotedprintable"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"meridian/platform/errs"
)

// cardHeads are the columns of a file of vCards: what cards of every version say, each
// under one name.
var cardHeads = []string{
	"key", "name", "family_name", "given_name", "middle_name", "name_prefix", "name_suffix", "nickname",
	"kind", "customer", "company", "department", "title", "role",
	"phone", "phone_work", "mobile", "phone_home", "fax", "phones", "email", "emails",
	"address", "street", "city", "region", "postal_code", "country", "website", "note", "birthday", "birthday_month_day", "categories", "uid",
}

var cardStart = regexp.MustCompile(`(?i)^\s*BEGIN:VCARD\s*(?:\r|\n|$)`)

// isCards reports whether a file holds vCards.
func isCards(text []byte) bool { return cardStart.Match(text[:min(len(text), 200)]) }

// property is one line of a card, taken apart.
type property struct {
	line   int // in the file, for messages
	name   string
	params map[string][]string // upper case; what stands bare is a TYPE, as version 2.1 writes it
	value  string              // decoded, not yet unescaped
}

// readCards reads the cards of a file, versions 2.1, 3.0 and 4.0 with the habits of the
// programs that write them.
func readCards(text []byte, enc coding) (*table, error) {
	t := newTable(cardHeads)
	r := &cardReader{lines: splitLines(text)}
	for {
		c, err := r.card()
		if err != nil {
			return nil, err
		}
		if c == nil {
			break
		}
		if err := bounded(len(t.rows), len(cardHeads)); err != nil {
			return nil, err
		}
		t.rows = append(t.rows, c.row())
	}
	t.coding = enc
	return t, nil
}

// cardReader walks the lines of a file.
type cardReader struct {
	lines [][]byte
	next  int
}

func splitLines(text []byte) [][]byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.Split(bytes.ReplaceAll(text, []byte("\r"), []byte("\n")), []byte("\n"))
}

// card reads the next card; nil at the end of the file. A card inside a card (an agent's)
// is passed over.
func (r *cardReader) card() (*card, error) {
	var c *card
	depth, began := 0, 0
	for r.next < len(r.lines) {
		line := r.next + 1
		raw := r.logical()
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		p, err := parseProperty(raw, line)
		if err != nil {
			return nil, err
		}
		is := strings.EqualFold(strings.TrimSpace(p.value), "VCARD")
		switch {
		case p.name == "BEGIN" && is:
			if depth++; depth == 1 {
				c, began = &card{version: "3.0"}, line
			} else if !c.nested {
				return nil, errs.New(errs.Invalid, "Line {0} of the file begins a card inside the card of line {1}.", line, began)
			}
		case depth == 0:
			return nil, errs.New(errs.Invalid, "Line {0} of the file belongs to no card.", line)
		case p.name == "END" && is:
			if depth--; depth == 0 {
				return c, nil
			}
		case depth == 1:
			c.add(p)
		}
	}
	if depth > 0 {
		return nil, errs.New(errs.Invalid, "The card that begins in line {0} of the file does not end.", began)
	}
	return nil, nil //nolint:nilnil // the end of the file
}

var base64Line = regexp.MustCompile(`^[A-Za-z0-9+/=]+$`)

// logical is a line with those it continues on: folded, broken softly as quoted-printable
// is, or the unfolded rest of a picture.
func (r *cardReader) logical() []byte {
	raw := r.lines[r.next]
	r.next++
	head, _, _ := bytes.Cut(bytes.ToUpper(raw), []byte(":"))
	quoted, binary := bytes.Contains(head, []byte("QUOTED-PRINTABLE")), bytes.Contains(head, []byte("BASE64")) || bytes.Contains(head, []byte("ENCODING=B"))
	out := bytes.Clone(raw)
	for ; r.next < len(r.lines); r.next++ {
		l := r.lines[r.next]
		switch {
		case quoted && bytes.HasSuffix(out, []byte("=")):
			out = append(out[:len(out)-1], l...)
		case len(l) > 0 && (l[0] == ' ' || l[0] == '\t'):
			out = append(out, l[1:]...)
		case binary && base64Line.Match(l):
			out = append(out, l...)
		default:
			return out
		}
	}
	return out
}

// parseProperty takes a line apart: group.NAME;PARAM=value;TYPE:value.
func parseProperty(raw []byte, line int) (property, error) {
	p := property{line: line, params: map[string][]string{}}
	head, value, ok := cutOutside(string(raw), ':')
	if !ok {
		return p, errs.New(errs.Invalid, "Line {0} of the file is no line of a card: it has no colon.", line)
	}
	parts := splitOutside(head, ';')
	if i := strings.LastIndexByte(parts[0], '.'); i >= 0 {
		parts[0] = parts[0][i+1:]
	}
	p.name = strings.ToUpper(strings.TrimSpace(parts[0]))
	for _, s := range parts[1:] {
		key, v, named := strings.Cut(s, "=")
		if !named {
			key, v = "TYPE", s
			if u := strings.ToUpper(s); u == "QUOTED-PRINTABLE" || u == "BASE64" || u == "8BIT" || u == "7BIT" {
				key = "ENCODING"
			}
		}
		key = strings.ToUpper(strings.TrimSpace(key))
		for _, x := range strings.Split(strings.Trim(v, `"`), ",") {
			p.params[key] = append(p.params[key], strings.ToUpper(strings.TrimSpace(strings.Trim(x, `"`))))
		}
	}
	var err error
	p.value, err = p.decode(value)
	return p, err
}

// cutOutside cuts at the first sep outside quotation marks.
func cutOutside(s string, sep byte) (before, after string, ok bool) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return strings.Cut(s, string(sep)) // an odd quotation mark
}

func splitOutside(s string, sep byte) (out []string) {
	for {
		before, after, ok := cutOutside(s, sep)
		out = append(out, before)
		if !ok {
			return out
		}
		s = after
	}
}

// is reports whether a property carries one of the types.
func (p property) is(types ...string) bool {
	for _, t := range types {
		for _, have := range p.params["TYPE"] {
			if have == t {
				return true
			}
		}
	}
	return false
}

// preferred is the lower the more a property is meant first: PREF=1 of version 4, a bare
// PREF before.
func (p property) preferred() int {
	if v := p.params["PREF"]; len(v) > 0 && v[0] == "1" || p.is("PREF") {
		return 0
	}
	return 1
}

func (p property) binary() bool {
	e := p.params["ENCODING"]
	return len(e) > 0 && (e[0] == "B" || e[0] == "BASE64")
}

// decode undoes quoted-printable and the character set of one property.
func (p property) decode(v string) (string, error) {
	if e := p.params["ENCODING"]; len(e) == 0 || e[0] != "QUOTED-PRINTABLE" {
		return v, nil
	}
	b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(v)))
	if err != nil {
		return "", errs.New(errs.Invalid, "Line {0} of the file is not quoted-printable as it says.", p.line)
	}
	name := ""
	if c := p.params["CHARSET"]; len(c) > 0 && c[0] != "" {
		name = c[0]
	}
	if name == "" || name == "UTF-8" {
		text, _, err := decodeText(b, "")
		if err != nil {
			return "", errs.New(errs.Invalid, "Line {0} of the file is not text in an encoding we know.", p.line)
		}
		return string(text), nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return "", errs.New(errs.Invalid, "Line {0} of the file names an unknown character set: {1}.", p.line, clip(name))
	}
	text, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return "", errs.New(errs.Invalid, "Line {0} of the file is not text in {1}.", p.line, clip(name))
	}
	return string(text), nil
}

// card is one person or company.
type card struct {
	version string
	props   []property
	nested  bool // an AGENT without a value has been seen
}

func (c *card) add(p property) {
	switch {
	case p.name == "VERSION":
		c.version = strings.TrimSpace(p.value)
	case p.name == "AGENT" && strings.TrimSpace(p.value) == "":
		c.nested = true
	case !p.binary():
		c.props = append(c.props, p)
	}
}

// plain undoes the escapes of a value. Version 2.1 knows few; a line break there is
// quoted-printable.
func (c *card) plain(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch next := s[i+1]; {
		case (next == 'n' || next == 'N') && c.version != "2.1":
			b.WriteByte('\n')
		case strings.IndexByte(`\;,:"`, next) >= 0:
			b.WriteByte(next)
		default:
			b.WriteString(s[i : i+2])
		}
		i++
	}
	return b.String()
}

// parts splits a structured value at its semicolons.
func (c *card) parts(s string) (out []string) {
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ';':
			out = append(out, clean(c.plain(s[start:i])))
			start = i + 1
		}
	}
	return append(out, clean(c.plain(s[start:])))
}

// clean is text without the blanks around it and the control characters no field takes.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n")))
}

// all are the properties of a name with a value, those meant first in front.
func (c *card) all(name string) (out []property) {
	for rank := range 2 {
		for _, p := range c.props {
			if p.name == name && p.preferred() == rank && strings.Trim(clean(p.value), ";") != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

func (c *card) text(name string) string {
	if all := c.all(name); len(all) > 0 {
		return clean(c.plain(all[0].value))
	}
	return ""
}

// structured are the parts of the first property of a name, padded to n.
func (c *card) structured(name string, n int) []string {
	out := make([]string, n)
	if all := c.all(name); len(all) > 0 {
		copy(out, c.parts(all[0].value))
	}
	return out
}

func (c *card) row() []string {
	v := map[string]string{"nickname": c.text("NICKNAME"), "title": c.text("TITLE"), "role": c.text("ROLE"), "website": c.text("URL"), "uid": c.text("UID"), "categories": c.text("CATEGORIES")}
	n := c.structured("N", 5)
	v["family_name"], v["given_name"], v["middle_name"], v["name_prefix"], v["name_suffix"] = n[0], n[1], n[2], n[3], n[4]
	org := c.structured("ORG", 2)
	v["company"], v["department"] = org[0], org[1]
	c.reach(v)
	c.place(v)
	var notes []string
	for _, p := range c.all("NOTE") {
		notes = append(notes, clean(c.plain(p.value)))
	}
	v["note"] = strings.Join(notes, "\n\n")
	v["birthday"], v["birthday_month_day"] = birthday(c.text("BDAY"))
	v["name"] = c.named(v)
	v["kind"], v["customer"] = "company", v["company"]
	if v["customer"] == "" {
		v["kind"], v["customer"] = "person", v["name"]
	}
	if v["key"] = v["uid"]; v["key"] == "" {
		sum := sha256.Sum256([]byte(strings.ToLower(v["name"] + "\x00" + v["company"] + "\x00" + v["email"] + "\x00" + v["phone"])))
		v["key"] = hex.EncodeToString(sum[:8])
	}
	row := make([]string, len(cardHeads))
	for i, h := range cardHeads {
		row[i] = v[h]
	}
	return row
}

// named is what an address book shows: the full name, else whatever there is of one.
func (c *card) named(v map[string]string) string {
	whole := strings.Join(strings.Fields(strings.Join([]string{v["name_prefix"], v["given_name"], v["middle_name"], v["family_name"], v["name_suffix"]}, " ")), " ")
	for _, s := range []string{c.text("FN"), whole, v["nickname"], v["company"], v["email"], v["phone"]} {
		if s = strings.Join(strings.Fields(s), " "); s != "" {
			return s
		}
	}
	return ""
}

// reach fills in telephone numbers and addresses of mail.
func (c *card) reach(v map[string]string) {
	var voice, mails []string
	for _, p := range c.all("TEL") {
		s := strings.Replace(strings.TrimPrefix(clean(c.plain(p.value)), "tel:"), ";ext=", " ext. ", 1)
		first := func(head string) {
			if v[head] == "" {
				v[head] = s
			}
		}
		switch {
		case p.is("FAX"):
			first("fax")
			continue
		case p.is("CELL", "IPHONE"):
			first("mobile")
		case p.is("WORK"):
			first("phone_work")
		case p.is("HOME"):
			first("phone_home")
		}
		if p.preferred() == 0 {
			first("phone")
		}
		voice = append(voice, s)
	}
	for _, s := range append([]string{v["phone_work"], v["mobile"]}, voice...) {
		if v["phone"] == "" {
			v["phone"] = s
		}
	}
	for _, p := range c.all("EMAIL") {
		mails = append(mails, strings.TrimPrefix(clean(c.plain(p.value)), "mailto:"))
	}
	if len(mails) > 0 {
		v["email"] = mails[0]
	}
	v["phones"], v["emails"] = strings.Join(voice, ", "), strings.Join(mails, ", ")
}

// place fills in the address: that of work before that of home.
func (c *card) place(v map[string]string) {
	var best *property
	all := c.all("ADR")
	for i, p := range all {
		if best == nil || p.is("WORK") && !best.is("WORK") {
			best = &all[i]
		}
	}
	if best == nil {
		v["address"] = oneLine(c.text("LABEL"))
		return
	}
	a := make([]string, 7)
	copy(a, c.parts(best.value))
	v["street"], v["city"], v["region"], v["postal_code"], v["country"] = oneLine(a[2]), oneLine(a[3]), oneLine(a[4]), oneLine(a[5]), oneLine(a[6])
	var have []string
	for _, s := range a {
		if s = oneLine(s); s != "" {
			have = append(have, s)
		}
	}
	v["address"] = strings.Join(have, ", ")
}

func oneLine(s string) string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, ", ")
}

var birthdays = regexp.MustCompile(`^(?:(\d{4})|--?)-?(\d{2})-?(\d{2})(?:[T ].*)?$`)

// birthday reads a day of birth, with or without the year.
func birthday(s string) (day, monthDay string) {
	m := birthdays.FindStringSubmatch(s)
	if m == nil {
		return "", ""
	}
	monthDay = m[2] + "-" + m[3]
	if m[1] != "" {
		day = m[1] + "-" + monthDay
	}
	return day, monthDay
}
