// Package store is the SQL of develop strategy to execution.
package store

import (
	"context"
	"database/sql"
	"errors"

	"meridian/modules/dste"
	"meridian/modules/dste/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Ledger is the budget ledger; it implements domain.Ledger.
type Ledger struct{ DB *db.DB }

// Lock implements domain.Ledger.
func (s *Ledger) Lock(ctx context.Context, company int64, key string) (*domain.Line, error) {
	if !db.InTx(ctx) {
		return nil, errors.New("budget line locked outside a transaction")
	}
	var l domain.Line
	ok, err := s.DB.Row(ctx, `SELECT id, key, stage, year, rule, total, committed, actual FROM dste.budget
		WHERE company_id = $1 AND key = $2 AND archived_at IS NULL FOR NO KEY UPDATE`, []any{company, key},
		&l.ID, &l.Key, &l.Stage, &l.Year, &l.Rule, &l.Total, &l.Committed, &l.Actual)
	if err == nil && !ok {
		err = errs.Missing()
	}
	return &l, err
}

// Known implements domain.Ledger.
func (s *Ledger) Known(ctx context.Context, key string) (bool, error) {
	return s.DB.Row(ctx, `SELECT 1 FROM dste.budget_ledger WHERE idem_key = $1 LIMIT 1`, []any{key}, new(int))
}

// Open implements domain.Ledger.
func (s *Ledger) Open(ctx context.Context, line int64, doc trace.Ref, part dste.Kind) ([]domain.Open, error) {
	var out []domain.Open
	err := s.DB.Each(ctx, `SELECT month, sum(amount) FROM dste.budget_ledger WHERE budget_id = $1 AND doc_type = $2 AND doc_id = $3 AND part = $4
		GROUP BY month HAVING sum(amount) > 0 ORDER BY month`, []any{line, doc.Type, doc.ID, string(part)}, func(r *sql.Rows) error {
		var o domain.Open
		err := r.Scan(&o.Month, &o.Amount)
		out = append(out, o)
		return err
	})
	return out, err
}

// UpTo implements domain.Ledger.
func (s *Ledger) UpTo(ctx context.Context, line int64, month int) (budget, used money.Amount, err error) {
	_, err = s.DB.Row(ctx, `SELECT coalesce((SELECT sum(amount) FROM dste.budget_month WHERE parent_id = $1 AND month <= $2), 0),
		coalesce((SELECT sum(amount) FROM dste.budget_ledger WHERE budget_id = $1 AND month <= $2), 0)`, []any{line, month}, &budget, &used)
	return
}

// Append implements domain.Ledger. The line must be locked.
func (s *Ledger) Append(ctx context.Context, line int64, key string, on date.Date, entries []domain.Entry) error {
	for _, e := range entries {
		kind := string(e.Part)
		column := "committed"
		if e.Part == dste.Actual {
			column = "actual"
		}
		if e.Release {
			kind = "release"
		}
		if err := s.DB.Exec(ctx, `INSERT INTO dste.budget_ledger (budget_id, month, kind, part, amount, doc_type, doc_id, idem_key, posted_on, actor)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, line, e.Month, kind, string(e.Part), e.Amount, e.Doc.Type, e.Doc.ID, key, on, authz.Actor(ctx)); err != nil {
			return err
		}
		if err := s.DB.Exec(ctx, `UPDATE dste.budget SET `+column+` = `+column+` + $2 WHERE id = $1`, line, e.Amount); err != nil {
			return err
		}
	}
	return nil
}

// Month is one month of a budget line.
type Month struct {
	Month                     int
	Budget, Committed, Actual money.Amount
}

// Months lists the twelve months of a budget line with their use. The caller has
// checked the right to read the line.
func (s *Ledger) Months(ctx context.Context, line int64) ([]Month, error) {
	return db.Select[Month](ctx, s.DB, `SELECT m.month, m.amount AS budget, coalesce(sum(l.amount) FILTER (WHERE l.part <> 'actual'), 0) AS committed,
			coalesce(sum(l.amount) FILTER (WHERE l.part = 'actual'), 0) AS actual
		FROM dste.budget_month m LEFT JOIN dste.budget_ledger l ON l.budget_id = m.parent_id AND l.month = m.month
		WHERE m.parent_id = ? GROUP BY m.month, m.amount ORDER BY m.month`, line)
}

// Differences lists budget lines whose balances are not the sums of their ledger
// and months, and documents that released more than they held.
func (s *Ledger) Differences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `
		SELECT 'budget ' || b.key || ': balances differ from the ledger' AS line FROM dste.budget b
			LEFT JOIN (SELECT budget_id, sum(amount) FILTER (WHERE part <> 'actual') AS c, sum(amount) FILTER (WHERE part = 'actual') AS a
				FROM dste.budget_ledger GROUP BY 1) l ON l.budget_id = b.id
			WHERE b.committed <> coalesce(l.c, 0) OR b.actual <> coalesce(l.a, 0)
		UNION ALL
		SELECT 'budget ' || b.key || ': total differs from its months' FROM dste.budget b
			WHERE b.total <> (SELECT coalesce(sum(m.amount), 0) FROM dste.budget_month m WHERE m.parent_id = b.id)
		UNION ALL
		SELECT 'budget ' || b.key || ': ' || l.doc_type || '/' || l.doc_id || ' released more ' || l.part || ' than it held' FROM dste.budget_ledger l
			JOIN dste.budget b ON b.id = l.budget_id WHERE l.part <> 'actual' GROUP BY b.key, l.doc_type, l.doc_id, l.part HAVING sum(l.amount) < 0`)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, err
}
