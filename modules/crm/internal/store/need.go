package store

import (
	"context"
	"database/sql"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Voice adds somebody who reports the same need; false when that voice is known.
func (s *Store) Voice(ctx context.Context, need, customer int64, note string) (bool, error) {
	n, err := s.DB.ExecN(ctx, `INSERT INTO crm.need_voice (need_id, user_id, customer_id, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, need, authz.Actor(ctx), customer, note)
	return n > 0, err
}

// NeedLine is a need on the list.
type NeedLine struct {
	ID, OwnerID                   int64
	No, Verbatim, Kind, Target    string
	Stage                         string
	Priority, Feasibility, Voices int
	Value                         money.Amount
}

// OpenNeeds lists the visible needs that are not finished, the most urgent first.
func (s *Store) OpenNeeds(ctx context.Context, limit int) ([]NeedLine, error) {
	w, err := s.DB.Rows(ctx, "crm.need", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[NeedLine](ctx, s.DB, `SELECT id, owner_id, no, verbatim, kind, target, stage, priority, feasibility, voices, value FROM crm.need WHERE stage NOT IN ('confirmed', 'rejected') AND `+w.SQL+` ORDER BY priority DESC, feasibility DESC, voices DESC, id LIMIT ?`, append(w.Args, limit)...)
}

// Tagged counts the needs of a tag.
type Tagged struct {
	Tag          string
	N, Fulfilled int64
	Value        money.Amount
}

// NeedTags counts the visible needs by tag.
func (s *Store) NeedTags(ctx context.Context) ([]Tagged, error) {
	w, err := s.DB.Rows(ctx, "crm.need", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Tagged](ctx, s.DB, `SELECT trim(t) AS tag, count(*) AS n, count(*) FILTER (WHERE stage IN ('fulfilled', 'confirmed')) AS fulfilled, sum(value) AS value FROM crm.need, unnest(string_to_array(replace(tags, '，', ','), ',')) t WHERE trim(t) <> '' AND `+w.SQL+` GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50`, w.Args...)
}

// PartnerRank is a partner with what it brought.
type PartnerRank struct {
	ID                               int64
	No, Name, Region, Tier, Stage    string
	CertifiedUntil                   date.Date
	Registered, Protected, Converted int64
	Won, Pipeline                    money.Amount
}

// PartnerRanking ranks the visible partners by what they won.
func (s *Store) PartnerRanking(ctx context.Context) ([]PartnerRank, error) {
	w, err := s.DB.Rows(ctx, "crm.partner", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[PartnerRank](ctx, s.DB, `SELECT p.id, p.no, p.name, p.region, p.tier, p.stage, p.certified_until, count(r.id) AS registered, count(r.id) FILTER (WHERE r.stage = 'approved') AS protected, count(r.id) FILTER (WHERE r.stage = 'converted') AS converted,
			coalesce(sum(r.won), 0) AS won, coalesce(sum(r.value) FILTER (WHERE r.stage IN ('submitted', 'approved')), 0) AS pipeline
		FROM (SELECT * FROM crm.partner WHERE `+w.SQL+`) p LEFT JOIN crm.deal_registration r ON r.partner_id = p.id AND r.archived_at IS NULL GROUP BY p.id, p.no, p.name, p.region, p.tier, p.stage, p.certified_until ORDER BY won DESC, pipeline DESC, p.id`, w.Args...)
}

// Unprotected lists the registrations of a company whose protection has ended.
func (s *Store) Unprotected(ctx context.Context, company int64, day date.Date) ([]int64, error) {
	rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `SELECT id FROM crm.deal_registration WHERE company_id = ? AND stage = 'approved' AND archived_at IS NULL AND protected_until < ? ORDER BY id`, company, day)
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, err
}

// PartnerOf implements domain.PartnerBook.
func (s *Store) PartnerOf(ctx context.Context, user int64) (id int64, err error) {
	_, err = s.DB.Row(ctx, `SELECT id FROM crm.partner p WHERE archived_at IS NULL AND stage <> 'ended' AND (login_id = $1 OR EXISTS (SELECT FROM crm.partner_user u WHERE u.parent_id = p.id AND u.user_id = $1)) ORDER BY id LIMIT 1`, []any{user}, &id)
	return id, err
}

// kept are the tables of documents that stand with a partner.
var kept = map[string]string{"crm.deal_registration": "crm.deal_registration", "crm.market_fund": "crm.market_fund", "crm.fund_claim": "crm.fund_claim"}

// Kept implements domain.PartnerBook.
func (s *Store) Kept(ctx context.Context, typ string, partner int64) ([]domain.OwnedBy, error) {
	table, ok := kept[typ]
	if !ok {
		return nil, fmt.Errorf("no %s stands with a partner", typ)
	}
	rows, err := db.Select[domain.OwnedBy](ctx, s.DB, `SELECT id, owner_id FROM `+table+` WHERE partner_id = ? AND archived_at IS NULL ORDER BY id`, partner)
	if err != nil {
		return nil, fmt.Errorf("%s of partner %d: %w", typ, partner, err)
	}
	return rows, nil
}

// Ranked implements domain.PartnerBook. A partner of another region is left out, unless no
// region is asked for; one without a region fits every lead.
func (s *Store) Ranked(ctx context.Context, company int64, region string) ([]crm.PartnerID, error) {
	rows, err := db.Select[struct{ ID crm.PartnerID }](ctx, s.DB, `SELECT id FROM crm.partner WHERE company_id = @company AND stage = 'active' AND archived_at IS NULL
			AND (@region = '' OR btrim(region) = '' OR lower(btrim(region)) = lower(@region))
		ORDER BY @region <> '' AND btrim(region) = '', array_position(ARRAY['gold', 'silver', 'bronze'], tier) NULLS LAST, weight DESC, id`, sql.Named("company", company), sql.Named("region", region))
	if err != nil {
		return nil, fmt.Errorf("partners for a lead: %w", err)
	}
	out := make([]crm.PartnerID, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, nil
}

// Hide implements domain.PartnerBook.
func (s *Store) Hide(ctx context.Context, typ string, id, user int64) error {
	return s.DB.Hide(ctx, typ, id, user)
}

// OwnRegistration is a deal a partner registered, as it sees it.
type OwnRegistration struct {
	ID                          int64
	No, Company, Product, Stage string
	Value, Won                  money.Amount
	ProtectedUntil              date.Date
}

// OwnRegistrations lists the registrations the reader may see of a partner, the newest
// first.
func (s *Store) OwnRegistrations(ctx context.Context, partner int64) ([]OwnRegistration, error) {
	w, err := s.DB.Rows(ctx, "crm.deal_registration", 0)
	if err != nil {
		return nil, err
	}
	w.And("partner_id = ?", partner)
	return db.Select[OwnRegistration](ctx, s.DB, `SELECT id, no, company, product, stage, value, won, protected_until FROM crm.deal_registration WHERE `+w.SQL+` ORDER BY stage NOT IN ('submitted', 'approved'), id DESC LIMIT 200`, w.Args...)
}
