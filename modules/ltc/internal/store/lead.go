package store

import (
	"context"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Leads implements domain.SilentLeads and reads what a lead meets.
type Leads struct{ DB *db.DB }

// Silent implements domain.SilentLeads.
func (s *Leads) Silent(ctx context.Context, company int64, before time.Time) ([]int64, error) {
	return idsOf(ctx, s.DB, `SELECT id FROM ltc.lead WHERE company_id = $1 AND stage IN ('assigned', 'mql', 'sal') AND contacted_at IS NULL AND alarmed_at IS NULL AND given_at < $2 AND archived_at IS NULL ORDER BY id`, company, before)
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

// ShowLead implements domain.PartnerLeads.
func (s *Leads) ShowLead(ctx context.Context, lead int64, people []int64) error {
	return s.DB.Show(ctx, "ltc.lead", lead, nil, people...)
}

// HideLead implements domain.PartnerLeads.
func (s *Leads) HideLead(ctx context.Context, lead int64, people []int64) error {
	return s.DB.Hide(ctx, "ltc.lead", lead, people...)
}

// Offered implements domain.PartnerLeads.
func (s *Leads) Offered(ctx context.Context, lead int64) ([]int64, error) {
	return idsOf(ctx, s.DB, `SELECT partner_id FROM ltc.lead_offer WHERE lead_id = $1 ORDER BY offered_at`, lead)
}

// Offer implements domain.PartnerLeads.
func (s *Leads) Offer(ctx context.Context, lead, partner int64, at time.Time) error {
	return s.DB.Exec(ctx, `INSERT INTO ltc.lead_offer (lead_id, partner_id, offered_at) VALUES ($1, $2, $3) ON CONFLICT (lead_id, partner_id) DO UPDATE SET offered_at = $3`, lead, partner, at)
}

// HandedOut implements domain.PartnerLeads.
func (s *Leads) HandedOut(ctx context.Context, company int64) ([]domain.HandedLead, error) {
	return db.Select[domain.HandedLead](ctx, s.DB, handed+` AND company_id = ? ORDER BY id`, company)
}

// With implements domain.PartnerLeads.
func (s *Leads) With(ctx context.Context, partner int64) ([]domain.HandedLead, error) {
	return db.Select[domain.HandedLead](ctx, s.DB, handed+` AND partner_id = ? ORDER BY id`, partner)
}

const handed = `SELECT id, partner_id, owner_id, stage = 'offered' AS offered FROM ltc.lead WHERE partner_id IS NOT NULL AND stage IN ('offered', 'with_partner') AND archived_at IS NULL`

// PartnerLead is a lead with a partner on the list of who works on it.
type PartnerLead struct {
	domain.OpenLead
	PartnerID int64
	Need      string
	Value     money.Amount
}

// WithPartners lists the leads that stand with partners and that the reader may see.
func (s *Leads) WithPartners(ctx context.Context) ([]PartnerLead, error) {
	w, err := s.DB.Rows(ctx, "ltc.lead", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[PartnerLead](ctx, s.DB, `SELECT id, no, name, company, stage, source, score, given_at, contacted_at, partner_id, need, value FROM ltc.lead
		WHERE partner_id IS NOT NULL AND stage IN ('offered', 'with_partner') AND `+w.SQL+` ORDER BY stage <> 'offered', given_at, id LIMIT 300`, w.Args...)
}

// PartnerOrder is an order from the deal of a partner, without what is ours alone.
type PartnerOrder struct {
	ID, CustomerID  int64
	No, Stage, Deal string
	OrderDate       date.Date
	WishDate        date.Date
	Net             money.Amount
}

// PartnerOrders lists the confirmed orders from the deals of a partner: it asks for the
// partner's own record, which the caller has found by who reads.
func (s *Leads) PartnerOrders(ctx context.Context, company, partner int64) ([]PartnerOrder, error) {
	return db.Select[PartnerOrder](ctx, s.DB, `SELECT o.id, o.customer_id, o.no, o.stage, d.name AS deal, o.order_date, o.wish_date, o.net FROM ltc."order" o JOIN ltc.opportunity d ON d.id = o.opportunity_id
		WHERE o.company_id = ? AND d.partner_id = ? AND o.stage <> 'draft' AND o.archived_at IS NULL ORDER BY o.order_date DESC, o.id DESC LIMIT 300`, company, partner)
}

// PartnerCommission is one line of commission as the partner may trace it.
type PartnerCommission struct {
	ID                int64
	No, Kind          string
	OnDate            date.Date
	Deal, Invoice     string
	Collected, Amount money.Amount
	Rate              money.Ratio
	Note              string
}

// PartnerCommissions lists the commission of a partner in a period.
func (s *Leads) PartnerCommissions(ctx context.Context, company, partner int64, from, to date.Date) ([]PartnerCommission, error) {
	return db.Select[PartnerCommission](ctx, s.DB, `SELECT c.id, c.no, c.kind, c.on_date, d.name AS deal, v.no AS invoice, c.collected, c.amount, c.rate, c.note FROM ltc.commission_line c JOIN ltc.opportunity d ON d.id = c.opportunity_id JOIN ltc.invoice v ON v.id = c.invoice_id
		WHERE c.company_id = ? AND c.partner_id = ? AND c.archived_at IS NULL AND (?::date IS NULL OR c.on_date >= ?) AND (?::date IS NULL OR c.on_date <= ?) ORDER BY c.on_date, c.id`, company, partner, from, from, to, to)
}
