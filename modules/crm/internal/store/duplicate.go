package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
)

// loose is the trigram threshold of the first sieve; the rule counts exactly after it.
const loose = "0.55"

const twinCols = `id, no, name, name_key, owner_id, dept_id, company_id, parent_id, tax_no, phone_key, mail_domain`

// Candidates implements domain.Twins. Each sign has its index.
func (s *Store) Candidates(ctx context.Context, c *domain.Customer) (out []domain.Twin, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.DB.Exec(ctx, `SELECT set_config('pg_trgm.similarity_threshold', $1, true)`, loose); err != nil {
			return err
		}
		var q []string
		var args []any
		sign := func(cond string, value string) {
			if value != "" {
				q = append(q, `(SELECT `+twinCols+` FROM crm.customer WHERE archived_at IS NULL AND company_id = ? AND id <> ? AND `+cond+` LIMIT 20)`)
				args = append(args, c.CompanyID, c.ID, value)
			}
		}
		sign("tax_no = ?", c.TaxNo)
		sign("phone_key <> '' AND phone_key = ?", c.PhoneKey)
		sign("mail_domain <> '' AND mail_domain = ?", c.MailDomain)
		sign("name_code % ?", c.NameCode)
		if len(q) == 0 {
			return nil
		}
		out, err = db.Select[domain.Twin](ctx, s.DB, `SELECT * FROM (`+strings.Join(q, " UNION ")+`) t ORDER BY id`, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("duplicates of %s: %w", c.No, err)
	}
	return out, nil
}

// Keep implements domain.Twins.
func (s *Store) Keep(ctx context.Context, id int64, twins []domain.Twin) error {
	for _, t := range twins {
		if err := s.DB.Exec(ctx, `INSERT INTO crm.duplicate (a_id, b_id, why, score) VALUES (least($1::bigint, $2), greatest($1::bigint, $2), $3, $4)
			ON CONFLICT (a_id, b_id) DO UPDATE SET why = $3, score = $4`, id, t.ID, string(t.Why), t.Score); err != nil {
			return fmt.Errorf("keep duplicate: %w", err)
		}
	}
	return nil
}

// Unscanned returns live customers of a company above an id, for a scan in steps.
func (s *Store) Unscanned(ctx context.Context, company, after int64, limit int) ([]int64, error) {
	rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `SELECT id FROM crm.customer WHERE company_id = ? AND archived_at IS NULL AND id > ? ORDER BY id LIMIT ?`, company, after, limit)
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, err
}

// Pair is a suspected duplicate as the workbench shows it.
type Pair struct {
	AID, BID                     int64
	ANo, AName, BNo, BName       string
	AOwner, BOwner               int64
	AAt, BAt                     time.Time
	ACompleteness, BCompleteness int
	Why                          domain.Why
	Score                        money.Ratio
}

// Pairs lists the open suspicions between customers the reader may see, the surest first.
func (s *Store) Pairs(ctx context.Context, why string, limit int) ([]Pair, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	args := append(append([]any{}, w.Args...), w.Args...)
	q := `WITH a AS (SELECT * FROM crm.customer WHERE ` + w.SQL + `), b AS (SELECT * FROM crm.customer WHERE ` + w.SQL + `)
		SELECT a.id AS a_id, b.id AS b_id, a.no AS a_no, a.name AS a_name, b.no AS b_no, b.name AS b_name, a.owner_id AS a_owner, b.owner_id AS b_owner,
			a.created_at AS a_at, b.created_at AS b_at, a.completeness AS a_completeness, b.completeness AS b_completeness, d.why, d.score
		FROM crm.duplicate d JOIN a ON a.id = d.a_id JOIN b ON b.id = d.b_id WHERE d.distinct_at IS NULL`
	if why != "" {
		q += ` AND d.why = ?`
		args = append(args, why)
	}
	args = append(args, limit)
	rows, err := db.Select[Pair](ctx, s.DB, q+` ORDER BY position(d.why IN 'tax_no phone mail name'), d.score DESC, d.found_at LIMIT ?`, args...)
	if err != nil {
		return nil, fmt.Errorf("duplicates: %w", err)
	}
	return rows, nil
}

// Distinct says that a pair is two customers.
func (s *Store) Distinct(ctx context.Context, a, b int64) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.DB.ExecN(ctx, `UPDATE crm.duplicate SET distinct_at = clock_timestamp(), distinct_by = $3 WHERE a_id = least($1::bigint, $2) AND b_id = greatest($1::bigint, $2)`, a, b, authz.Actor(ctx))
		if err == nil && n == 0 {
			return errs.Missing()
		}
		return err
	})
}

// children are the tables whose rows follow a customer into another.
var children = []string{"contact", "followup", "credit_release"}

