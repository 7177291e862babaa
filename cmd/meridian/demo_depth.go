package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"meridian/platform/audit"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// The second shape of the mass of history is deep where the first is broad: many
// customers, what was done about them, and deals at every stage. A few records of each
// kind come in the way every import takes; the rest are copies of these, made by one
// statement for many thousands, each with its own process, log, hash and trail.

const (
	depthChunk  = 20000     // copies a statement makes
	depthToken  = "9080706" // the number in the name of a pattern, replaced in its copies
	depthTeam   = 20        // people in a sales team
	depthOrders = 20        // orders for a thousand customers: what the health of customers reads
)

// depth makes the copies.
type depth struct {
	*scaler
	n int // thousands of customers
}

// loadDepth adds n thousand customers with as many follow-ups, half as many open deals
// with as many activities as there are customers, three tenths as many closed deals of two
// years, and a few orders. There are a salesperson for five thousand customers and a team
// for twenty of them.
func (o *opened) loadDepth(ctx context.Context, n int) error {
	d := &depth{&scaler{o: o, prefix: fmt.Sprintf("D%d", o.Now().Unix())}, n}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if err := d.teams(d.as(ctx)); err != nil {
		return fmt.Errorf("sales teams: %w", err)
	}
	for _, part := range []struct {
		typ      string
		count    int
		patterns func(ctx context.Context) ([]pattern, error)
	}{{"crm.customer", 1000 * n, d.customerPatterns}, {"crm.followup", 1000 * n, d.followupPatterns}, {"ltc.opportunity", 800 * n, d.dealPatterns}} {
		start := o.Now()
		list, err := part.patterns(d.as(ctx))
		if err == nil {
			err = d.copies(d.as(ctx), list, part.count)
		}
		if err != nil {
			return fmt.Errorf("load %s: %w", part.typ, err)
		}
		said(part.typ, part.count, o.Now().Sub(start))
	}
	start := o.Now()
	err := d.o.DB.Each(ctx, `SELECT id FROM crm.customer WHERE no LIKE $1 ORDER BY id LIMIT 10000`, []any{d.prefix + "-C%"}, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		d.customers = append(d.customers, id)
		return err
	})
	if err == nil {
		err = d.load(ctx, "ltc.order", depthOrders*n, d.order)
	}
	if err != nil {
		return fmt.Errorf("load ltc.order: %w", err)
	}
	said("ltc.order", depthOrders*n, o.Now().Sub(start))
	return nil
}

func said(typ string, count int, took time.Duration) {
	fmt.Fprintf(os.Stdout, "%-16s %8d in %s, %.0f/s\n", typ, count, took.Round(time.Millisecond), float64(count)/took.Seconds())
}

