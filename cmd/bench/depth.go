package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"meridian/platform/clock"
	"meridian/platform/pgrun"
)

// The second part measures depth: a million customers, two million activities, half a
// million open deals and two years of closed ones, asked by the roles that ask. Beside
// each measure stand the same question as one statement written by hand, and that
// statement behind a bare gin + pgx server.

// aim is one line of the table: a page many times or a job once.
type aim struct {
	name   string
	aim    time.Duration // 0 = none is set
	who    string
	page   func(c *client) (path string, id int64)
	raw    string // key of questions
	ours   result
	sql    result
	served result
}

// asker is somebody who signs in.
type asker struct{ user, name, role, dept string }

const (
	rep, head, executive, success, keeper = "bench-rep", "bench-manager", "bench-executive", "bench-success", "bench-keeper"
	salesDept                             = "华东销售部"
)

// deepRun loads and measures the second part.
func (o options) deepRun(ctx context.Context) (err error) {
	if err := os.MkdirAll(o.data, 0o755); err != nil { //nolint:gosec // PostgreSQL runs under another account and must enter
		return fmt.Errorf("data folder: %w", err)
	}
	cluster, err := pgrun.Start(ctx, pgrun.Config{Root: o.data, NoTCP: true, Log: slog.Default()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop(20*time.Second)) }()
	dsn := cluster.DSN("meridian")
	if err := o.deepLoad(ctx, dsn); err != nil {
		return err
	}
	us, err := o.startMeridian(ctx)
	if err != nil {
		return err
	}
	defer us.stop()
	bare, err := startBare(ctx, dsn)
	if err != nil {
		return err
	}
	defer bare.stop()
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(ctx))) }()
	d := &deep{options: o, us: us, bare: bare, db: db, cookie: map[string]string{}}
	if err := d.people(ctx); err != nil {
		return err
	}
	if err := d.pages(ctx); err != nil {
		return err
	}
	if err := d.jobs(ctx); err != nil {
		return err
	}
	d.print(os.Stdout)
	return nil
}

// deepLoad makes the demo company, a salesperson who signs in and owns a share like the
// others, and the mass of history; once.
func (o options) deepLoad(ctx context.Context, dsn string) error {
	have, err := count(ctx, dsn, "crm.customer")
	if err != nil || have >= o.depth*1000 {
		return err
	}
	fmt.Fprintf(os.Stderr, "loading %d,000 customers with %d,000 activities and %d00 deals; once\n", o.depth, 2*o.depth, 8*o.depth)
	for _, args := range [][]string{{"demo"}, {"user", "create", "--user", rep, "--name", rep, "--roles", "ltc.rep", "--dept", salesDept, "--password-stdin"}, {"demo", "--depth", fmt.Sprint(o.depth)}} {
		c := o.meridian(ctx, args...)
		c.Stdin, c.Stdout = strings.NewReader(password+"\n"), os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	return statement(ctx, dsn, "VACUUM (ANALYZE)")
}

func statement(ctx context.Context, dsn, q string) (err error) {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	_, err = c.Exec(ctx, q)
	return err
}

// deep is the second part at work.
type deep struct {
	options
	us, bare *server
	db       *pgx.Conn
	cookie   map[string]string
	aims     []*aim
	rss      [2]int // of the server before the export and at its peak, MB
}

// people makes who signs in, freezes a forecast to compare with, and signs in.
func (d *deep) people(ctx context.Context) error {
	for _, a := range []asker{{rep, "", "", ""}, {head, head, "ltc.manager", salesDept + " 1 组"}, {executive, executive, "dste.executive", "总经办"}, {success, success, "crm.success", "华东客户服务部"}, {keeper, keeper, "core.it_admin", "总经办"}} {
		if a.role != "" {
			c := d.meridian(ctx, "user", "create", "--user", a.user, "--name", a.name, "--roles", a.role, "--dept", a.dept, "--password-stdin")
			c.Stdin, c.Stderr = strings.NewReader(password+"\n"), nil
			_ = c.Run() // an earlier run has made this user
		}
		line, err := d.us.signIn(ctx, a.user)
		if err != nil {
			return fmt.Errorf("sign in as %s: %w", a.user, err)
		}
		d.cookie[a.user] = line
	}
	out, err := d.meridian(ctx, "token", "create", "--user", "admin", "--name", "bench").Output()
	if err != nil {
		return fmt.Errorf("token of admin: %w", err)
	}
	d.us.admin = "Authorization: Bearer " + strings.TrimSpace(string(out))
	_, err = d.trigger("ltc.freeze")
	return err
}

// signIn returns the Cookie line of a session.
func (s *server) signIn(ctx context.Context, user string) (string, error) {
	jar, _ := cookiejar.New(nil) // no error without options
	h := http.Client{Jar: jar}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/login", strings.NewReader(url.Values{"login": {user}, "password": {password}}.Encode()))
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := h.Do(req)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	_ = res.Body.Close()
	u, _ := url.Parse("http://" + s.addr)
	var cookies []string
	for _, c := range jar.Cookies(u) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if len(cookies) == 0 {
		return "", errors.New("no session was given")
	}
	return "Cookie: " + strings.Join(cookies, "; "), nil
}

// trigger runs a job as the administrator does and says how long it took.
func (d *deep) trigger(job string) (time.Duration, error) {
	c, err := dial(d.us.addr, 1)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.c.Close() }()
	start := clock.System()
	_, err = c.do(http.StatusSeeOther, "POST", "/admin/jobs/"+job+"/run", d.cookie[keeper]+"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0", nil)
	return clock.System().Sub(start), err
}

