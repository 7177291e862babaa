package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
)

// asked is a field of a segment: its kind of value and what it is in SQL, of customer c.
type asked struct{ kind, sql string }

// facts sums a kind of facts of customer c over months.
func facts(col, kind string, months int) string {
	return fmt.Sprintf(`coalesce((SELECT sum(x.%s) FROM crm.fact x WHERE x.customer_id = c.id AND x.kind = '%s' AND x.on_day > (current_date - interval '%d months')::date), 0)`, col, kind, months)
}

var askable = map[string]asked{
	"name": {"text", "c.name"}, "kind": {"text", "c.kind"}, "industry": {"text", "c.industry"}, "size": {"text", "c.size"}, "region": {"text", "c.region"}, "source": {"text", "c.source"}, "tier": {"text", "c.tier"},
	"class": {"text", "c.class"}, "stage": {"text", "c.stage"}, "tags": {"text", "c.tags"}, "need_fit": {"text", "c.need_fit"}, "first_way": {"text", "c.first_way"},
	"completeness": {"number", "c.completeness"}, "created_on": {"date", "c.created_at::date"}, "last_touch": {"date", "c.last_touch_at::date"}, "silence": {"number", "(current_date - c.last_touch_at::date)"},
	"health": {"number", "(SELECT h.score FROM crm.health h WHERE h.customer_id = c.id)"}, "risk": {"text", "coalesce((SELECT h.grade FROM crm.health h WHERE h.customer_id = c.id), '')"},
	"orders": {"number", facts("n", "order", 12)}, "net": {"number", facts("amount", "order", 12)}, "receipts": {"number", facts("amount", "receipt", 12)}, "complaints": {"number", facts("n", "complaint", 6)},
	"open_deals": {"number", "(SELECT count(*) FROM crm.open_deal d WHERE d.customer_id = c.id AND d.closed_at IS NULL)"},
	"rfm":        {"text", "coalesce((SELECT v.rfm FROM crm.value v WHERE v.customer_id = c.id), '')"}, "clv": {"number", "(SELECT v.clv FROM crm.value v WHERE v.customer_id = c.id)"},
	"last_order": {"date", "(SELECT max(x.on_day) FROM crm.fact x WHERE x.customer_id = c.id AND x.kind = 'order')"},
}

// comparisons are the operators by kind of value; $ stands for the field, ? for values.
var comparisons = map[string]map[string]string{
	"text":   {"is": "$ = ?", "is_not": "$ <> ?", "contains": "$ ILIKE '%' || ? || '%'", "lacks": "$ NOT ILIKE '%' || ? || '%'", "starts": "$ ILIKE ? || '%'", "ends": "$ ILIKE '%' || ?", "one_of": "$ = ANY(?)", "none_of": "$ <> ALL(?)", "empty": "$ = ''", "filled": "$ <> ''"},
	"number": {"is": "$ = ?", "is_not": "$ <> ?", "lt": "$ < ?", "le": "$ <= ?", "gt": "$ > ?", "ge": "$ >= ?", "between": "$ BETWEEN ? AND ?", "outside": "$ NOT BETWEEN ? AND ?", "empty": "$ IS NULL", "filled": "$ IS NOT NULL"},
	"date": {"is": "$ = ?", "before": "$ < ?", "after": "$ > ?", "between": "$ BETWEEN ? AND ?", "outside": "$ NOT BETWEEN ? AND ?", "last_days": "$ > current_date - ?::int", "older_days": "$ < current_date - ?::int",
		"this_month": "date_trunc('month', $::timestamp) = date_trunc('month', current_date::timestamp)", "this_year": "date_trunc('year', $::timestamp) = date_trunc('year', current_date::timestamp)", "empty": "$ IS NULL", "filled": "$ IS NOT NULL"},
}

// Compile implements domain.SegmentBook.
func (s *Store) Compile(rules []domain.SegmentRule) error {
	_, _, err := compile(rules)
	return err
}

