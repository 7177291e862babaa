package resource_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Probe has a field of every kind a list can be filtered and sorted by.
type Probe struct {
	record.Base
	Name   string
	Count  int
	Person int64
	Second *int64
	Cost   money.Amount
	Weight money.Qty
	Share  money.Ratio
	Done   bool
	Due    date.Date
	Seen   *time.Time
	Colour string
}

const probeTable = `CREATE TABLE core.probe (LIKE core.base INCLUDING ALL, name text NOT NULL, count integer NOT NULL, person bigint NOT NULL, second bigint,
	cost numeric(18,2) NOT NULL, weight numeric(18,6) NOT NULL, share numeric(18,6) NOT NULL, done boolean NOT NULL, due date, seen timestamptz, colour text NOT NULL)`

func probes(t testing.TB) *apptest.Suite {
	return apptest.New(t, func(p *app.Platform) {
		for _, q := range []string{"RESET ROLE", probeTable, "SELECT core.document('core', 'probe', '')", "SET ROLE " + db.AppRole} {
			if err := p.DB.Tx(t.Context(), func(ctx context.Context) error { return p.DB.Exec(ctx, q) }); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		resource.Register(p.Types, &resource.Type[Probe]{
			Name: "core.probe", Label: "Probe", Plural: "Probes", Icon: "tool", Number: "PR-{0000}", Store: db.NewStore[Probe](p.DB, "core.probe"),
			Title: func(x *Probe) string { return x.Name },
			Fields: resource.Fields[Probe]{
				resource.Text("name", "Name", func(x *Probe) *string { return &x.Name }).Filter().Search(),
				resource.Int("count", "Count", func(x *Probe) *int { return &x.Count }).Filter(),
				resource.Ref("person", "Person", func(x *Probe) *int64 { return &x.Person }, "core.user").Filter(),
				resource.OptRef("second", "Second", func(x *Probe) **int64 { return &x.Second }, "core.user").Filter(),
				resource.Money("cost", "Cost", func(x *Probe) *money.Amount { return &x.Cost }).Filter(),
				resource.Quantity("weight", "Weight", func(x *Probe) *money.Qty { return &x.Weight }).Filter(),
				resource.Percent("share", "Share", func(x *Probe) *money.Ratio { return &x.Share }).Filter(),
				resource.Bool("done", "Done", func(x *Probe) *bool { return &x.Done }).Filter(),
				resource.Date("due", "Due", func(x *Probe) *date.Date { return &x.Due }).Filter(),
				resource.Time("seen", "Seen", func(x *Probe) **time.Time { return &x.Seen }).Filter(),
				resource.Enum("colour", "Colour", func(x *Probe) *string { return &x.Colour }, resource.Option{Value: "red", Label: "Red"}, resource.Option{Value: "blue", Label: "Blue"}).Filter(),
			},
		})
	})
}

var sortable = []string{"id", "no", "created_at", "updated_at", "name", "count", "person", "second", "cost", "weight", "share", "done", "due", "seen", "colour"}

// TestPagesAreWhole: by whatever a list is sorted, its pages hold every record once,
// also those without a value and those of one second.
func TestPagesAreWhole(t *testing.T) {
	t.Parallel()
	s := probes(t)
	var want []int64
	for i := range 9 {
		v := resource.Values{"name": string(rune('a' + i%4)), "count": fmt.Sprint(i % 3), "cost": fmt.Sprint(i % 2), "colour": []string{"", "red", "blue"}[i%3]}
		if i%3 > 0 {
			v["due"], v["seen"] = fmt.Sprintf("2026-11-0%d", 1+i/2), fmt.Sprintf("2026-11-01T08:00:00.%d00001Z", i)
			v["second"] = "1"
		}
		want = append(want, s.Create(s.Admin, "core.probe", v).Base().ID)
	}
	for _, col := range sortable {
		for _, sort := range []string{col, "-" + col} {
			var got []int64
			q := resource.ListQuery{Sort: sort, Limit: 2}
			for range want {
				l, err := s.Must("core.probe").ListRows(s.Admin, q)
				if err != nil {
					t.Fatalf("sort %s: %v", sort, err)
				}
				for _, r := range l.Rows {
					got = append(got, r.Base().ID)
				}
				if q.Cursor = l.Next; q.Cursor == "" {
					break
				}
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("the pages by %s hold %v, want %v", sort, got, want)
			}
		}
	}
}

// FuzzList: whatever a program sends as filter, search, order and cursor, it gets
// rows or is told what is wrong; no error of the database reaches it.
func FuzzList(f *testing.F) {
	s := probes(f)
	s.Create(s.Admin, "core.probe", resource.Values{"name": "one", "due": "2026-11-21"})
	d := s.Must("core.probe")
	cursor := func(vals ...string) string {
		b, _ := json.Marshal(vals)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	for _, x := range []string{"", "1", "\x00", "\xff", "a\\", `{"`, "%", "null", ",", "1,2", "2147483648", "9223372036854775808", "1e9", "NaN", "-0.01", "0001-01-01", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "red", "true", "１", "infinity", strings.Repeat("9", 400)} {
		for _, name := range sortable {
			f.Add(name, x, "", name, cursor(x, "1"))
		}
		f.Add("due_from", x, x, "-seen", cursor(x, x))
	}
	f.Add("nope", "1", "q", "id; DROP TABLE core.probe", "e30")
	f.Add("id", "1", "q", "-id", "bnVsbA")
	f.Add("", "", "", "name", cursor("a"))
	f.Fuzz(func(t *testing.T, filter, value, search, sort, cursor string) {
		for _, q := range []resource.ListQuery{
			{Filters: map[string][]string{filter: {value}}, Q: search, Sort: sort},
			{Sort: sort, Cursor: cursor},
		} {
			if _, err := d.ListRows(s.Admin, q); err != nil && !errs.Is(err, errs.Invalid) {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}