// Reparent implements domain.Merges.
func (s *Store) Reparent(ctx context.Context, from, to int64) (string, error) {
	moved := map[string][]int64{}
	for _, t := range children {
		rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `UPDATE crm.`+t+` SET customer_id = ?, version = version + 1 WHERE customer_id = ? RETURNING id`, to, from)
		if err != nil {
			return "", fmt.Errorf("move %s: %w", t, err)
		}
		for _, r := range rows {
			moved[t] = append(moved[t], r.ID)
		}
	}
	if err := s.DB.Exec(ctx, `UPDATE crm.customer SET parent_id = $2, version = version + 1 WHERE parent_id = $1 AND id <> $2`, from, to); err != nil {
		return "", err
	}
	b, err := json.Marshal(moved)
	return string(b), err
}

// Restore implements domain.Merges.
func (s *Store) Restore(ctx context.Context, to int64, moved string) error {
	var m map[string][]int64
	if err := json.Unmarshal([]byte(moved), &m); err != nil {
		return fmt.Errorf("what a merge moved: %w", err)
	}
	for _, t := range children {
		if err := s.DB.Exec(ctx, `UPDATE crm.`+t+` SET customer_id = $1, version = version + 1 WHERE id = ANY($2)`, to, db.Array(append([]int64{}, m[t]...))); err != nil {
			return fmt.Errorf("move back %s: %w", t, err)
		}
	}
	return nil
}

// Save implements domain.Merges.
func (s *Store) Save(ctx context.Context, m *domain.Merge) error {
	_, err := s.DB.Row(ctx, `INSERT INTO crm.merge (kept_id, merged_id, kept_was, stage_was, moved, merged_by, merged_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		[]any{m.KeptID, m.MergedID, m.KeptWas, string(m.StageWas), m.Moved, authz.Actor(ctx), m.MergedAt}, &m.ID)
	return err
}

// Lock implements domain.Merges.
func (s *Store) Lock(ctx context.Context, id int64) (*domain.Merge, error) {
	m := &domain.Merge{ID: id}
	ok, err := s.DB.Row(ctx, `SELECT kept_id, merged_id, kept_was::text, stage_was, moved::text, merged_at, undone_at FROM crm.merge WHERE id = $1 FOR UPDATE`, []any{id},
		&m.KeptID, &m.MergedID, &m.KeptWas, &m.StageWas, &m.Moved, &m.MergedAt, &m.UndoneAt)
	if err == nil && !ok {
		err = errs.Missing()
	}
	return m, err
}

// Undone implements domain.Merges.
func (s *Store) Undone(ctx context.Context, id int64, at time.Time) error {
	return s.DB.Exec(ctx, `UPDATE crm.merge SET undone_at = $2, undone_by = $3 WHERE id = $1`, id, at, authz.Actor(ctx))
}

// Done is a merge as the workbench lists it.
type Done struct {
	ID, KeptID, MergedID, MergedBy int64
	KeptName, MergedName           string
	MergedAt                       time.Time
	UndoneAt                       *time.Time
}

// Merged lists the last merges into customers the reader may see.
func (s *Store) Merged(ctx context.Context, limit int) ([]Done, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Done](ctx, s.DB, `SELECT m.id, m.kept_id, m.merged_id, m.merged_by, k.name AS kept_name, o.name AS merged_name, m.merged_at, m.undone_at
		FROM crm.merge m JOIN (SELECT id, name FROM crm.customer WHERE `+w.SQL+`) k ON k.id = m.kept_id JOIN crm.customer o ON o.id = m.merged_id ORDER BY m.id DESC LIMIT ?`, append(w.Args, limit)...)
}

// MoveExposure implements domain.Merges.
func (s *Store) MoveExposure(ctx context.Context, from, to int64, key, earlier string) error {
	cond, args := "", []any{from}
	if earlier != "" {
		cond = ` AND (object_type, object_id) IN (SELECT object_type, object_id FROM crm.exposure_entry WHERE customer_id = ? AND idem_key LIKE ?)`
		args = append(args, from, earlier+"/%")
	}
	type open struct {
		Part       crm.ExposurePart
		ObjectType string
		ObjectID   int64
		Amount     money.Amount
	}
	rows, err := db.Select[open](ctx, s.DB, `SELECT part, object_type, object_id, sum(amount) AS amount FROM crm.exposure_entry WHERE customer_id = ?`+cond+` GROUP BY 1, 2, 3 HAVING sum(amount) <> 0 ORDER BY 2, 3, 1`, args...)
	if err != nil {
		return fmt.Errorf("exposure to move: %w", err)
	}
	ledger := &Exposure{DB: s.DB}
	for _, r := range rows {
		doc := refOf(r.ObjectType, r.ObjectID)
		k := fmt.Sprintf("%s/%s/%s", key, doc, r.Part)
		if _, err := ledger.post(ctx, crm.CustomerID(from), r.Part, doc, r.Amount.Neg(), k+"/out"); err != nil {
			return err
		}
		if _, err := ledger.post(ctx, crm.CustomerID(to), r.Part, doc, r.Amount, k+"/in"); err != nil {
			return err
		}
		if err := s.DB.Exec(ctx, `UPDATE crm.receivable_item SET customer_id = $1 WHERE object_type = $2 AND object_id = $3`, to, doc.Type, doc.ID); err != nil {
			return err
		}
	}
	return nil
}