// compile writes conditions as SQL: names come from the table above, what people typed is
// always an argument.
func compile(rules []domain.SegmentRule) (string, []any, error) {
	var bad []errs.Field
	groups := map[int][]int{}
	var order []int
	for i, r := range rules {
		if !slices.Contains(order, r.Grp) {
			order = append(order, r.Grp)
		}
		groups[r.Grp] = append(groups[r.Grp], i)
	}
	slices.Sort(order)
	var or []string
	var args []any
	for _, g := range order {
		var and []string
		for _, i := range groups[g] {
			q, a, err := condition(rules[i])
			if err != "" {
				bad = append(bad, errs.Field{Name: fmt.Sprintf("rules.%d.%s", i, map[bool]string{true: "op", false: "value"}[err == cannotCompare]), Message: err})
				continue
			}
			and, args = append(and, q), append(args, a...)
		}
		or = append(or, "("+strings.Join(and, " AND ")+")")
	}
	if e := errs.Join(bad); e != nil {
		return "", nil, e
	}
	return "(" + strings.Join(or, " OR ") + ")", args, nil
}

const cannotCompare = "This field cannot be compared so."

func condition(r domain.SegmentRule) (string, []any, string) {
	f, ok := askable[r.Field]
	op := comparisons[f.kind][r.Op]
	if !ok || op == "" {
		return "", nil, cannotCompare
	}
	values := strings.FieldsFunc(r.Value, func(x rune) bool { return x == ',' || x == '，' })
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	n := strings.Count(op, "?")
	q := strings.ReplaceAll(op, "$", f.sql)
	switch {
	case n == 0:
		return q, nil, ""
	case strings.Contains(op, "(?)"):
		if len(values) == 0 {
			return "", nil, "A value is expected."
		}
		return q, []any{db.Array(values)}, ""
	case n == 1:
		values = []string{strings.TrimSpace(r.Value)}
	}
	if len(values) != n || values[0] == "" {
		return "", nil, map[bool]string{true: "A value is expected.", false: "Two values are expected, separated by a comma."}[n == 1]
	}
	args := make([]any, n)
	for i, v := range values {
		switch {
		case f.kind == "date" && strings.Contains(op, "::int"):
			d, err := strconv.Atoi(v)
			if err != nil || d < 0 {
				return "", nil, "A number of days is expected."
			}
			args[i] = d
		case f.kind == "date":
			d, err := date.Parse(v)
			if err != nil {
				return "", nil, "A day is expected: 2026-05-31."
			}
			args[i] = d
		case f.kind == "number":
			d, err := money.Parse[money.Micro](v)
			if err != nil {
				return "", nil, "A number is expected."
			}
			args[i] = d
		default:
			args[i] = v
		}
	}
	return q, args, ""
}

// Fill implements domain.SegmentBook: two statements whatever the number of members.
func (s *Store) Fill(ctx context.Context, x *domain.Segment) (joined []int64, n int, err error) {
	if x.Kind == "dynamic" {
		cond, args, err := compile(x.Rules)
		if err != nil {
			return nil, 0, err
		}
		now := `c.company_id = ? AND c.archived_at IS NULL AND ` + cond
		if err := s.DB.Gorm(ctx).Exec(`UPDATE crm.segment_member m SET until = clock_timestamp() WHERE m.segment_id = ? AND m.until IS NULL AND NOT EXISTS (SELECT 1 FROM crm.customer c WHERE c.id = m.customer_id AND `+now+`)`,
			append([]any{x.ID, x.CompanyID}, args...)...).Error; err != nil {
			return nil, 0, fmt.Errorf("segment %s: %w", x.Name, db.Translate(err))
		}
		rows, err := db.Select[struct{ CustomerID int64 }](ctx, s.DB, `INSERT INTO crm.segment_member (segment_id, customer_id, since) SELECT ?, c.id, clock_timestamp() FROM crm.customer c
			WHERE `+now+` AND NOT EXISTS (SELECT 1 FROM crm.segment_member m WHERE m.segment_id = ? AND m.customer_id = c.id AND m.until IS NULL) RETURNING customer_id`, append(append([]any{x.ID, x.CompanyID}, args...), x.ID)...)
		if err != nil {
			return nil, 0, fmt.Errorf("segment %s: %w", x.Name, err)
		}
		for _, r := range rows {
			joined = append(joined, r.CustomerID)
		}
	}
	_, err = s.DB.Row(ctx, `SELECT count(*) FROM crm.segment_member WHERE segment_id = $1 AND until IS NULL`, []any{x.ID}, &n)
	return joined, n, err
}

