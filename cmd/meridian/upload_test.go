package main

import (
	"strings"
	"testing"

	"meridian/platform/transfer"
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
	send := func(files map[string]transfer.File) (int, string) {
		res, page := s.upload(c, dialog, files)
		return res.StatusCode, page
	}
	if status, body := send(map[string]transfer.File{"file": {Name: "bill.xml", Body: []byte("<html/>")}}); status != 422 || !strings.Contains(body, "html") || !strings.Contains(body, "UBL") {
		t.Errorf("a page as an invoice: %d %s", status, clipped(body))
	}
	if status, body := send(nil); status != 422 || !strings.Contains(body, "enctype") {
		t.Errorf("no file at all: %d %s", status, clipped(body))
	}
	s.person("rep", "ltc.rep")
	if status, _ := s.page(s.browserless("rep"), dialog); status != 403 {
		t.Errorf("who may not capture invoices is asked for a file: %d", status)
	}
}

func clipped(s string) string { return s[:min(len(s), 600)] }
