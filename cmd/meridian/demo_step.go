package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/i18n"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// demo makes the demo company. The first error stops it: every step after it does
// nothing, and failed returns it.
type demo struct {
	invited int64 // the segment that is called
	o       *opened
	ctx     context.Context
	err     error
	rnd     *rand.Rand
	loc     *time.Location
	today   date.Date
	hashing chan error

	who       map[string]int64 // people by user name
	depts     map[string]int64
	goal      int64
	products  []int64
	suppliers []int64
	stores    map[string]int64 // warehouses by branch
	customers []demoParty
	series    map[string]int
}

// demoParty is a customer with its contact, branch and sales representative.
type demoParty struct {
	id, contact  int64
	name, person string
	phone, email string
	branch, rep  string
	stage        string
	address      string
	industry     string
	region       string
}

// demoSeed makes every demo company the same.
const demoSeed = 20260101

func newDemo(o *opened, ctx context.Context) *demo {
	d := &demo{o: o, ctx: ctx, rnd: rand.New(rand.NewPCG(demoSeed, demoSeed)), who: map[string]int64{}, depts: map[string]int64{}, stores: map[string]int64{}, series: map[string]int{}} //nolint:gosec // the same every time, on purpose
	d.loc = time.UTC
	if admin, ok := o.Authz.Directory().ByUsername("admin"); ok {
		d.loc = o.Authz.Directory().Companies[admin.Company].Location
	}
	d.today = date.Of(o.Now().In(d.loc))
	return d
}

func (d *demo) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// failed waits for the passwords and returns the first error.
func (d *demo) failed() error {
	if d.hashing == nil {
		return d.err
	}
	return errors.Join(d.err, <-d.hashing)
}

// as acts as somebody of the demo company, with the rights of that person.
func (d *demo) as(who string) context.Context {
	return i18n.With(authz.With(d.ctx, d.o.Authn.Subject(d.who[who])), d.o.Text, i18n.Chinese)
}

func (d *demo) doc(typ string) resource.Doc {
	t, err := d.o.Types.Doc(typ)
	d.fail(err)
	return t
}

// make creates a record the way the form does.
func (d *demo) make(who, typ string, v resource.Values) int64 {
	if d.err != nil {
		return 0
	}
	r, err := d.doc(typ).CreateRow(d.as(who), v)
	if err != nil {
		d.fail(fmt.Errorf("%s creates %s %v: %w", who, typ, v, err))
		return 0
	}
	return r.Base().ID
}

// past imports a record of history.
func (d *demo) past(who, typ, stage, no string, on date.Date, v resource.Values) resource.Row {
	if d.err != nil {
		return nil
	}
	ctx := authz.System(d.as(who), demoMark)
	at := on.In(d.loc).Add(time.Duration(9*60+d.rnd.IntN(8*60)) * time.Minute)
	if now := d.o.Now(); at.After(now) {
		at = now.Add(-time.Minute)
	}
	r, err := d.doc(typ).ImportRow(ctx, v, resource.History{Stage: stage, At: at, No: no, Reason: demoMark})
	if err != nil {
		d.fail(fmt.Errorf("%s of the past %v: %w", typ, v, err))
		return nil
	}
	return r
}

// pastID is the id of an imported record, 0 after an error.
func (d *demo) pastID(who, typ, stage, no string, on date.Date, v resource.Values) int64 {
	if r := d.past(who, typ, stage, no, on, v); r != nil {
		return r.Base().ID
	}
	return 0
}

// no is a number as the system before this one gave it.
func (d *demo) no(prefix string, on date.Date) string {
	key := fmt.Sprintf("%s%02d", prefix, on.Year()%100)
	d.series[key]++
	return fmt.Sprintf("%s-%04d", key, d.series[key])
}

// ask runs a step and leaves an approval that it needs open.
func (d *demo) ask(who, typ string, id int64, move string, v resource.Values) (pending bool) {
	if d.err != nil {
		return false
	}
	if v == nil {
		v = resource.Values{}
	}
	_, pending, err := d.doc(typ).FireRow(d.as(who), id, 0, move, v)
	if err != nil {
		d.fail(fmt.Errorf("%s runs %s of %s %d: %w", who, move, typ, id, err))
	}
	return pending
}

// move runs a step; whoever is asked for approval agrees.
func (d *demo) move(who, typ string, id int64, move string, v resource.Values) {
	if !d.ask(who, typ, id, move, v) {
		return
	}
	for d.approve(typ, id) {
	}
}

// approve decides the first open approval of a document as the person it waits
// for; false when none is open.
func (d *demo) approve(typ string, id int64) bool {
	if d.err != nil {
		return false
	}
	rounds, err := d.o.Process.Rounds(d.ctx, trace.Ref{Type: typ, ID: id})
	if err != nil {
		d.fail(err)
		return false
	}
	if len(rounds) == 0 || rounds[0].State != "open" {
		return false
	}
	for _, t := range rounds[0].Tasks {
		if t.State != "open" || t.Step != rounds[0].Step {
			continue
		}
		ctx := authz.With(d.ctx, d.o.Authn.Subject(t.Assignee))
		if _, err := d.o.Process.Decide(ctx, t.ID, true, "同意"); err != nil {
			d.fail(fmt.Errorf("approval of %s %d: %w", typ, id, err))
			return false
		}
		return true
	}
	d.fail(fmt.Errorf("approval of %s %d waits for nobody", typ, id))
	return false
}

// row reads a record past every right.
func (d *demo) row(typ string, id int64) resource.Row {
	if d.err != nil {
		return nil
	}
	r, err := d.doc(typ).GetRow(authz.System(d.ctx, demoMark), id)
	if err != nil {
		d.fail(fmt.Errorf("read %s %d: %w", typ, id, err))
		return nil
	}
	return r
}

// only finds the one record a step has made: the newest with the value in the field.
func (d *demo) only(typ, field string, value int64) int64 {
	if d.err != nil {
		return 0
	}
	list, err := d.doc(typ).ListRows(authz.System(d.ctx, demoMark), resource.ListQuery{Filters: map[string][]string{field: {id10(value)}}, Sort: "-created_at", Limit: 1, Total: "none"})
	if err == nil && len(list.Rows) == 0 {
		err = fmt.Errorf("there is none with %s %d", field, value)
	}
	if err != nil {
		d.fail(fmt.Errorf("find %s: %w", typ, err))
		return 0
	}
	return list.Rows[0].Base().ID
}

// change edits a record the way the form does.
func (d *demo) change(who, typ string, id int64, v resource.Values) {
	r := d.row(typ, id)
	if r == nil {
		return
	}
	if _, err := d.doc(typ).UpdateRow(d.as(who), id, r.Base().Version, v); err != nil {
		d.fail(fmt.Errorf("%s changes %s %d: %w", who, typ, id, err))
	}
}

// with adds fields to values.
func with(v resource.Values, more resource.Values) resource.Values {
	for k, x := range more {
		v[k] = x
	}
	return v
}

func (d *demo) pick(list []string) string { return list[d.rnd.IntN(len(list))] }

// workday is the day itself or the Monday after it.
func workday(on date.Date) date.Date {
	for on.Weekday() == time.Saturday || on.Weekday() == time.Sunday {
		on = on.AddDays(1)
	}
	return on
}

func (d *demo) in(days int) string { return d.today.AddDays(days).String() }

func id10(id int64) string { return strconv.FormatInt(id, 10) }
