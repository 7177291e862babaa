package main

// questions are what the pages of the second part ask, each as one statement written by
// hand for a reader who may see all of it. $1 is a customer or who reads.
var questions = map[string]string{
	"customer": `SELECT c.*, h.score, h.grade, e.orders, e.receivables,
		(SELECT jsonb_agg(x) FROM (SELECT id, name, title, phone FROM crm.contact WHERE customer_id = c.id AND archived_at IS NULL ORDER BY id LIMIT 20) x) AS contacts,
		(SELECT jsonb_agg(x) FROM (SELECT id, subject, channel, conclusion, done_at FROM crm.followup WHERE customer_id = c.id AND archived_at IS NULL ORDER BY planned_on DESC LIMIT 20) x) AS followups,
		(SELECT jsonb_agg(x) FROM (SELECT id, no, name, stage, amount FROM ltc.opportunity WHERE customer_id = c.id AND archived_at IS NULL ORDER BY id DESC LIMIT 20) x) AS deals,
		(SELECT jsonb_agg(x) FROM (SELECT id, no, stage, total FROM ltc."order" WHERE customer_id = c.id AND archived_at IS NULL ORDER BY id DESC LIMIT 20) x) AS orders_made,
		(SELECT jsonb_agg(x) FROM (SELECT at, move, from_stage, to_stage, actor FROM core.proc_event WHERE object_type = 'crm.customer' AND object_id = c.id ORDER BY seq DESC LIMIT 20) x) AS log,
		(SELECT jsonb_agg(x) FROM (SELECT at, action, actor, diff FROM core.audit_entry WHERE object_type = 'crm.customer' AND object_id = c.id ORDER BY at DESC LIMIT 20) x) AS trail
		FROM crm.customer c LEFT JOIN crm.health h ON h.customer_id = c.id LEFT JOIN crm.exposure_total e ON e.customer_id = c.id WHERE c.id = $1`,
	"board":          `SELECT s.*, o.* FROM (` + boardStages + `$1 > 0 GROUP BY 1) s, LATERAL (SELECT o.id, o.no, o.name, o.amount, o.close_on, o.owner_id, c.name AS customer FROM ltc.opportunity o LEFT JOIN crm.customer c ON c.id = o.customer_id WHERE o.stage = s.stage AND o.archived_at IS NULL ORDER BY o.amount DESC, o.id DESC LIMIT 50) o`,
	"board_own":      `SELECT s.*, o.* FROM (` + boardStages + `owner_id = $1 GROUP BY 1) s, LATERAL (SELECT o.id, o.no, o.name, o.amount, o.close_on, o.owner_id, c.name AS customer FROM ltc.opportunity o LEFT JOIN crm.customer c ON c.id = o.customer_id WHERE o.stage = s.stage AND o.archived_at IS NULL AND o.owner_id = $1 ORDER BY o.amount DESC, o.id DESC LIMIT 50) o`,
	"funnel":         handFunnel + `WHERE archived_at IS NULL AND $1 > 0` + handFunnelEnd,
	"funnel_team":    handFunnel + `WHERE archived_at IS NULL AND dept_id = (SELECT dept_id FROM core."user" WHERE id = $1)` + handFunnelEnd,
	"forecast":       handForecast + `$1 > 0 GROUP BY 1, 2`,
	"forecast_team":  handForecast + `dept_id = (SELECT dept_id FROM core."user" WHERE id = $1) GROUP BY 1, 2`,
	"attention_own":  handAttention + `owner_id = $1` + handAttentionEnd,
	"attention_team": handAttention + `dept_id = (SELECT dept_id FROM core."user" WHERE id = $1)` + handAttentionEnd,
}

