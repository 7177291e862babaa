package resource

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// KFile is a file of the input of a move or a command; documents keep files as
// attachments, never in a field.
const KFile Kind = "file"

// maxFile is the largest file of an input, in bytes.
const maxFile = 20 << 20

// Upload is a file somebody sends. As text it is base64, after its name and a comma when
// it has one; so a form, a program and a test write it alike.
type Upload struct {
	Name string
	Body []byte
}

// Text is the upload as the value of a field.
func (u Upload) Text() string {
	if len(u.Body) == 0 {
		return ""
	}
	b := base64.StdEncoding.EncodeToString(u.Body)
	if u.Name == "" {
		return b
	}
	return u.Name + "," + b
}

// File is a file of a form.
func File[T any](name, label string, at func(*T) *Upload) *Field[T] {
	return newField(name, label, KFile, at, Upload.Text, parseUpload, func(u Upload) bool { return len(u.Body) == 0 }, func(u Upload) any { return u.Name })
}

func parseUpload(s string) (Upload, error) {
	if s == "" {
		return Upload{}, nil
	}
	if len(s) > maxFile*4/3+1024 {
		return Upload{}, refuse("A file has at most {0} MB.", maxFile>>20)
	}
	var u Upload
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		u.Name, s = s[:i], s[i+1:]
	}
	if utf8.RuneCountInString(u.Name) > 200 || !utf8.ValidString(u.Name) {
		return Upload{}, refuse("The file needs a plain name of at most {0} characters.", 200)
	}
	body, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return Upload{}, refuse("The file is not in base64.")
	}
	u.Body = body
	return u, nil
}
