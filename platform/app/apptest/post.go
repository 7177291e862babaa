package apptest

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

// Post calls a public operation as somebody outside would; header is name, value ...
func (s *Suite) Post(path, kind, body string, header ...string) (status int, answer string) {
	r := httptest.NewRequestWithContext(s.T.Context(), http.MethodPost, "/api/v1/public"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.api().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}
