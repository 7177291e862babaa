package main

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// TestUploadDialog: the dialog that asks for a file is sent with it, and says what is
// wrong with the file while everything else stays as it was.
func TestUploadDialog(t *testing.T) {
	s := newSuite(t)
	s.person("clerk", "core.finance_clerk")
	c := s.browserless("clerk")
	const dialog = "/proc/einvoice/do/read"
	status, body := s.page(c, dialog)
	if status != 200 || !strings.Contains(body, `enctype="multipart/form-data"`) || !strings.Contains(body, `type="file"`) {
		t.Fatalf("the dialog answers %d without a place for the file", status)
	}
	send := func(name, text string) (int, string) {
		t.Helper()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		if name != "" {
			part, err := m.CreateFormFile("file", name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = part.Write([]byte(text))
		}
		_ = m.WriteField("po_id", "")
		_ = m.Close()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+dialog, &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", m.FormDataContentType())
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, read(t, res)
	}
	if status, body := send("bill.xml", "<html/>"); status != 422 || !strings.Contains(body, "html") || !strings.Contains(body, "UBL") {
		t.Errorf("a page as an invoice: %d %s", status, clipped(body))
	}
	if status, body := send("", ""); status != 422 || !strings.Contains(body, "enctype") {
		t.Errorf("no file at all: %d %s", status, clipped(body))
	}
	s.person("rep", "ltc.rep")
	if status, _ := s.page(s.browserless("rep"), dialog); status != 403 {
		t.Errorf("who may not capture invoices is asked for a file: %d", status)
	}
}

func clipped(s string) string { return s[:min(len(s), 600)] }