// teams makes the sales teams below the first sales department and adds their people to
// the owners. They have no password: nobody signs in as them.
func (d *depth) teams(ctx context.Context) error {
	above, err := d.o.department(ctx, demoDepts[7].name)
	if err != nil {
		return err
	}
	err = d.o.DB.Tx(ctx, func(ctx context.Context) error {
		var dept int64
		for i := range max(2, d.n/5) {
			if i%depthTeam == 0 {
				r, err := d.o.Departments.CreateRow(ctx, resource.Values{"name": fmt.Sprintf("%s %d 组", demoDepts[7].name, 1+i/depthTeam), "parent_id": id10(above), "branch": "false"})
				if err != nil {
					return err
				}
				dept = r.Base().ID
			}
			name := fmt.Sprintf("%s-rep%03d", strings.ToLower(d.prefix), i+1)
			r, err := d.o.Users.CreateRow(ctx, resource.Values{"username": name, "name": fmt.Sprintf("销售 %03d", i+1), "title": "销售代表", "dept_id": id10(dept)})
			if err != nil {
				return fmt.Errorf("user %s: %w", name, err)
			}
			if err := d.o.Authz.SetRoles(ctx, r.Base().ID, []string{"ltc.rep"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.o.Authz.Reload(ctx); err != nil {
		return err
	}
	dir := d.o.Authz.Directory()
	d.owners = dir.Holders("ltc.rep", dir.People[d.admin].Company, 0, true)
	return nil
}

// pattern is an imported record and what its copies have of their own.
type pattern struct {
	typ  string
	id   int64
	from string            // the rows g to make for the numbers i from $1 to $2, those of the pattern alone
	cols map[string]string // column -> SQL over g and the pattern t
	said map[string]string // field of the trail -> SQL over the copy n
	more []string          // further inserts over n
}

// imported imports a record and makes a pattern of it.
func (d *depth) imported(ctx context.Context, typ string, v resource.Values, h resource.History) (pattern, error) {
	t, err := d.o.Types.Doc(typ)
	if err != nil {
		return pattern{}, err
	}
	h.Reason = demoMark
	r, err := t.ImportRow(ctx, v, h)
	if err != nil {
		return pattern{}, err
	}
	return pattern{typ: typ, id: r.Base().ID, said: map[string]string{"owner_id": "n.owner_id"}, cols: map[string]string{}}, nil
}

// mix is a number below m that follows from i, another one for every salt.
func mix(i string, salt, m int) string {
	return fmt.Sprintf("(abs(hashint8extended(%s, %d) %% %d))", i, salt, m)
}

// numbers are the i of a pattern k of all.
func numbers(k, all int) string {
	return fmt.Sprintf("SELECT i FROM generate_series($1::bigint, $2::bigint) i WHERE i %% %d = %d", all, k)
}

func (d *depth) no(kind, i string) string {
	return fmt.Sprintf("'%s-%s' || lpad((%s)::text, 7, '0')", d.prefix, kind, i)
}

func array(ids []int64) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id10(id)
	}
	return "ARRAY[" + strings.Join(out, ",") + "]::bigint[]"
}

// ofOwner gives the i-th owner and the department.
func (d *depth) ofOwner(cols map[string]string) {
	depts := make([]int64, len(d.owners))
	for k, id := range d.owners {
		depts[k] = d.o.Authz.Directory().People[id].Dept
	}
	cols["owner_id"] = fmt.Sprintf("(%s)[1 + g.i %% %d]", array(d.owners), len(d.owners))
	cols["dept_id"] = fmt.Sprintf("(%s)[1 + g.i %% %d]", array(depts), len(depts))
}

// customerPatterns are customers of every state that is cared for, contacted for the last
// time within two years.
func (d *depth) customerPatterns(ctx context.Context) ([]pattern, error) {
	stages := []string{"potential", "opportunity", "user", "potential", "signed", "opportunity", "user", "satisfied"}
	var out []pattern
	for k, stage := range stages {
		c := demoEast[k%len(demoEast)]
		p, err := d.imported(ctx, "crm.customer", resource.Values{"name": c.region + c.industry + depthToken + "号工厂有限公司", "kind": "company", "industry": c.industry, "region": c.region, "size": c.size, "source": "导入", "tier": "standard",
			"owner_id": id10(d.owners[0]), "credit_limit": "200000", "payment_days": "30", "address": c.region + "工业园", "note": "演示数据"}, resource.History{Stage: stage, At: d.o.Now().AddDate(-2, 0, 0), No: fmt.Sprintf("%s-CP%d", d.prefix, k)})
		if err != nil {
			return nil, err
		}
		if err := d.touched(ctx, p.id); err != nil {
			return nil, err
		}
		p.from = numbers(k, len(stages))
		for _, col := range []string{"name", "name_key", "name_code"} {
			p.cols[col] = "replace(t." + col + ", '" + depthToken + "', lpad(g.i::text, 7, '0'))"
		}
		p.cols["no"] = d.no("C", "g.i")
		p.cols["created_at"] = "t.created_at - " + mix("g.i", 1, 365*24*60) + " * interval '1 minute'"
		p.cols["last_touch_at"] = "t.last_touch_at - (" + mix("g.i", 2, 1000) + " * " + mix("g.i", 3, 1000) + " * 730 * 86400 / 1000000) * interval '1 second'"
		d.ofOwner(p.cols)
		p.said["name"] = "n.name"
		out = append(out, p)
	}
	return out, nil
}

// touched holds a follow-up with a customer, so that the pattern has a last contact and
// the completeness that goes with it.
func (d *depth) touched(ctx context.Context, customer int64) error {
	t, err := d.o.Types.Doc("crm.followup")
	if err != nil {
		return err
	}
	r, err := t.CreateRow(ctx, resource.Values{"customer_id": id10(customer), "subject": "定期回访", "channel": "call", "planned_on": d.o.Now().Format(time.DateOnly), "owner_id": id10(d.owners[0])})
	if err != nil {
		return err
	}
	_, _, err = t.FireRow(ctx, r.Base().ID, r.Base().Version, "hold", resource.Values{"conclusion": "设备运行正常", "value_given": "提供保养建议", "feedback": "满意", "closed": "true"})
	return err
}

// followupPatterns are follow-ups held at the last contact of each customer.
func (d *depth) followupPatterns(ctx context.Context) ([]pattern, error) {
	first, err := d.firstCustomer(ctx)
	if err != nil {
		return nil, err
	}
	ways := []string{"call", "visit", "chat", "meeting"}
	var out []pattern
	for k, way := range ways {
		now := d.o.Now()
		p, err := d.imported(ctx, "crm.followup", resource.Values{"customer_id": id10(first), "subject": "定期回访", "channel": way, "planned_on": now.Format(time.DateOnly), "owner_id": id10(d.owners[0])}, resource.History{Stage: "done", At: now, No: fmt.Sprintf("%s-FP%d", d.prefix, k)})
		if err != nil {
			return nil, err
		}
		p.from = fmt.Sprintf("SELECT s.i, c.id AS customer_id, c.owner_id, c.dept_id, c.last_touch_at AS done_at FROM (%s) s JOIN crm.customer c ON c.company_id = %d AND c.no = %s", numbers(k, len(ways)), d.company(), d.no("C", "s.i"))
		maps.Copy(p.cols, map[string]string{"no": d.no("F", "g.i"), "customer_id": "g.customer_id", "owner_id": "g.owner_id", "dept_id": "g.dept_id", "conclusion": "'设备运行正常，近期有扩产打算'", "done_at": "g.done_at", "planned_on": "g.done_at::date", "created_at": "g.done_at"})
		maps.Copy(p.said, map[string]string{"customer_id": "n.customer_id", "planned_on": "n.planned_on"})
		out = append(out, p)
	}
	return out, nil
}

func rfc3339(col string) string {
	return "to_char(" + col + ` AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}

func (d *depth) company() int64 { return d.o.Authz.Directory().People[d.admin].Company }

func (d *depth) firstCustomer(ctx context.Context) (id int64, err error) {
	_, err = d.o.DB.Row(ctx, `SELECT min(id) FROM crm.customer WHERE no LIKE $1`, []any{d.prefix + "-C0%"}, &id)
	return id, err
}

// dealPatterns are five open deals and three closed ones of every eight. Unlike a plain
// import they know how long they stood in every stage.
func (d *depth) dealPatterns(ctx context.Context) ([]pattern, error) {
	first, err := d.firstCustomer(ctx)
	if err != nil {
		return nil, err
	}
	stages := []string{"qualify", "won", "propose", "lost", "negotiate", "qualify", "lost", "propose"}
	var out []pattern
	for k, stage := range stages {
		now := d.o.Now()
		v := resource.Values{"name": demoNeeds[k%len(demoNeeds)], "customer_id": id10(first), "product_id": id10(d.products[0]), "amount": strconv.Itoa(d.prices[0]), "close_on": now.Format(time.DateOnly), "source": "导入", "owner_id": id10(d.owners[0])}
		closed := stage == "won" || stage == "lost"
		if closed {
			v["closed_on"] = v["close_on"]
		}
		p, err := d.imported(ctx, "ltc.opportunity", v, resource.History{Stage: stage, At: now, No: fmt.Sprintf("%s-OP%d", d.prefix, k)})
		if err != nil {
			return nil, err
		}
		d.dealCopies(&p, k, len(stages), stage, closed)
		out = append(out, p)
	}
	return out, nil
}

var lossWords = []string{"price", "budget", "no_decision"} // reasons of loss

func (d *depth) dealCopies(p *pattern, k, all int, stage string, closed bool) {
	age := "(20 * 1440 + " + mix("s.i", 1, 710*24*60) + ") * interval '1 minute'" // closed deals came in over two years
	if !closed {
		age = "(1440 + " + mix("s.i", 1, 200*24*60) + ") * interval '1 minute'"
	}
	p.from = fmt.Sprintf(`SELECT s.i, c.id AS customer_id, c.owner_id, c.dept_id, now() - %s AS began, 1 + %s AS pick FROM (%s) s JOIN crm.customer c ON c.company_id = %d AND c.no = %s`,
		age, mix("s.i", 2, len(d.products)), numbers(k, all), d.company(), d.no("C", fmt.Sprintf("s.i * 7919 %% %d", 1000*d.n)))
	prices := make([]int64, len(d.prices))
	for i, x := range d.prices {
		prices[i] = int64(x)
	}
	end := fmt.Sprintf("(least(now(), g.began + (15 + %s) * interval '1 day'))::date", mix("g.i", 3, 90))
	maps.Copy(p.cols, map[string]string{"no": d.no("O", "g.i"), "customer_id": "g.customer_id", "owner_id": "g.owner_id", "dept_id": "g.dept_id", "created_at": "g.began",
		"product_id": "(" + array(d.products) + ")[g.pick]", "amount": "(" + array(prices) + ")[g.pick] * (1 + " + mix("g.i", 4, 20) + ")", "last_activity_at": "g.began"})
	maps.Copy(p.said, map[string]string{"customer_id": "n.customer_id", "product_id": "n.product_id", "amount": "n.amount", "close_on": "n.close_on", "last_activity_at": rfc3339("n.last_activity_at")})
	way := []string{"qualify", "propose", "negotiate"}
	way = way[:1+max(0, slices.Index(way, stage))]
	switch {
	case closed:
		p.cols["close_on"], p.cols["closed_on"] = end, end
		p.said["closed_on"] = "n.closed_on"
		if stage == "lost" {
			p.cols["lost_stage"] = "(ARRAY['qualify','propose','negotiate'])[1 + " + mix("g.i", 5, 3) + "]"
			p.cols["loss_reason"] = fmt.Sprintf("'%s'", lossWords[k/3%len(lossWords)])
		}
		way = []string{"qualify", "propose", "negotiate"}
	default:
		p.cols["close_on"] = fmt.Sprintf("(now() + (%s - 10) * interval '1 day')::date", mix("g.i", 3, 300))
		p.cols["next_on"] = fmt.Sprintf("(now() + (%s - 5) * interval '1 day')::date", mix("g.i", 6, 30))
		p.cols["last_activity_at"] = "g.began + (now() - g.began) * 0.9"
		p.said["next_on"] = "n.next_on"
		p.more = append(p.more, `INSERT INTO ltc.deal_activity (parent_id, pos, way, note, done_at, by_user) SELECT n.id, k, (ARRAY['call','visit'])[k], '沟通技术参数与交期', n.created_at + (n.last_activity_at - n.created_at) * k / 2, n.owner_id FROM n, generate_series(1, 2) k`)
	}
	p.more = append(p.more, stays(way, stage, closed))
}

// stays is how a copy went through the stages: each for the same part of its time.
func stays(way []string, stage string, closed bool) string {
	q := `INSERT INTO ltc.deal_stay (opportunity_id, stage, entered_at, left_at) SELECT n.id, w.stage, n.created_at + n.span * (w.k - 1) / w.m, CASE WHEN w.ends THEN n.created_at + n.span * w.k / w.m END
		FROM (SELECT id, created_at, lost_stage, ` + map[bool]string{true: "closed_on::timestamptz - created_at", false: "now() - created_at"}[closed] + ` AS span FROM n) n
		CROSS JOIN LATERAL (`
	switch {
	case stage == "lost":
		q += `SELECT stage, k, array_position(ARRAY['qualify','propose','negotiate'], n.lost_stage) AS m, true AS ends FROM unnest(ARRAY['qualify','propose','negotiate']) WITH ORDINALITY u(stage, k) WHERE k <= array_position(ARRAY['qualify','propose','negotiate'], n.lost_stage)
			UNION ALL SELECT 'lost', array_position(ARRAY['qualify','propose','negotiate'], n.lost_stage) + 1, array_position(ARRAY['qualify','propose','negotiate'], n.lost_stage), false`
	case closed:
		q += `SELECT stage, k, 3 AS m, k < 4 AS ends FROM unnest(ARRAY['qualify','propose','negotiate','won']) WITH ORDINALITY u(stage, k)`
	default:
		q += fmt.Sprintf(`SELECT stage, k, %d AS m, k < %d AS ends FROM unnest(ARRAY['%s']) WITH ORDINALITY u(stage, k)`, len(way), len(way), strings.Join(way, "','"))
	}
	return q + ") w"
}

// copies makes the numbers below count of the patterns, by several workers.
func (d *depth) copies(ctx context.Context, list []pattern, count int) error {
	statements := make([]statement, len(list))
	for i := range list {
		s, err := d.statement(ctx, &list[i])
		if err != nil {
			return err
		}
		statements[i] = s
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	type chunk struct {
		s           statement
		first, last int
	}
	chunks := make(chan chunk)
	var work sync.WaitGroup
	for range scaleWorkers {
		work.Go(func() {
			for c := range chunks {
				err := d.o.DB.Tx(ctx, func(ctx context.Context) error {
					if err := d.o.Process.AllowImport(ctx, c.s.typ); err != nil {
						return err
					}
					return d.o.DB.Exec(ctx, c.s.sql, append([]any{c.first, c.last}, c.s.args...)...)
				})
				if err != nil {
					stop(err)
				}
			}
		})
	}
	size := depthChunk * len(list)
	for first := 0; first < count && ctx.Err() == nil; first += size {
		for _, s := range statements {
			chunks <- chunk{s, first, min(first+size, count) - 1}
		}
	}
	close(chunks)
	work.Wait()
	return context.Cause(ctx)
}

// statement makes the copies of a pattern: $1 and $2 are the numbers.
type statement struct {
	typ, sql string
	args     []any
}

// statement writes the copies of a pattern with their process, log and trail.
func (d *depth) statement(ctx context.Context, p *pattern) (statement, error) {
	schema, name, _ := strings.Cut(p.typ, ".")
	table := schema + "." + name
	cols, err := d.columns(ctx, table)
	if err != nil {
		return statement{}, err
	}
	into, from := make([]string, len(cols)), make([]string, len(cols))
	p.cols["updated_at"] = "t.updated_at + g.i * interval '1 microsecond'"
	for i, c := range cols {
		into[i], from[i] = `"`+c+`"`, `t."`+c+`"`
		if x, ok := p.cols[c]; ok {
			from[i] = x
		}
	}
	hash, args, err := d.hash(ctx, p)
	if err != nil {
		return statement{}, err
	}
	trail, err := d.trail(ctx, p)
	if err != nil {
		return statement{}, err
	}
	of := fmt.Sprintf("object_type = '%s' AND object_id = %d", p.typ, p.id)
	q := fmt.Sprintf(`WITH g AS (%[1]s), n AS (INSERT INTO %[2]s (%[3]s) SELECT %[4]s FROM g CROSS JOIN (SELECT * FROM %[2]s WHERE id = %[5]d) t RETURNING *),
		i AS (INSERT INTO core.proc_instance (definition_id, process, object_type, object_id, stage, ended, seq, entered_at, accepted_at, owner_role, owner_id, company_id, dept_id, last_hash)
			SELECT s.definition_id, s.process, s.object_type, n.id, s.stage, s.ended, 1, n.created_at, CASE WHEN s.accepted_at IS NOT NULL THEN n.created_at END, s.owner_role, CASE WHEN s.owner_id <> 0 THEN n.owner_id ELSE 0 END, n.company_id, n.dept_id, %[6]s
			FROM n CROSS JOIN (SELECT * FROM core.proc_instance WHERE %[7]s) s RETURNING id, object_id, last_hash),
		e AS (INSERT INTO core.proc_event (at, instance_id, seq, kind, process, version, object_type, object_id, move, from_stage, to_stage, actor, on_behalf_of, role, company_id, dept_id, flags, reason, data, policy_version, hash)
			SELECT n.created_at, i.id, 1, v.kind, v.process, v.version, v.object_type, n.id, v.move, v.from_stage, v.to_stage, v.actor, v.on_behalf_of, v.role, n.company_id, n.dept_id, v.flags, v.reason, v.data, v.policy_version, i.last_hash
			FROM n JOIN i ON i.object_id = n.id CROSS JOIN (SELECT * FROM core.proc_event WHERE %[7]s AND seq = 1) v)`,
		p.from, table, strings.Join(into, ", "), strings.Join(from, ", "), p.id, hash, of)
	for k, more := range p.more {
		q += fmt.Sprintf(", m%d AS (%s)", k, more)
	}
	q += fmt.Sprintf(` INSERT INTO core.audit_entry (action, object_type, object_id, actor, company_id, reason, diff) SELECT a.action, a.object_type, n.id, a.actor, a.company_id, a.reason, (%s)::jsonb
		FROM n CROSS JOIN (SELECT * FROM core.audit_entry WHERE %s AND action = 'import') a`, trail, of)
	return statement{p.typ, q, args}, nil
}

func (d *depth) columns(ctx context.Context, table string) (out []string, err error) {
	err = d.o.DB.Each(ctx, `SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'id' ORDER BY attnum`, []any{table}, func(r *sql.Rows) error {
		var c string
		err := r.Scan(&c)
		out = append(out, c)
		return err
	})
	return out, err
}

// hash is the SQL of the hash of the first event of a copy; TestDemoDepth and the
// self-check hold it against what the engine computes.
func (d *depth) hash(ctx context.Context, p *pattern) (string, []any, error) {
	list, err := d.o.Process.History(ctx, trace.Ref{Type: p.typ, ID: p.id})
	if err != nil {
		return "", nil, err
	}
	v := list[0]
	if v.Seq != 1 || len(v.Data) > 0 || !v.DueAt.IsZero() || !v.FromAt.IsZero() {
		return "", nil, errors.New("the first event of an imported record is not what it was")
	}
	join := func(parts ...string) string {
		var b strings.Builder
		for _, s := range parts {
			fmt.Fprintf(&b, "%d:%s", len(s), s)
		}
		return b.String()
	}
	a := join("1", v.Kind, v.Process, strconv.Itoa(v.Version))
	b := join(v.Move, v.From, v.To, "", strconv.FormatInt(v.WorkSecs, 10), "", id10(v.Actor), id10(v.OnBehalf), v.Role, id10(v.CompanyID))
	c := join(v.Flags, v.Reason, "{}", id10(v.Policy))
	measured := func(x string) string { return "octet_length(" + x + ") || ':' || " + x }
	q := `sha256(convert_to('27:' || to_char(n.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || $3::text || ` + measured("('"+p.typ+"/' || n.id)") + ` || $4::text || ` + measured("n.dept_id::text") + ` || $5::text, 'UTF8'))`
	return q, []any{a, b, c}, nil
}

// trail is the SQL of what the audit trail says of a copy.
func (d *depth) trail(ctx context.Context, p *pattern) (string, error) {
	list, err := d.o.Audit.List(ctx, audit.Filter{Type: p.typ, ObjectID: p.id, Action: "import", Limit: 1})
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", errors.New("the import left no trail")
	}
	parts := []string{"'['"}
	for i, c := range list[0].Changes {
		comma := map[bool]string{true: ", "}[i > 0]
		if x, ok := p.said[c.Field]; ok {
			parts = append(parts, fmt.Sprintf(`'%s{"f": "%s", "b": "", "a": ' || to_json((%s)::text) || '}'`, comma, c.Field, x))
			continue
		}
		b, err := json.Marshal(c)
		if err != nil {
			return "", err
		}
		parts = append(parts, "'"+comma+strings.ReplaceAll(string(b), "'", "''")+"'")
	}
	return strings.Join(append(parts, "']'"), " || "), nil
}
