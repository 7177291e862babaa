package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/modules/itr"
	"meridian/platform/db"
)

// MessageRow is a message as the page of a case shows it.
type MessageRow struct {
	Dir, Channel, Sender, Body string
	Internal, Automatic        bool
	AuthorID                   int64
	At                         time.Time
}

// Messages lists the last messages of a case, the last first.
func (s *Store) Messages(ctx context.Context, id itr.CaseID) ([]MessageRow, error) {
	rows, err := db.Select[MessageRow](ctx, s.DB, `SELECT dir, channel, sender, body, internal, automatic, author_id, at FROM itr.message WHERE case_id = ? ORDER BY id DESC LIMIT 100`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("messages of case %d: %w", id, err)
	}
	return rows, nil
}

// CaseRow is a case as the page of its customer shows it.
type CaseRow struct {
	ID                           int64
	No, Subject, Stage, Priority string
	NextDueAt                    *time.Time
}

// CasesOf lists the open cases of a customer the reader may see.
func (s *Store) CasesOf(ctx context.Context, id crm.CustomerID) ([]CaseRow, error) {
	w, err := s.DB.Rows(ctx, "itr.case", 0)
	if err != nil {
		return nil, err
	}
	w.And("customer_id = ?", int64(id))
	rows, err := db.Select[CaseRow](ctx, s.DB, `SELECT id, no, subject, stage, priority, next_due_at FROM itr."case" WHERE stage NOT IN ('closed', 'cancelled') AND `+w.SQL+` ORDER BY priority, id LIMIT 50`, w.Args...)
	if err != nil {
		return nil, fmt.Errorf("cases of customer %d: %w", id, err)
	}
	return rows, nil
}
