package store

import (
	"context"
	"fmt"
	"strings"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Library finds what sales made before.
type Library struct{ DB *db.DB }

// LibraryFilter narrows the library; zero values do not narrow.
type LibraryFilter struct {
	Kind, Purpose, Stage, Industry, Text string
	Customer                             int64
}

// Shelved is one piece of the library.
type Shelved struct {
	Kind                      string // document, quote, contract
	ID, CustomerID            int64
	No, Title, Purpose, Stage string
	Industry                  string // of a document
	Amount                    money.Amount
	On                        date.Date
	Used                      int64
}

// shelves bounds what the library answers, the newest first.
const shelves = 300

// shelf is the SELECT of one kind; the rows keep the rules of its type.
var shelf = []struct{ kind, object, sql string }{
	{"document", "ltc.sales_document", `SELECT 'document' AS kind, id, coalesce(customer_id, 0) AS customer_id, no, title, purpose, stage_key AS stage, industry, 0::numeric AS amount, created_at::date AS "on", used::bigint AS used FROM ltc.sales_document`},
	{"quote", "ltc.quote", `SELECT 'quote' AS kind, id, customer_id, no, title, 'quote' AS purpose, 'propose' AS stage, '' AS industry, total AS amount, created_at::date AS "on",
		(SELECT count(*) FROM core.obj_link l WHERE l.source_type = 'ltc.quote' AND l.source_id = ltc.quote.id AND l.target_type = 'ltc.quote') AS used FROM ltc.quote`},
	{"contract", "ltc.contract", `SELECT 'contract' AS kind, id, customer_id, no, title, 'contract' AS purpose, 'negotiate' AS stage, '' AS industry, amount, created_at::date AS "on", 0::bigint AS used FROM ltc.contract`},
}

// Find lists the pieces the reader may see, of the types may allows.
func (s *Library) Find(ctx context.Context, f LibraryFilter, may func(object string) bool) ([]Shelved, error) {
	var parts []string
	var args []any
	for _, x := range shelf {
		if f.Kind != "" && f.Kind != x.kind || !may(x.object) {
			continue
		}
		w, err := s.DB.Rows(ctx, x.object, 0)
		if err != nil {
			return nil, err
		}
		if f.Customer != 0 {
			w.And("customer_id = ?", f.Customer)
		}
		if f.Text != "" {
			w.And("(title ILIKE ? OR no ILIKE ?)", db.Containing(f.Text), db.Containing(f.Text))
		}
		if x.kind == "quote" {
			w.And("stage IN ('approved', 'sent', 'viewed', 'accepted', 'declined', 'expired')")
		}
		parts, args = append(parts, x.sql+" WHERE "+w.SQL), append(args, w.Args...)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	where := "true"
	if f.Purpose != "" {
		where, args = where+" AND purpose = ?", append(args, f.Purpose)
	}
	if f.Stage != "" {
		where, args = where+" AND stage IN ('', ?)", append(args, f.Stage)
	}
	rows, err := db.Select[Shelved](ctx, s.DB, `SELECT * FROM (`+strings.Join(parts, " UNION ALL ")+`) x WHERE `+where+fmt.Sprintf(` ORDER BY "on" DESC, kind, id DESC LIMIT %d`, shelves), args...)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	return rows, nil
}

// Count notes one more use of a document, without changing its version.
func (s *Library) Count(ctx context.Context, document int64) error {
	return s.DB.Exec(ctx, `UPDATE ltc.sales_document SET used = used + 1 WHERE id = $1`, document)
}

// LastDecision is the stage of the last decision about a point of a deal, "" without one.
func (s *Library) LastDecision(ctx context.Context, deal int64, point string) (domain.DecisionStage, error) {
	var stage string
	_, err := s.DB.Row(ctx, `SELECT stage FROM ltc.deal_decision WHERE opportunity_id = $1 AND point = $2 AND decided_at IS NOT NULL AND stage <> 'withdrawn' AND archived_at IS NULL ORDER BY decided_at DESC, id DESC LIMIT 1`, []any{deal, point}, &stage)
	return domain.DecisionStage(stage), err
}
