// Package errs is the closed set of failures of the suite.
//
// A message is a full English sentence without internals; it is also the key of
// its translation (package i18n) and may hold {0}, {1} ... for Args. The edge
// maps the Kind to a status in one place and logs only Internal.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what went wrong. The set is closed; new kinds go to the end.
type Kind uint8

// The kinds, with the status the edge answers.
const (
	Internal     Kind = iota // 500; the safe zero: the cause is logged, never shown
	Invalid                  // 422; a field or rule refused
	NotFound                 // 404; absent, or not visible to the reader
	Forbidden                // 403; the right is missing
	Conflict                 // 409 (412 with If-Match); stale version, closed round
	Precondition             // 409; wrong stage, guard, missing output, short stock
	Unreadable               // 400; the request itself cannot be parsed
	Unauthorized             // 401; not signed in
	TooMany                  // 429; rate limit
)

func (k Kind) String() string {
	return [...]string{"internal", "invalid", "not_found", "forbidden", "conflict", "precondition", "unreadable", "unauthorized", "too_many"}[k]
}

// Field is one refused field. Name is its path in the form ("lines.0.qty").
type Field struct {
	Name    string
	Message string
	Args    []any
}

// Error is a failure with a message for people.
type Error struct {
	Kind    Kind
	Message string // English sentence, the key of its translation
	Args    []any
	Fields  []Field
	Cause   error // never shown
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(Fill(e.Message, e.Args))
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, Fill(f.Message, f.Args))
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Fill replaces {0}, {1} ... in s by args.
func Fill(s string, args []any) string {
	for i, a := range args {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return s
}

// New returns an error of kind k.
func New(k Kind, message string, args ...any) *Error {
	return &Error{Kind: k, Message: message, Args: args}
}

// Wrap returns an error of kind k that keeps its cause for the log.
func Wrap(k Kind, cause error, message string, args ...any) *Error {
	return &Error{Kind: k, Message: message, Args: args, Cause: cause}
}

// Bad returns an Invalid error about one field.
func Bad(field, message string, args ...any) *Error {
	return Join([]Field{{Name: field, Message: message, Args: args}})
}

// Join returns an Invalid error about several fields, nil when there are none.
func Join(fields []Field) *Error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: "Some fields need your attention.", Fields: fields}
}

// Missing is the NotFound error of a record that is absent or not visible.
func Missing() *Error { return New(NotFound, "This record does not exist, or you may not see it.") }

// Stale is the Conflict error of an outdated version.
func Stale() *Error {
	return New(Conflict, "Somebody else changed this record meanwhile. Load the newer version and try again.")
}

// KindOf returns the kind of err, Internal when it is none of ours.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Of returns the Error inside err; any other error becomes Internal.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Message: "Something went wrong on our side. Nothing was changed.", Cause: err}
}

// Clip shortens what a message quotes to n characters.
func Clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
