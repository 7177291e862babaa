package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/db"
)

// filled says per customer and field of a standard whether it holds a valid value. A
// value that fails its check counts as empty.
const filled = `CASE f.field
	WHEN 'name' THEN c.name <> '' WHEN 'tax_no' THEN c.tax_ok WHEN 'industry' THEN c.industry <> '' WHEN 'size' THEN c.size <> '' WHEN 'region' THEN c.region <> ''
	WHEN 'source' THEN c.source <> '' WHEN 'phone' THEN c.phone_ok WHEN 'email' THEN c.email <> '' WHEN 'address' THEN c.address <> '' WHEN 'owner' THEN c.owner_id <> 0
	WHEN 'core_need' THEN c.core_need <> '' WHEN 'need_priority' THEN c.need_priority <> '' WHEN 'last_touch' THEN c.last_touch_at IS NOT NULL
	WHEN 'contact' THEN k.has WHEN 'contact_title' THEN k.title WHEN 'contact_phone' THEN k.phone
	WHEN 'next_action' THEN EXISTS (SELECT 1 FROM crm.followup x WHERE x.customer_id = c.id AND x.stage = 'planned' AND x.archived_at IS NULL) END`

const people = `LEFT JOIN LATERAL (SELECT count(*) > 0 AS has, coalesce(bool_or(title <> ''), false) AS title, coalesce(bool_or(length(regexp_replace(phone, '\D', '', 'g')) BETWEEN 7 AND 15 AND phone_state NOT IN ('stale', 'wrong') AND NOT has_left), false) AS phone
	FROM crm.contact WHERE customer_id = c.id AND archived_at IS NULL AND NOT has_left) k ON true`

const ranked = `array_position(ARRAY['to_identify', 'target', 'potential', 'opportunity', 'signed', 'user', 'satisfied'], `

type standard struct {
	Kind      string        `json:"kind"`
	FromStage crm.Lifecycle `json:"from_stage"`
	Field     string        `json:"field"`
	Weight    int           `json:"weight"`
	Required  bool          `json:"required"`
	scope
}

// FieldStandards lists the field standards of a company and its branches; without any of head
// office those that hold by default.
func (s *Store) FieldStandards(ctx context.Context, company int64) ([]domain.FieldStandard, error) {
	list, err := db.Select[domain.FieldStandard](ctx, s.DB, `SELECT kind, from_stage, field, weight, required, branch_id, branches FROM crm.field_standard WHERE company_id = ? AND archived_at IS NULL ORDER BY id`, company)
	if err != nil {
		return nil, fmt.Errorf("field standards: %w", err)
	}
	if !slices.ContainsFunc(list, func(f domain.FieldStandard) bool { return f.BranchID == nil }) {
		return domain.DefaultStandards(), nil
	}
	return list, nil
}

