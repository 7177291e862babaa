package store

import (
	"context"
	"encoding/json"
	"fmt"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// margin of an order is what was recorded as margin, else its net.
const marginOf = `coalesce(nullif(sum(amount) FILTER (WHERE x.kind = 'margin'%[1]s), 0), sum(amount) FILTER (WHERE x.kind = 'order'%[1]s), 0)`

// Value computes recency, frequency and value, classes and lifetime value of every
// customer of a company who ever ordered, in set-based statements (5.3, 5.5). Quintiles
// are stable for equal values; below 25 customers fixed cuts hold. Retention is that of
// the tier over two years, steadied by the whole company.
func (s *Store) Value(ctx context.Context, company int64, day date.Date, p domain.Policy) error {
	window, year := ` AND on_day > ($2::date - $3::int * interval '1 month')::date`, ` AND on_day > ($2::date - interval '1 year')::date`
	err := s.DB.Exec(ctx, `WITH f AS (
			SELECT c.id, c.tier, max(on_day) FILTER (WHERE x.kind = 'order' AND n > 0) AS last, coalesce(sum(x.n) FILTER (WHERE x.kind = 'order'`+window+`), 0)::int AS orders,
				`+fmt.Sprintf(marginOf, window)+` AS margin, `+fmt.Sprintf(marginOf, year)+` - coalesce(sum(amount) FILTER (WHERE x.kind = 'cost'`+year+`), 0) AS year_margin,
				coalesce(sum(amount) FILTER (WHERE x.kind = 'order'`+year+`), 0) AS year_net, coalesce(sum(amount) FILTER (WHERE x.kind = 'receipt'`+year+`), 0) AS receipts,
				coalesce(sum(amount) FILTER (WHERE x.kind = 'cost'`+year+`), 0) AS cost, coalesce(sum(x.n) FILTER (WHERE x.kind = 'order'`+year+`), 0) > 0 AS now_buys,
				coalesce(sum(x.n) FILTER (WHERE x.kind = 'order' AND on_day > ($2::date - interval '2 years')::date AND on_day <= ($2::date - interval '1 year')::date), 0) > 0 AS then_bought,
				coalesce(sum(amount) FILTER (WHERE x.kind = 'order'), 0) / greatest(1, sum(x.n) FILTER (WHERE x.kind = 'order')) AS average
			FROM crm.fact x JOIN crm.customer c ON c.id = x.customer_id WHERE c.company_id = $1 AND c.archived_at IS NULL AND x.on_day <= $2 GROUP BY c.id, c.tier HAVING coalesce(sum(x.n) FILTER (WHERE x.kind = 'order'), 0) > 0),
		g AS (SELECT customer_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap, count(*) AS gaps FROM (
				SELECT customer_id, on_day - lag(on_day) OVER (PARTITION BY customer_id ORDER BY on_day) AS gap FROM (SELECT DISTINCT customer_id, on_day FROM crm.fact WHERE kind = 'order' AND n > 0 AND on_day <= $2) d) o WHERE gap IS NOT NULL GROUP BY 1),
		w AS (SELECT count(*) FILTER (WHERE then_bought) AS n, count(*) FILTER (WHERE then_bought AND now_buys) AS x FROM f),
		t AS (SELECT tier, (count(*) FILTER (WHERE then_bought AND now_buys) + $4::int * coalesce((SELECT x::numeric / nullif(n, 0) FROM w), 0)) / nullif(count(*) FILTER (WHERE then_bought) + $4::int, 0) AS r FROM f GROUP BY 1),
		q AS (SELECT f.*, g.gap, g.gaps, coalesce(t.r, 0) AS retention, $2::date - f.last AS days, count(*) OVER () AS total, avg(margin) OVER () AS mean,
				percent_rank() OVER (ORDER BY $2::date - f.last DESC) AS pr, percent_rank() OVER (ORDER BY f.orders) AS pf, percent_rank() OVER (ORDER BY f.margin) AS pm,
				sum(greatest(0, year_margin)) OVER (ORDER BY year_margin DESC, f.id) - greatest(0, year_margin) AS before, sum(greatest(0, year_margin)) OVER () AS whole
			FROM f JOIN t ON t.tier = f.tier LEFT JOIN g ON g.customer_id = f.id),
		z AS (SELECT *, CASE WHEN total >= 25 THEN crm.quintile(pr) WHEN days <= 30 THEN 5 WHEN days <= 90 THEN 4 WHEN days <= 180 THEN 3 WHEN days <= 365 THEN 2 ELSE 1 END AS r5,
				CASE WHEN total >= 25 THEN crm.quintile(pf) WHEN orders >= 10 THEN 5 WHEN orders >= 6 THEN 4 WHEN orders >= 3 THEN 3 WHEN orders >= 2 THEN 2 ELSE 1 END AS f5,
				CASE WHEN total >= 25 THEN crm.quintile(pm) WHEN margin >= 2 * mean THEN 5 WHEN margin >= 1.2 * mean THEN 4 WHEN margin >= 0.8 * mean THEN 3 WHEN margin >= 0.4 * mean THEN 2 ELSE 1 END AS m5 FROM q)
		INSERT INTO crm.value AS v (customer_id, days, orders, margin, r, f, m, rfm, year_margin, year_net, receipts, cost, average, gap_days, next_on, alive, retention, clv, class, as_of)
		SELECT id, days, orders, margin, r5, f5, m5, crm.rfm_segment(r5, f5, m5), year_margin, year_net, receipts, cost, average, gap, CASE WHEN gaps >= 2 THEN last + round(gap)::int END,
			days <= coalesce(3 * gap, 365), round(retention, 6), crm.clv(year_margin, retention, $5, 0),
			CASE WHEN whole <= 0 OR year_margin <= 0 THEN 'c' WHEN before < $6 * whole THEN 'a' WHEN before < ($6 + (1 - $6) * 0.75) * whole THEN 'b' ELSE 'c' END, $2 FROM z
		ON CONFLICT (customer_id) DO UPDATE SET days = excluded.days, orders = excluded.orders, margin = excluded.margin, r = excluded.r, f = excluded.f, m = excluded.m, rfm = excluded.rfm, year_margin = excluded.year_margin, year_net = excluded.year_net,
			receipts = excluded.receipts, cost = excluded.cost, average = excluded.average, gap_days = excluded.gap_days, next_on = excluded.next_on, alive = excluded.alive, retention = excluded.retention, clv = excluded.clv, class = excluded.class, as_of = excluded.as_of`,
		company, day, p.RFMMonths, p.Shrink, p.DiscountRate, p.ClassShare)
	if err != nil {
		return fmt.Errorf("value of customers: %w", err)
	}
	if err := s.DB.Exec(ctx, `UPDATE crm.customer c SET class = v.class FROM crm.value v WHERE v.customer_id = c.id AND c.company_id = $1 AND c.class <> v.class`, company); err != nil {
		return err
	}
	return s.DB.Exec(ctx, `INSERT INTO crm.value_history AS h (customer_id, month, margin, clv, class) SELECT v.customer_id, date_trunc('month', $2::date)::date, v.year_margin, v.clv, v.class FROM crm.value v JOIN crm.customer c ON c.id = v.customer_id WHERE c.company_id = $1
		ON CONFLICT (customer_id, month) DO UPDATE SET margin = excluded.margin, clv = excluded.clv, class = excluded.class`, company, day)
}

// Worth is a customer with its value.
type Worth struct {
	ID, OwnerID                                 int64
	No, Name, RFM, Class                        string
	R, F, M, Days, Orders                       int
	YearMargin, YearNet, Receipts, Clv, Average money.Amount
	NextOn                                      date.Date
	GapDays                                     *float64
	Alive                                       bool
	Health                                      *int
	Score                                       float64
}

// indicator is the share of customers that are worse, per indicator of a value model.
var indicator = map[string]string{
	"orders": "percent_rank() OVER (ORDER BY v.orders)", "net": "percent_rank() OVER (ORDER BY v.year_net)", "margin": "percent_rank() OVER (ORDER BY v.year_margin)", "receipts": "percent_rank() OVER (ORDER BY v.receipts)",
	"cost": "percent_rank() OVER (ORDER BY v.cost DESC)", "clv": "percent_rank() OVER (ORDER BY v.clv)", "recency": "percent_rank() OVER (ORDER BY v.days DESC)",
	"payment": "percent_rank() OVER (ORDER BY coalesce((SELECT t.days_late FROM crm.credit_standing t WHERE t.customer_id = v.customer_id), 0) DESC)", "health": "percent_rank() OVER (ORDER BY coalesce((SELECT h.score FROM crm.health h WHERE h.customer_id = v.customer_id), 0))",
}

// Ranking ranks the visible customers by weighted indicators, 100 the best.
func (s *Store) Ranking(ctx context.Context, dept int64, weights []domain.ValueWeight, limit int) ([]Worth, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	sum, total := "0", 0
	for _, x := range weights {
		sum += fmt.Sprintf(" + %d * (%s)", x.Weight, indicator[x.Indicator])
		total += x.Weight
	}
	return db.Select[Worth](ctx, s.DB, `SELECT c.id, c.owner_id, c.no, c.name, v.rfm, v.class, v.r, v.f, v.m, v.days, v.orders, v.year_margin, v.year_net, v.receipts, v.clv, v.average, v.next_on, v.gap_days, v.alive,
			(SELECT h.score FROM crm.health h WHERE h.customer_id = c.id) AS health, round((100.0 * (`+sum+`) / `+fmt.Sprint(max(1, total))+`)::numeric, 1)::float8 AS score
		FROM (SELECT * FROM crm.customer WHERE `+w.SQL+`) c JOIN crm.value v ON v.customer_id = c.id ORDER BY score DESC, c.id LIMIT ?`, append(w.Args, limit)...)
}

// Curve is the value of the visible customers in a month.
type Curve struct {
	Month       date.Date
	Margin, Clv money.Amount
	N, A        int64
}

// ValueCurve follows the value over the last months.
func (s *Store) ValueCurve(ctx context.Context, dept int64, from date.Date) ([]Curve, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return nil, err
	}
	return db.Select[Curve](ctx, s.DB, `SELECT h.month, sum(h.margin) AS margin, sum(h.clv) AS clv, count(*) AS n, count(*) FILTER (WHERE h.class = 'a') AS a FROM crm.value_history h JOIN (SELECT id FROM crm.customer WHERE `+w.SQL+`) c ON c.id = h.customer_id WHERE h.month >= ? GROUP BY 1 ORDER BY 1`, append(w.Args, from)...)
}

