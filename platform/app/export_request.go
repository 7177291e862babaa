package app

import (
	"context"
	"io"
	"net/url"
	"time"

	"meridian/platform/api"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/transfer"
)

type exportStage string

const (
	exportDraft     exportStage = "draft"
	exportGranted   exportStage = "granted"
	exportWithdrawn exportStage = "withdrawn"
)

// exportRequest asks for a file of more records than a person may export without asking
// (CRM-01). Granted, it can be downloaded for a day by who asked, and by nobody else.
type exportRequest struct {
	record.Base
	Stage        exportStage
	DocType      string
	Query        string // as in the address of the list
	Part         string // the field whose lines are written instead of the documents
	Records      int
	Reason       string
	GrantedUntil *time.Time
}

// TableName keeps gorm from guessing.
func (exportRequest) TableName() string { return "core.export_request" }

const exportGrant = 24 * time.Hour

// declareExports registers the request for a large export and holds exports to the limit
// of the company.
func (p *Platform) declareExports() {
	p.Exports.Limit = p.exportLimit
	file := func(format, icon string) resource.Download[exportRequest] {
		media := transfer.Query{Format: format}
		return resource.Download[exportRequest]{DownloadInfo: resource.DownloadInfo{Name: format, Label: map[string]string{transfer.CSV: "Download as CSV", transfer.XLSX: "Download as Excel workbook"}[format], Icon: icon, Ext: "." + format, Media: media.ContentType()},
			Ready: p.exportReady, Write: func(ctx context.Context, r *exportRequest, w io.Writer) error {
				return p.writeExport(ctx, r, format, w)
			}}
	}
	resource.Register(p.Types, &resource.Type[exportRequest]{
		Name: "core.export_request", Label: "Large export", Plural: "Large exports", Icon: "file-export", Number: "EX-{yyyy}-{00000}",
		Store: db.NewStore[exportRequest](p.DB, "core.export_request"), Check: p.checkExport,
		Title:     p.exportTitle,
		Downloads: []resource.Download[exportRequest]{file(transfer.XLSX, "file-spreadsheet"), file(transfer.CSV, "download")},
		Fields: resource.Fields[exportRequest]{
			resource.Text("doc_type", "What", func(r *exportRequest) *string { return &r.DocType }).Required().InList().Filter().Limit(60).Hint("Type of record, as in the address of its list: crm.customer."),
			resource.Text("query", "Filters", func(r *exportRequest) *string { return &r.Query }).Limit(2000).Hint("As in the address of the list; empty: all you may see."),
			resource.Text("part", "Lines only", func(r *exportRequest) *string { return &r.Part }).Limit(60).Hint("CSV: the field whose lines are written instead of the records."),
			resource.LongText("reason", "What for", func(r *exportRequest) *string { return &r.Reason }).Required().Limit(1000),
			resource.Int("records", "Records", func(r *exportRequest) *int { return &r.Records }).ReadOnly().InList(),
			resource.Time("granted_until", "Can be downloaded until", func(r *exportRequest) **time.Time { return &r.GrantedUntil }).ReadOnly().InList(),
		},
		Rules: map[string][]process.Rule{"core.export_request:ask": {{Label: "Every large export", Steps: []process.Step{process.ByManager(1)}}}},
		Process: resource.Process(func(r *exportRequest) *exportStage { return &r.Stage },
			[]resource.Stage[exportStage]{
				{Key: exportDraft, Label: "Draft", Class: process.Draft, Help: "Say what the file is for and ask; your manager decides."},
				{Key: exportGranted, Label: "Granted", End: true, Class: process.Done, Help: "The file can be downloaded for a day by who asked."},
				{Key: exportWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[exportRequest, exportStage]{
				{Name: "ask", Label: "Ask for it", From: resource.From(exportDraft), To: exportGranted, Matrix: "core.export_request:ask", Do: resource.Do(p.grantExport)},
				{Name: "withdraw", Label: "Withdraw", From: resource.From(exportDraft), To: exportWithdrawn},
			}),
	})
}

// exportTitle names what is exported.
func (p *Platform) exportTitle(r *exportRequest) string {
	d, err := p.Types.Doc(r.DocType)
	if err != nil {
		return r.DocType
	}
	return d.Info().Plural
}

// exportLimit is how many records the reader of ctx may export without asking, 0 for any
// number. Who sets the limit is not bound by it.
func (p *Platform) exportLimit(ctx context.Context) (int, error) {
	if authz.IsSystem(ctx) || p.Authz.Can(ctx, "core.company", "update") {
		return 0, nil
	}
	s, _ := authz.Of(ctx)
	c, err := p.Companies.Get(authz.System(ctx, "limit of exports"), s.Company)
	if err != nil {
		return 0, err
	}
	return c.ExportRows, nil
}

// checkExport counts what is asked for, by the rights of who asks.
func (p *Platform) checkExport(ctx context.Context, r *exportRequest) error {
	e, err := p.openExport(ctx, r, transfer.CSV)
	if err != nil {
		return err
	}
	if r.Records, err = e.Count(ctx); err != nil {
		return err
	}
	if r.Records == 0 {
		return errs.Bad("query", "There is nothing to export.")
	}
	return nil
}

// openExport is the export a request stands for, with the rights of its owner.
func (p *Platform) openExport(ctx context.Context, r *exportRequest, format string) (*transfer.Export, error) {
	q, err := url.ParseQuery(r.Query)
	if err != nil {
		return nil, errs.Bad("query", "The filters cannot be read.")
	}
	list, err := api.ParseList(q)
	if err != nil {
		return nil, errs.Bad("query", "The filters cannot be read.")
	}
	ctx = authz.As(ctx, p.Authn.Subject(r.OwnerID))
	e, err := p.Exports.Prepare(ctx, transfer.Query{Type: r.DocType, List: list, Asked: r.No + " " + r.Query, Format: format, Part: r.Part})
	switch {
	case errs.Is(err, errs.NotFound):
		return nil, errs.Bad("doc_type", "There is no type {0}.", r.DocType)
	case errs.Is(err, errs.Forbidden):
		return nil, errs.Bad("doc_type", "You may not export records of this type.")
	}
	return e, err
}

func (p *Platform) grantExport(_ context.Context, r *exportRequest) error {
	until := p.Now().Add(exportGrant).UTC().Truncate(time.Second)
	r.GrantedUntil = &until
	return nil
}

func (p *Platform) exportReady(r *exportRequest) *errs.Error {
	switch {
	case r.Stage != exportGranted:
		return errs.New(errs.Precondition, "This export has not been granted.")
	case r.GrantedUntil == nil || p.Now().After(*r.GrantedUntil):
		return errs.New(errs.Precondition, "The time to download this export has run out; ask again.")
	}
	return nil
}

// writeExport writes a granted export for who asked for it.
func (p *Platform) writeExport(ctx context.Context, r *exportRequest, format string, w io.Writer) error {
	if authz.Actor(ctx) != r.OwnerID {
		return errs.New(errs.Forbidden, "Only who asked for an export downloads it.")
	}
	ctx = authz.As(ctx, p.Authn.Subject(r.OwnerID))
	e, err := p.openExport(ctx, r, format)
	if err != nil {
		return err
	}
	if err := e.Note(ctx); err != nil {
		return err
	}
	_, err = e.Write(ctx, w)
	return err
}