// ids reads up to a thousand numbers to ask for.
func (d *deep) ids(ctx context.Context, q string, args ...any) ([]int64, error) {
	rows, err := d.db.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("choose: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err == nil && len(out) == 0 {
		err = errors.New("choose: there are none")
	}
	return out, err
}

// pages measures what people open, one at a time.
func (d *deep) pages(ctx context.Context) error {
	own, err := d.ids(ctx, `SELECT id FROM crm.customer WHERE owner_id = (SELECT id FROM core."user" WHERE username = $1) ORDER BY hashint8(id) LIMIT 1000`, rep)
	if err != nil {
		return err
	}
	all, err := d.ids(ctx, `SELECT id FROM crm.customer ORDER BY hashint8(id) LIMIT 1000`)
	if err != nil {
		return err
	}
	now := clock.System()
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	years := "?from=" + day(now.AddDate(-2, 0, 0)) + "&to=" + day(now)
	one := func(list []int64) func(c *client) (string, int64) {
		return func(c *client) (string, int64) {
			id := list[c.rnd.IntN(len(list))]
			return fmt.Sprintf("/crm/customer/%d", id), id
		}
	}
	at := func(path string) func(c *client) (string, int64) {
		return func(*client) (string, int64) { return path, 0 }
	}
	d.aims = append(d.aims,
		&aim{name: "customer 360, own", aim: 100 * time.Millisecond, who: rep, page: one(own), raw: "customer"},
		&aim{name: "customer 360, any", aim: 100 * time.Millisecond, who: executive, page: one(all), raw: "customer"},
		&aim{name: "board of deals, own", aim: 150 * time.Millisecond, who: rep, page: at("/ltc/opportunity?as=board"), raw: "board_own"},
		&aim{name: "board of deals, all", aim: 150 * time.Millisecond, who: executive, page: at("/ltc/opportunity?as=board"), raw: "board"},
		&aim{name: "funnel of two years, a team", aim: 300 * time.Millisecond, who: head, page: at("/ltc/funnel" + years), raw: "funnel_team"},
		&aim{name: "funnel of two years, the company", aim: 300 * time.Millisecond, who: executive, page: at("/ltc/funnel" + years), raw: "funnel"},
		&aim{name: "forecast of the year, a team", aim: 300 * time.Millisecond, who: head, page: at("/ltc/forecast?span=year&day=" + day(now)), raw: "forecast_team"},
		&aim{name: "forecast of the year, the company", aim: 300 * time.Millisecond, who: executive, page: at("/ltc/forecast?span=year&day=" + day(now)), raw: "forecast"},
		&aim{name: "deals that need attention, own", who: rep, page: at("/ltc/attention"), raw: "attention_own"},
		&aim{name: "deals that need attention, a team", who: head, page: at("/ltc/attention"), raw: "attention_team"},
		&aim{name: "renewals and retention", who: success, page: at("/ltc/retention"), raw: ""},
		&aim{name: "home", who: rep, page: at("/"), raw: ""},
		&aim{name: "home of a team", who: head, page: at("/"), raw: ""},
	)
	for _, a := range d.aims {
		if err := d.page(ctx, a); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

// page measures a page, its statement and the bare server, one client each.
func (d *deep) page(ctx context.Context, a *aim) (err error) {
	if !d.only.MatchString(a.name) {
		return nil
	}
	a.ours, err = drive(ctx, d.us, 1, d.each/2, func(_ *server, c *client) error {
		path, _ := a.page(c)
		_, err := c.do(http.StatusOK, "GET", path, d.cookie[a.who], nil)
		return err
	})
	if err != nil {
		return err
	}
	if a.raw != "" {
		u, err := d.userID(ctx, a.who)
		if err != nil {
			return err
		}
		arg := func(c *client) int64 {
			if _, id := a.page(c); id != 0 {
				return id
			}
			return u
		}
		if a.sql, err = drive(ctx, d.bare, 1, d.each/4, func(_ *server, c *client) error { return d.ask(ctx, a.raw, arg(c)) }); err != nil {
			return err
		}
		if a.served, err = drive(ctx, d.bare, 1, d.each/4, func(_ *server, c *client) error {
			_, err := c.do(http.StatusOK, "GET", fmt.Sprintf("/question/%s/%d", a.raw, arg(c)), "X: 1", nil)
			return err
		}); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, a.line())
	return nil
}

func (d *deep) userID(ctx context.Context, name string) (id int64, err error) {
	err = d.db.QueryRow(ctx, `SELECT id FROM core."user" WHERE username = $1`, name).Scan(&id)
	return id, err
}

// ask runs a statement and reads its rows.
func (d *deep) ask(ctx context.Context, key string, arg int64) error {
	rows, err := d.db.Query(ctx, questions[key], arg)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	_, err = pgx.CollectRows(rows, pgx.RowToMap)
	return err
}

// once measures one piece of work and its statement.
func (d *deep) once(name string, limit time.Duration, ours func() (time.Duration, error), raw func() error) error {
	if !d.only.MatchString(name) {
		return nil
	}
	a := &aim{name: name, aim: limit}
	took, err := ours()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	a.ours = result{times: []time.Duration{took}}
	start := clock.System()
	if err := raw(); err != nil {
		return fmt.Errorf("%s by hand: %w", name, err)
	}
	a.sql = result{times: []time.Duration{clock.System().Sub(start)}}
	d.aims = append(d.aims, a)
	fmt.Fprintln(os.Stderr, a.line())
	return nil
}

// jobs measures what runs by time, by the button of the scheduler, and the export.
func (d *deep) jobs(ctx context.Context) error {
	if err := d.once(fmt.Sprintf("allocation of %d customers", d.waiting()), 5*time.Second, func() (time.Duration, error) { return d.allocate(ctx) }, func() error { return d.undone(ctx, handAllocate) }); err != nil {
		return err
	}
	if err := d.once(fmt.Sprintf("nightly health of %d,000 customers", d.depth), 5*time.Minute, func() (time.Duration, error) {
		if _, err := d.db.Exec(ctx, `UPDATE crm.health SET as_of = as_of - 1`); err != nil { // as if it had been measured yesterday
			return 0, err
		}
		return d.trigger("crm.health")
	}, func() error { return d.undone(ctx, handHealth) }); err != nil {
		return err
	}
	return d.once(fmt.Sprintf("export of %d,000 customers", d.depth), 0, func() (time.Duration, error) { return d.export(ctx) }, func() error {
		_, err := d.db.PgConn().CopyTo(ctx, io.Discard, `COPY (SELECT * FROM crm.customer ORDER BY id) TO STDOUT (FORMAT csv)`)
		return err
	})
}

// undone runs a statement and takes it back.
func (d *deep) undone(ctx context.Context, q string) error {
	tx, err := d.db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if _, err := tx.Exec(ctx, q); err != nil {
		return errors.Join(err, tx.Rollback(ctx))
	}
	return tx.Rollback(ctx)
}

// waiting is how many customers wait for an owner.
func (d *deep) waiting() int { return min(10_000, 10*d.depth) }

// allocate puts customers into a pool that gives out by rule and has the job do it.
func (d *deep) allocate(ctx context.Context) (time.Duration, error) {
	c, err := dial(d.us.addr, 1)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.c.Close() }()
	if err := d.rules(ctx, c); err != nil {
		return 0, err
	}
	n := d.waiting()
	if _, err := d.db.Exec(ctx, `UPDATE crm.customer SET owner_id = 0, pool_id = (SELECT id FROM crm.pool WHERE name = 'bench'), pooled_at = now() - interval '1 day' WHERE id IN
		(SELECT id FROM crm.customer WHERE stage = 'potential' AND archived_at IS NULL AND owner_id <> 0 ORDER BY id LIMIT $1)`, n); err != nil {
		return 0, fmt.Errorf("fill the pool: %w", err)
	}
	took, err := d.trigger("crm.allocate")
	if err != nil {
		return 0, err
	}
	var left int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM crm.customer WHERE pool_id = (SELECT id FROM crm.pool WHERE name = 'bench')`).Scan(&left); err != nil {
		return 0, err
	}
	if left > 0 {
		return 0, fmt.Errorf("%d of %d customers were not given out", left, n)
	}
	return took, nil
}

// rules makes pool, rule and a capacity that holds the share of everybody, once.
func (d *deep) rules(ctx context.Context, c *client) error {
	var there bool
	if err := d.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM crm.pool WHERE name = 'bench')`).Scan(&there); err != nil || there {
		return err
	}
	people, err := d.ids(ctx, `SELECT u.id FROM core."user" u JOIN crm.customer c ON c.owner_id = u.id WHERE u.username LIKE 'd%-rep%' GROUP BY 1`)
	if err != nil {
		return err
	}
	if _, err := d.us.call(c, http.StatusCreated, d.us.admin, "POST", "/crm/pool", doc{"name": "bench", "auto_allocate": true}); err != nil {
		return err
	}
	var members []doc
	for _, id := range people {
		members = append(members, doc{"user_id": id})
	}
	if _, err := d.us.call(c, http.StatusCreated, d.us.admin, "POST", "/crm/allocation_rule", doc{"name": "bench", "how": "load", "active": true, "priority": 1, "members": members}); err != nil {
		return err
	}
	_, err = d.us.call(c, http.StatusCreated, d.us.admin, "POST", "/crm/policy", doc{"capacity": 1_000_000})
	return err
}

