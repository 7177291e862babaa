package transfer

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"meridian/platform/errs"
)

// The encodings a file of text may be in.
const (
	UTF8        = "utf-8"
	GB18030     = "gb18030"
	Windows1252 = "windows-1252"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
)

// Encodings lists what a person may choose from.
func Encodings() []string { return []string{UTF8, GB18030, Windows1252, UTF16LE, UTF16BE} }

// coding is how the bytes of a file were read as text. A guess is for a person to
// confirm: the same bytes mean other letters in another encoding.
type coding struct {
	name    string
	guessed bool
}

// encodings are the readers of all but UTF-8.
var encodings = map[string]encoding.Encoding{
	GB18030: simplifiedchinese.GB18030, Windows1252: charmap.Windows1252,
	UTF16LE: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), UTF16BE: unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
}

// decodeText turns bytes into UTF-8: in the encoding named, else in the one they look like.
func decodeText(body []byte, name string) ([]byte, coding, error) {
	c := coding{name: name}
	if name == "" {
		c = guessEncoding(body)
	}
	text, ok := decodeAs(body, c.name)
	switch {
	case ok:
		return text, c, nil
	case name != "":
		return nil, c, errs.New(errs.Invalid, "The file is not text in the encoding {0}.", name)
	}
	return nil, c, errs.New(errs.Invalid, "The file is not text in an encoding we know.")
}

// decodeAs reads bytes in an encoding; false when some of them mean nothing in it.
func decodeAs(body []byte, name string) ([]byte, bool) {
	text := body
	if e := encodings[name]; e != nil {
		var err error
		if text, err = e.NewDecoder().Bytes(body); err != nil {
			return nil, false
		}
	} else if name != UTF8 || !utf8.Valid(body) {
		return nil, false
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	return text, !bytes.ContainsFunc(text, unreadable) || name == UTF8 && bytes.IndexByte(text, 0) < 0
}

// unreadable are the runes a decoder leaves where bytes have no meaning: the replacement
// and the control characters no text holds.
func unreadable(r rune) bool {
	return r == utf8.RuneError || r == 0 || r >= 0x80 && r < 0xa0
}

// guessEncoding says which encoding bytes look like. A mark or valid UTF-8 is no guess.
func guessEncoding(body []byte) coding {
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return coding{name: UTF16LE}
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return coding{name: UTF16BE}
	case bytes.IndexByte(body, 0) >= 0:
		return coding{name: wide(body), guessed: true}
	case utf8.Valid(body):
		return coding{name: UTF8}
	case chinese(body):
		return coding{name: GB18030, guessed: true}
	}
	return coding{name: Windows1252, guessed: true}
}

// wide tells the two byte orders apart: separators and digits have their zero first or
// second. Zeros on both sides, or few of them, are no text.
func wide(body []byte) string {
	var zeros [2]int
	for i, b := range body {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch few := len(body) / 10; {
	case len(body)%2 != 0:
		return UTF8
	case zeros[0] == 0 && zeros[1] > few:
		return UTF16LE
	case zeros[1] == 0 && zeros[0] > few:
		return UTF16BE
	}
	return UTF8
}

// chinese reports whether the bytes above ASCII look like Chinese: they decode, and most
// of them, which is asked first, stand in pairs of the everyday characters (GB 2312). In Western text such a
// byte is followed by a plain letter, which is a rare character if anything.
func chinese(body []byte) bool {
	pairs, common := 0, 0
	for i := 0; i+1 < len(body); i++ {
		if body[i] < 0x80 {
			continue
		}
		pairs++
		if body[i] >= 0xa1 && body[i+1] >= 0xa1 {
			common++
		}
		i++
	}
	if common*10 < pairs*9 {
		return false
	}
	_, ok := decodeAs(body, GB18030)
	return ok
}

func knownEncoding(name string) error {
	if name == "" || slices.Contains(Encodings(), name) {
		return nil
	}
	return errs.Bad("encoding", "There is no encoding {0}.", clip(name))
}
