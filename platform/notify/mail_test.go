package notify

import (
	"strings"
	"testing"
)

// TestMailerRefuses: a wrong address is told at the start, without its password.
func TestMailerRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range [][2]string{{"mail.example.com", "a@example.com"}, {"http://u:secret@x", "a@example.com"}, {"smtp://u:secret@mail.example.com", "nobody"}} {
		if _, err := NewMailer(bad[0], bad[1]); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