// standards are the field standards in force in a company as JSON.
func (s *Store) standards(ctx context.Context, company int64) (string, error) {
	all, err := s.FieldStandards(ctx, company)
	if err != nil {
		return "", err
	}
	var list []standard
	for _, x := range domain.Everywhere(s.Directory(), all) {
		for _, f := range x.List {
			list = append(list, standard{f.Kind, f.FromStage, f.Field, f.Weight, f.Required, scope(x.Reach)})
		}
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// Refresh implements domain.Standards. Customers in a side state are measured as those
// who reached the end of the sales path.
func (s *Store) Refresh(ctx context.Context, company int64, ids []int64) error {
	list, err := s.standards(ctx, company)
	if err != nil {
		return err
	}
	cond, args := `c.company_id = $2`, []any{list, company}
	if ids != nil {
		cond, args = cond+` AND c.id = ANY($3)`, append(args, db.Array(ids))
	}
	return s.DB.Exec(ctx, `UPDATE crm.customer t SET completeness = x.score FROM (
		SELECT c.id, coalesce(round(100.0 * sum(f.weight) FILTER (WHERE `+filled+`) / sum(f.weight)), 0)::int AS score
		FROM crm.customer c `+people+`
		JOIN jsonb_to_recordset($1::jsonb) AS f(kind text, from_stage text, field text, weight int, required boolean, depts bigint[], rest boolean)
			ON (c.dept_id = ANY(f.depts)) <> f.rest AND (f.kind = '' OR f.kind = c.kind) AND `+ranked+`f.from_stage) <= coalesce(`+ranked+`c.stage), 4)
		WHERE `+cond+` AND c.archived_at IS NULL GROUP BY c.id) x WHERE x.id = t.id AND t.completeness <> x.score`, args...)
}

// Gaps implements domain.Standards.
func (s *Store) Gaps(ctx context.Context, company, id int64, in crm.Lifecycle) ([]domain.Gap, error) {
	list, err := s.standards(ctx, company)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.Gap](ctx, s.DB, `SELECT f.field, max(f.weight) AS weight, bool_or(f.required) AS required FROM crm.customer c `+people+`
		JOIN jsonb_to_recordset(?::jsonb) AS f(kind text, from_stage text, field text, weight int, required boolean, depts bigint[], rest boolean)
			ON (c.dept_id = ANY(f.depts)) <> f.rest AND (f.kind = '' OR f.kind = c.kind) AND `+ranked+`f.from_stage) <= coalesce(`+ranked+`?), 4)
		WHERE c.id = ? AND NOT `+filled+` GROUP BY f.field ORDER BY 3 DESC, 2 DESC, 1`, list, string(in), id)
}

// Team is the completeness of the customers of one owner.
type Team struct {
	OwnerID, DeptID    int64
	N, Below, Priority int64
	Average            int64
}

// CompletenessByOwner counts the visible customers of every owner.
func (s *Store) CompletenessByOwner(ctx context.Context, dept int64, below int) ([]Team, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	return db.Select[Team](ctx, s.DB, `SELECT owner_id, dept_id, count(*) AS n, count(*) FILTER (WHERE completeness < ?) AS below, count(*) FILTER (WHERE completeness < 60) AS priority,
		round(avg(completeness))::bigint AS average FROM crm.customer WHERE stage NOT IN ('lost', 'merged') AND `+w.SQL+` GROUP BY 1, 2 ORDER BY average, n DESC`, append([]any{below}, w.Args...)...)
}

// Incomplete is a customer below the standard.
type Incomplete struct {
	ID, OwnerID  int64
	No, Name     string
	Stage        crm.Lifecycle
	Completeness int
}

// Incompletes lists the visible customers below a completeness, the worst first.
func (s *Store) Incompletes(ctx context.Context, dept int64, below, limit int) ([]Incomplete, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	return db.Select[Incomplete](ctx, s.DB, `SELECT id, owner_id, no, name, stage, completeness FROM crm.customer WHERE stage NOT IN ('lost', 'merged') AND completeness < ? AND `+w.SQL+` ORDER BY completeness, id LIMIT ?`,
		append(append([]any{below}, w.Args...), limit)...)
}

// BelowByOwner counts the customers a policy holds for below the completeness it asks for,
// per owner.
func (s *Store) BelowByOwner(ctx context.Context, company int64, p *domain.PolicyReach) ([]Team, error) {
	return db.Select[Team](ctx, s.DB, `SELECT owner_id, count(*) AS below FROM crm.customer WHERE company_id = ? AND archived_at IS NULL AND stage NOT IN ('lost', 'merged') AND completeness < ? AND owner_id <> 0 AND (dept_id = ANY(?)) <> ? GROUP BY 1 ORDER BY 1`, company, p.RemindBelow, db.Array(p.Depts), p.Rest)
}

// MarkStale marks phone numbers and addresses nobody has proved for days; what is wrong
// stays so. Phones that are stale count as empty. The days are those of the policy of their
// customers.
func (s *Store) MarkStale(ctx context.Context, company int64, p *domain.PolicyReach) error {
	return s.DB.Exec(ctx, `UPDATE crm.contact k SET phone_state = x.phone, mail_state = x.mail, stale = x.phone IN ('stale', 'wrong') OR x.mail IN ('stale', 'wrong')
		FROM (SELECT id, CASE WHEN phone = '' THEN '' WHEN phone_state = 'wrong' THEN 'wrong' WHEN coalesce(phone_on, created_at::date) < current_date - $2::int THEN 'stale' ELSE 'ok' END AS phone,
				CASE WHEN email = '' THEN '' WHEN mail_state = 'wrong' THEN 'wrong' WHEN coalesce(mail_on, created_at::date) < current_date - $2::int THEN 'stale' ELSE 'ok' END AS mail
			FROM crm.contact WHERE company_id = $1 AND archived_at IS NULL AND customer_id IN (SELECT id FROM crm.customer WHERE (dept_id = ANY($3)) <> $4)) x
		WHERE x.id = k.id AND (k.phone_state, k.mail_state) <> (x.phone, x.mail)`, company, p.VerifyDays, db.Array(p.Depts), p.Rest)
}

// Doubtful is a contact whose phone or mail has to be put right.
type Doubtful struct {
	ID, CustomerID, OwnerID int64
	Name                    string
	Phone                   bool // it is the phone; else the mail
}

// Doubtfuls lists the contacts of a company with a stale or wrong channel whose owners have
// not been asked yet: at most some of each owner, what is wrong first.
func (s *Store) Doubtfuls(ctx context.Context, company int64, each int) ([]Doubtful, error) {
	return db.Select[Doubtful](ctx, s.DB, `SELECT id, customer_id, owner_id, name, phone FROM (
			SELECT k.id, k.customer_id, c.owner_id, k.name, k.phone_state IN ('stale', 'wrong') AS phone, row_number() OVER (PARTITION BY c.owner_id ORDER BY 'wrong' IN (k.phone_state, k.mail_state) DESC, c.last_touch_at DESC NULLS LAST, k.id) AS n
			FROM crm.contact k JOIN crm.customer c ON c.id = k.customer_id
			WHERE k.company_id = ? AND k.stale AND k.asked_on IS NULL AND k.archived_at IS NULL AND NOT k.has_left AND c.archived_at IS NULL AND c.owner_id <> 0 AND c.stage NOT IN ('lost', 'merged', 'dormant')) x
		WHERE n <= ? ORDER BY id`, company, each)
}
