package store

import (
	"context"
	"database/sql"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/db"
)

// Leads implements domain.SilentLeads and reads what a lead meets.
type Leads struct{ DB *db.DB }

// Silent implements domain.SilentLeads.
func (s *Leads) Silent(ctx context.Context, company int64, before time.Time) ([]int64, error) {
	var ids []int64
	err := s.DB.Each(ctx, `SELECT id FROM ltc.lead WHERE company_id = $1 AND stage IN ('assigned', 'mql', 'sal') AND contacted_at IS NULL AND alarmed_at IS NULL AND given_at < $2 AND archived_at IS NULL ORDER BY id`,
		[]any{company, before}, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
	return ids, err
}

// Alarmed implements domain.SilentLeads.
func (s *Leads) Alarmed(ctx context.Context, lead int64, at time.Time) error {
	return s.DB.Exec(ctx, `UPDATE ltc.lead SET alarmed_at = $2 WHERE id = $1`, lead, at)
}

// Mine lists the open leads given to a person, the one waiting longest first.
func (s *Leads) Mine(ctx context.Context, person int64) ([]domain.OpenLead, error) {
	w, err := s.DB.Rows(ctx, "ltc.lead", 0)
	if err != nil {
		return nil, err
	}
	w.And("owner_id = ?", person)
	return db.Select[domain.OpenLead](ctx, s.DB, `SELECT id, no, name, company, stage, source, score, given_at, contacted_at FROM ltc.lead
		WHERE stage NOT IN ('converted', 'disqualified', 'nurture') AND `+w.SQL+` ORDER BY contacted_at IS NOT NULL, given_at, id`, w.Args...)
}

// DealsOf lists the open deals of customers the reader may see.
func (s *Leads) DealsOf(ctx context.Context, customers []int64) ([]domain.WorkedDeal, error) {
	w, err := s.DB.Rows(ctx, "ltc.opportunity", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.WorkedDeal](ctx, s.DB, `SELECT id, no, name, owner_id, company_id, coalesce(customer_id, 0) AS customer_id, stage, amount, close_on FROM ltc.opportunity
		WHERE customer_id = ANY(?) AND stage IN ('qualify', 'propose', 'negotiate', 'hold') AND `+w.SQL+` ORDER BY id`, append([]any{db.Array(customers)}, w.Args...)...)
}

// Twins lists the other open leads with the same e-mail or phone, or of a company of the
// same name, that the reader may see.
func (s *Leads) Twins(ctx context.Context, l *domain.Lead) ([]domain.OpenLead, error) {
	w, err := s.DB.Rows(ctx, "ltc.lead", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.OpenLead](ctx, s.DB, `SELECT id, no, name, company, stage, source, score, given_at, contacted_at FROM ltc.lead
		WHERE id <> ? AND stage NOT IN ('converted', 'disqualified') AND ((? <> '' AND email_key = ?) OR (? <> '' AND phone_key = ?) OR (? <> '' AND lower(company) = lower(?))) AND `+w.SQL+` ORDER BY id LIMIT 20`,
		append([]any{l.ID, l.EmailKey, l.EmailKey, l.PhoneKey, l.PhoneKey, l.Company, l.Company}, w.Args...)...)
}
