package resource

import (
	"context"
	"io"

	"meridian/platform/authz"
	"meridian/platform/errs"
)

// Download is a file made of a document: its PDF, or a form for the programs of others.
// Declared, it is a button on the page of the document and an operation of the
// interface, for everybody who may read the document.
type Download[T any] struct {
	DownloadInfo
	// Ready says why there is no such file now: of a draft. nil is always.
	Ready func(r *T) *errs.Error
	// Write writes the file. It runs past the rules of rows: the reader may read r.
	Write func(ctx context.Context, r *T, w io.Writer) error
}

// DownloadInfo is what is known of a download without its document.
type DownloadInfo struct {
	Name  string // ubl: page /ltc/invoice/5/file/ubl, operation ltc.invoice.ubl
	Label string // E-invoice (UBL)
	Icon  string // name in the icon sprite
	Ext   string // .xml
	Media string // application/xml
}

// PDF is the download that Print makes of a type.
var PDF = DownloadInfo{Name: "pdf", Label: "PDF", Icon: "printer", Ext: ".pdf", Media: "application/pdf"}

// Download finds a download by name; nil if there is none.
func (i *Info) Download(name string) *DownloadInfo {
	for n := range i.Downloads {
		if i.Downloads[n].Name == name {
			return &i.Downloads[n]
		}
	}
	return nil
}

// downloads are those of the declaration, the PDF first.
func (t *Type[T]) downloads() (out []DownloadInfo) {
	if t.Print != nil {
		out = append(out, PDF)
	}
	for i := range t.Downloads {
		out = append(out, t.Downloads[i].DownloadInfo)
	}
	return out
}

func (t *Type[T]) download(name string) *Download[T] {
	if name == PDF.Name && t.Print != nil {
		return &Download[T]{DownloadInfo: PDF, Write: t.Print}
	}
	for i := range t.Downloads {
		if t.Downloads[i].Name == name {
			return &t.Downloads[i]
		}
	}
	return nil
}

// DownloadRow writes a file of a record the reader may see.
func (t *Type[T]) DownloadRow(ctx context.Context, id int64, name string, w io.Writer) error {
	d := t.download(name)
	if d == nil || !t.reg.Authz.Can(ctx, t.Name, "read") {
		return errs.Missing()
	}
	r, err := t.Store.Get(ctx, id)
	if err != nil {
		return err
	}
	if d.Ready != nil {
		if e := d.Ready(r); e != nil {
			return e
		}
	}
	return d.Write(authz.System(ctx, name+" of "+t.Name), r, w)
}

// NotReady says why a file cannot be made of a row now; nil when it can.
func (t *Type[T]) NotReady(r Row, name string) *errs.Error {
	if d := t.download(name); d != nil && d.Ready != nil {
		return d.Ready(r.(*row[T]).r) //nolint:forcetypeassert // rows come from this type
	}
	return nil
}