// Buying is how the visible customers buy over a window of months.
type Buying struct {
	Buyers, Again, Orders int64
	RFM                   string // JSON: segment -> customers
}

// Repurchase counts customers with at least one and at least two orders in a window.
func (s *Store) Repurchase(ctx context.Context, dept int64) (Buying, map[string]int64, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", dept)
	if err != nil {
		return Buying{}, nil, err
	}
	b, err := db.One[Buying](ctx, s.DB, `SELECT count(*) FILTER (WHERE orders >= 1) AS buyers, count(*) FILTER (WHERE orders >= 2) AS again, coalesce(sum(orders), 0) AS orders,
			coalesce((SELECT jsonb_object_agg(rfm, n) FROM (SELECT v.rfm, count(*) AS n FROM crm.value v JOIN (SELECT id FROM crm.customer WHERE `+w.SQL+`) c ON c.id = v.customer_id GROUP BY 1) r), '{}')::text AS rfm
		FROM crm.value v JOIN (SELECT id FROM crm.customer WHERE `+w.SQL+`) c ON c.id = v.customer_id`, append(append([]any{}, w.Args...), w.Args...)...)
	if err != nil {
		return b, nil, err
	}
	n := map[string]int64{}
	return b, n, json.Unmarshal([]byte(b.RFM), &n)
}
