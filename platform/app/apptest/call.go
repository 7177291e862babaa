package apptest

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"time"

	"meridian/platform/authz"
)

// Try calls the interface as the actor of ctx does with a token; body is JSON unless nil.
// path stands below /api/v1.
func (s *Suite) Try(ctx context.Context, method, path string, body any) (status int, answer map[string]any, text string) {
	s.T.Helper()
	actor := authz.Actor(ctx)
	token, ok := s.tokens[actor]
	if !ok {
		var err error
		if token, err = s.Authn.NewToken(authz.System(s.As(actor), "test"), actor, "test", time.Time{}); err != nil {
			s.T.Fatalf("token: %v", err)
		}
		s.tokens[actor] = token
	}
	b, err := json.Marshal(body)
	if err != nil {
		s.T.Fatal(err)
	}
	if body == nil {
		b = nil
	}
	r := httptest.NewRequestWithContext(s.T.Context(), method, "/api/v1"+path, strings.NewReader(string(b)))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept-Language", "en")
	w := httptest.NewRecorder()
	s.api().ServeHTTP(w, r)
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer, w.Body.String()
}

// Call is Try that fails the test unless the answer has the status.
func (s *Suite) Call(ctx context.Context, method, path string, body any, want int) map[string]any {
	s.T.Helper()
	status, out, text := s.Try(ctx, method, path, body)
	if status != want {
		s.T.Fatalf("%s %s answered %d, want %d: %s", method, path, status, want, text)
	}
	return out
}

// Table calls a report (path below /api/v1, with its query) and returns the cells of one
// of its tables, a row by column.
func (s *Suite) Table(ctx context.Context, path, key string) []map[string]any {
	s.T.Helper()
	out := s.Call(ctx, "GET", path, nil, 200)
	tables, _ := out["tables"].([]any)
	for _, t := range tables {
		table, _ := t.(map[string]any)
		if table["key"] != key {
			continue
		}
		rows, _ := table["rows"].([]any)
		cells := make([]map[string]any, len(rows))
		for i, r := range rows {
			row, _ := r.(map[string]any)
			cells[i], _ = row["cells"].(map[string]any)
		}
		return cells
	}
	s.T.Fatalf("%s shows no table %q: %v", path, key, out)
	return nil
}

// Tile is the value of a figure of a report.
func (s *Suite) Tile(ctx context.Context, path, key string) any {
	s.T.Helper()
	tiles, _ := s.Call(ctx, "GET", path, nil, 200)["tiles"].([]any)
	for _, t := range tiles {
		if tile, _ := t.(map[string]any); tile["key"] == key {
			return tile["value"]
		}
	}
	s.T.Fatalf("%s shows no figure %q: %v", path, key, tiles)
	return nil
}