// export reads the list of customers as a file and watches the memory of the server.
func (d *deep) export(ctx context.Context) (time.Duration, error) {
	if _, err := d.db.Exec(ctx, `UPDATE core.company SET export_rows = 0`); err != nil { // so many need approval otherwise
		return 0, fmt.Errorf("export: %w", err)
	}
	d.rss = [2]int{d.us.memory(), 0}
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				d.rss[1] = max(d.rss[1], d.us.memory())
			}
		}
	})
	defer func() { close(done); watch.Wait() }()
	start := clock.System()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.us.addr+"/crm/customer/export?format=csv", nil)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	req.Header.Set("Cookie", strings.TrimPrefix(d.cookie[executive], "Cookie: "))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	n := 0
	for r := bufio.NewScanner(res.Body); r.Scan(); {
		n++
	}
	if res.StatusCode != http.StatusOK || n < d.depth*1000 {
		return 0, fmt.Errorf("answered %d with %d lines", res.StatusCode, n)
	}
	return clock.System().Sub(start), nil
}

// line is a row of the table.
func (a *aim) line() string {
	limit, met := "", ""
	if a.aim > 0 {
		limit, met = "< "+span(a.aim), "yes"
		if a.ours.at(0.5) > a.aim {
			met = "no"
		}
	}
	cell := func(r result, share float64) string {
		if len(r.times) == 0 {
			return ""
		}
		return span(r.at(share))
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", a.name, limit, cell(a.ours, 0.5), cell(a.ours, 0.99), met, cell(a.sql, 0.5), cell(a.served, 0.5))
}

func (d *deep) print(w io.Writer) {
	fmt.Fprintf(w, "\n| %d,000 customers, %d,000 activities, %d00 open deals, one client | aim | p50 | p99 | met | one statement | bare gin + pgx |\n|---|---|---|---|---|---|---|\n", d.depth, 2*d.depth, 5*d.depth)
	for _, a := range d.aims {
		if len(a.ours.times) > 0 {
			fmt.Fprintln(w, a.line())
		}
	}
	if d.rss[1] > 0 {
		fmt.Fprintf(w, "\nResident memory of the server: %d MB before the export, %d MB at its peak.\n", d.rss[0], d.rss[1])
	}
}

func span(t time.Duration) string {
	if t >= time.Second {
		return fmt.Sprintf("%.1f s", t.Seconds())
	}
	return ms(t)
}