const (
	boardStages = `SELECT stage, count(*) AS deals, sum(amount) AS total FROM ltc.opportunity WHERE archived_at IS NULL AND `

	handFunnel = `WITH way AS (SELECT o.id, o.stage, o.amount, least(o.created_at, min(t.entered_at) FILTER (WHERE t.stage = 'qualify')) AS q, min(t.entered_at) FILTER (WHERE t.stage = 'propose') AS p,
			min(t.entered_at) FILTER (WHERE t.stage = 'negotiate') AS n, min(t.entered_at) FILTER (WHERE t.stage = 'won') AS w FROM ltc.opportunity o JOIN ltc.deal_stay t ON t.opportunity_id = o.id `
	handFunnelEnd = ` GROUP BY o.id)
		SELECT count(*) FILTER (WHERE q > now() - interval '2 years') AS qualify, count(*) FILTER (WHERE q > now() - interval '2 years' AND coalesce(p, n, w) IS NOT NULL) AS went_on, count(*) FILTER (WHERE p > now() - interval '2 years') AS propose,
			count(*) FILTER (WHERE p > now() - interval '2 years' AND coalesce(n, w) IS NOT NULL) AS went_further, count(*) FILTER (WHERE n > now() - interval '2 years') AS negotiate, count(w) FILTER (WHERE n > now() - interval '2 years') AS won,
			sum(amount) AS amount, percentile_disc(0.9) WITHIN GROUP (ORDER BY least(p, n, w) - q) AS first, percentile_disc(0.9) WITHIN GROUP (ORDER BY least(n, w) - p) AS second, percentile_disc(0.9) WITHIN GROUP (ORDER BY w - n) AS third FROM way`

	handForecast = `SELECT owner_id, category, count(*) AS n, sum(amount) AS amount, sum(amount * probability) AS weighted FROM ltc.opportunity
		WHERE archived_at IS NULL AND stage NOT IN ('lost', 'hold') AND CASE WHEN stage = 'won' THEN closed_on ELSE close_on END BETWEEN date_trunc('year', now())::date AND (date_trunc('year', now()) + interval '1 year')::date - 1 AND `

	handAttention = `SELECT id, name, amount, next_on, last_activity_at, close_on, count(*) OVER () AS n FROM ltc.opportunity
		WHERE archived_at IS NULL AND stage IN ('qualify', 'propose', 'negotiate') AND (next_step = '' OR next_on < current_date OR last_activity_at < now() - interval '14 days' OR close_on < current_date) AND `
	handAttentionEnd = ` ORDER BY amount DESC, id LIMIT 1000`

	// handAllocate gives the customers of the pool out in turn; those of the last run are
	// taken, since ours has given them out.
	handAllocate = `WITH person AS (SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS k, count(*) OVER () AS m FROM crm.allocation_member a JOIN crm.allocation_rule r ON r.id = a.parent_id WHERE r.name = 'bench'),
			given AS (SELECT customer_id, rule_id, row_number() OVER (ORDER BY customer_id) AS i FROM crm.allocation_log WHERE at > now() - interval '1 hour'),
			done AS (UPDATE crm.customer c SET owner_id = p.user_id, pool_id = NULL, pooled_at = NULL, version = version + 1, updated_at = now() FROM given g JOIN person p ON p.k = g.i % p.m WHERE c.id = g.customer_id RETURNING c.id, c.owner_id)
		INSERT INTO crm.allocation_log (customer_id, rule_id, rule, to_user) SELECT d.id, g.rule_id, 'by hand', d.owner_id FROM done d JOIN given g ON g.customer_id = d.id`

	// handHealth measures into a table of its own, from sums made once for all customers.
	handHealth = `CREATE TEMP TABLE hand_health ON COMMIT DROP AS
		SELECT c.id, crm.health_parts((current_date - c.last_touch_at::date)::numeric, (coalesce(k.n, 0) + coalesce(f.touches, 0))::numeric, 4, coalesce(f.orders, 0), greatest(0, coalesce(f.opened, 0) - coalesce(f.closed, 0)), coalesce(f.closed, 0), c.need_fit) AS parts
		FROM crm.customer c LEFT JOIN (SELECT customer_id, count(*) AS n FROM crm.followup WHERE stage = 'done' AND done_at > current_date - 30 GROUP BY 1) k ON k.customer_id = c.id
		LEFT JOIN (SELECT customer_id, sum(n) FILTER (WHERE kind = 'touch' AND on_day > current_date - 30) AS touches, sum(n) FILTER (WHERE kind = 'order' AND on_day > current_date - 92) AS orders,
			sum(n) FILTER (WHERE kind = 'complaint') AS opened, sum(n) FILTER (WHERE kind = 'complaint_closed') AS closed FROM crm.fact WHERE on_day > current_date - 183 GROUP BY 1) f ON f.customer_id = c.id
		WHERE c.archived_at IS NULL`
)
