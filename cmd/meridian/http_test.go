package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/transfer"
)

var p0 time.Time

func split(s string) []string {
	var out []string
	for _, x := range strings.Split(s, ",") {
		if x != "" {
			out = append(out, x)
		}
	}
	return out
}

// call calls the API and fails the test unless the answer has the status.
func (s *suite) call(token, method, path string, body any, want int, headers ...string) map[string]any {
	s.t.Helper()
	status, out, text := s.try(token, method, path, body, headers...)
	if status != want {
		s.t.Fatalf("%s %s answered %d, want %d: %s", method, path, status, want, text)
	}
	return out
}

// try calls the API; headers are name, value pairs.
func (s *suite) try(token, method, path string, body any, headers ...string) (int, map[string]any, string) {
	s.t.Helper()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+"/api/v1"+path, r)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var out map[string]any
	_ = json.Unmarshal(text, &out)
	return res.StatusCode, out, string(text)
}

// post sends a form as a browser without script does.
func (s *suite) post(c *http.Client, path string, form url.Values) (int, string) {
	s.t.Helper()
	res, err := c.PostForm(s.url+path, form)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, read(s.t, res)
}

// upload posts files, by their field, as a browser does.
func (s *suite) upload(c *http.Client, path string, files map[string]transfer.File) (*http.Response, string) {
	s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for field, f := range files {
		part, err := m.CreateFormFile(field, f.Name)
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = part.Write(f.Body)
	}
	_ = m.Close()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, &b)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	res, err := c.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, read(s.t, res)
}

// exec changes the database behind the program's back.
func (s *suite) exec(q string, args ...any) {
	s.t.Helper()
	if err := s.DB.Tx(s.t.Context(), func(ctx context.Context) error { return s.DB.Exec(ctx, q, args...) }); err != nil {
		s.t.Fatal(err)
	}
}

// number reads one number.
func (s *suite) number(q string, args ...any) (n int) {
	s.t.Helper()
	if _, err := s.DB.Row(s.t.Context(), q, args, &n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// as is the context of a person.
func (s *suite) as(name string) context.Context {
	p, _ := s.Authz.Directory().ByUsername(name)
	return authz.With(s.t.Context(), s.Authn.Subject(p.ID))
}
