package resource_test

import (
	"context"
	"testing"
	"time"

	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Loan is the example of a whole document type: six fields, three stages, two
// moves. This struct, its rule and its declaration are all the Go it takes; pages,
// REST, OpenAPI, import, export, permissions, audit, log and clocks come with it.
type Loan struct {
	record.Base
	Stage    LoanStage
	Device   string
	Borrower int64
	Due      date.Date
	Deposit  money.Amount
	Urgent   bool
	Note     string
}

type LoanStage string

const (
	Wanted   LoanStage = "wanted"
	Lent     LoanStage = "lent"
	Returned LoanStage = "returned"
)

// lend is the only code a developer writes for the move.
func lend(_ context.Context, l *Loan) error {
	if l.Deposit.Sign() <= 0 {
		return errs.New(errs.Precondition, "A loan needs a deposit.")
	}
	return nil
}

func declare(st record.Store[Loan]) *resource.Type[Loan] {
	due := resource.Date("due", "Due back", func(l *Loan) *date.Date { return &l.Due }).Required().InList().Filter()
	return &resource.Type[Loan]{
		Name: "core.loan", Label: "Loan", Plural: "Loans", Icon: "tool", Number: "LN-{yyyy}-{0000}", Store: st,
		Title: func(l *Loan) string { return l.Device },
		Fields: resource.Fields[Loan]{
			resource.Text("device", "Device", func(l *Loan) *string { return &l.Device }).Required().InList().Search().Filter(),
			resource.Ref("borrower", "Borrower", func(l *Loan) *int64 { return &l.Borrower }, "core.user").InList().Filter(),
			due,
			resource.Money("deposit", "Deposit", func(l *Loan) *money.Amount { return &l.Deposit }).InList(),
			resource.Bool("urgent", "Urgent", func(l *Loan) *bool { return &l.Urgent }).Filter(),
			resource.LongText("note", "Note", func(l *Loan) *string { return &l.Note }),
		},
		Process: resource.Process(func(l *Loan) *LoanStage { return &l.Stage },
			[]resource.Stage[LoanStage]{
				{Key: Wanted, Label: "Wanted", Owner: "core.admin", Out: resource.Need(due), Limit: 8 * time.Hour},
				{Key: Lent, Label: "Lent", Wait: true, Class: process.Transit},
				{Key: Returned, Label: "Returned", End: true},
			},
			[]resource.Move[Loan, LoanStage]{
				{Name: "lend", Label: "Lend", From: resource.From(Wanted), To: Lent, Do: resource.Do(lend)},
				{Name: "take_back", Label: "Take back", From: resource.From(Lent), To: Returned},
			}),
	}
}

const loanTable = `CREATE TABLE core.loan (LIKE core.base INCLUDING ALL, stage text NOT NULL, device text NOT NULL, borrower bigint NOT NULL DEFAULT 0,
	due date, deposit numeric(18,2) NOT NULL DEFAULT 0, urgent boolean NOT NULL DEFAULT false, note text NOT NULL DEFAULT '')`

// TestANewDocumentType runs the example.
func TestANewDocumentType(t *testing.T) {
	t.Parallel()
	s := apptest.New(t, func(p *app.Platform) {
		for _, q := range []string{"RESET ROLE", loanTable, "SELECT core.document('core', 'loan', 'wanted')", "SET ROLE " + db.AppRole} {
			if err := p.DB.Tx(t.Context(), func(ctx context.Context) error { return p.DB.Exec(ctx, q) }); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		resource.Register(p.Types, declare(db.NewStore[Loan](p.DB, "core.loan")))
	})
	l := s.Create(s.Admin, "core.loan", resource.Values{"device": "Oscilloscope", "due": "2026-12-01"})
	if _, _, err := s.Must("core.loan").FireRow(s.Admin, l.Base().ID, 0, "lend", resource.Values{}); !errs.Is(err, errs.Precondition) {
		t.Errorf("lent without a deposit: %v", err)
	}
	if _, err := s.Must("core.loan").UpdateRow(s.Admin, l.Base().ID, 1, resource.Values{"deposit": "50"}); err != nil {
		t.Fatal(err)
	}
	s.Fire(s.Admin, l, "lend", nil)
	if got := s.Fire(s.Admin, l, "take_back", nil).Stage(); got != "returned" {
		t.Errorf("stage %s, want returned", got)
	}
	events, err := s.Process.History(t.Context(), trace.Ref{Type: l.Type(), ID: l.Base().ID})
	if err != nil || len(events) != 3 {
		t.Errorf("%d events, want 3 (%v)", len(events), err)
	}
}