// Put implements domain.SegmentBook.
func (s *Store) Put(ctx context.Context, segment, customer int64, in bool) error {
	if in {
		return s.DB.Exec(ctx, `INSERT INTO crm.segment_member (segment_id, customer_id, since) VALUES ($1, $2, clock_timestamp()) ON CONFLICT (segment_id, customer_id) WHERE until IS NULL DO NOTHING`, segment, customer)
	}
	return s.DB.Exec(ctx, `UPDATE crm.segment_member SET until = clock_timestamp() WHERE segment_id = $1 AND customer_id = $2 AND until IS NULL`, segment, customer)
}

// Size is how a segment moved.
type Size struct {
	ID                int64
	Name, Kind        string
	Now, Joined, Gone int64
}

// Sizes counts the visible members of the visible segments, and who came and went in 30 days.
func (s *Store) Sizes(ctx context.Context) ([]Size, error) {
	g, err := s.DB.Rows(ctx, "crm.segment", 0)
	if err != nil {
		return nil, err
	}
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Size](ctx, s.DB, `SELECT g.id, g.name, g.kind, count(c.id) FILTER (WHERE m.until IS NULL) AS now, count(c.id) FILTER (WHERE m.until IS NULL AND m.since > now() - interval '30 days') AS joined, count(c.id) FILTER (WHERE m.until > now() - interval '30 days') AS gone
		FROM (SELECT * FROM crm.segment WHERE `+g.SQL+`) g LEFT JOIN crm.segment_member m ON m.segment_id = g.id LEFT JOIN (SELECT id FROM crm.customer WHERE `+w.SQL+`) c ON c.id = m.customer_id GROUP BY 1, 2, 3 ORDER BY 2`, append(g.Args, w.Args...)...)
}

// Member is a customer of a segment.
type Member struct {
	ID, OwnerID      int64
	No, Name, Region string
	Stage, Class     string
	Since            string
}

// MembersOf lists the visible members of a segment.
func (s *Store) MembersOf(ctx context.Context, segment int64, limit int) ([]Member, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Member](ctx, s.DB, `SELECT c.id, c.owner_id, c.no, c.name, c.region, c.stage, c.class, m.since::date::text AS since FROM crm.segment_member m JOIN (SELECT * FROM crm.customer WHERE `+w.SQL+`) c ON c.id = m.customer_id
		WHERE m.segment_id = ? AND m.until IS NULL ORDER BY c.id LIMIT ?`, append(w.Args, segment, limit)...)
}

// crossed are the dimensions of the cross table, of customer c.
var crossed = map[string]string{"stage": "stage", "region": "region", "industry": "industry", "class": "class", "tier": "tier", "source": "source", "owner": "owner_id::text", "dept": "dept_id::text",
	"risk": `coalesce((SELECT h.grade FROM crm.health h WHERE h.customer_id = c.id), '')`, "rfm": `coalesce((SELECT v.rfm FROM crm.value v WHERE v.customer_id = c.id), '')`}

// Cross is one cell of a cross table.
type Cross struct {
	A, B   string
	N      int64
	Margin money.Amount
}

// CrossTable counts the visible customers by two dimensions, with their margin of a year.
func (s *Store) CrossTable(ctx context.Context, dept int64, a, b string) ([]Cross, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	x, y := crossed[a], crossed[b]
	if x == "" || y == "" {
		return nil, errs.Bad("a", "Choose one of the listed values.")
	}
	return db.Select[Cross](ctx, s.DB, `SELECT `+x+` AS a, `+y+` AS b, count(*) AS n, coalesce(sum((SELECT v.year_margin FROM crm.value v WHERE v.customer_id = c.id)), 0) AS margin FROM crm.customer c WHERE `+w.SQL+` GROUP BY 1, 2 ORDER BY 1, 2`, w.Args...)
}
