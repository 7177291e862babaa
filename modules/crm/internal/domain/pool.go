package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Pool holds customers without owner that people of a department may claim.
type Pool struct {
	record.Base
	Name         string
	ScopeDeptID  *int64 // who may claim; empty = the company
	AdminID      int64
	ClaimPerDay  int  // claims a person and day; 0 = any
	CooldownDays int  // a previous owner waits so long
	HoldHours    int  // fresh customers rest before they may be claimed
	IdleDays     int  // days without contact until a customer goes back; 0 = never
	NoticeDays   int  // the owner is told so long before
	CountSigned  bool // signed customers count for the holding capacity
	AutoAllocate bool

	ViewPerDay     int    // different customers a person may open a day; 0 = any
	DealDays       int    // days without a new deal or order until a customer goes back; 0 = never
	EndedDays      int    // days after the end of the last contract; 0 = never
	ContractMonths int    // months without a signed contract or an order; 0 = never
	RecycleWhen    string // any or all of the conditions that are set
}

// PoolBook is what the pools need of the database.
type PoolBook interface {
	// Hold serialises what people are given until the end of the transaction, in the order
	// of users.
	Hold(ctx context.Context, users ...int64) error
	// Claims counts what a person has claimed since a moment.
	Claims(ctx context.Context, user int64, since time.Time) (int, error)
	// Holds counts the customers a person holds.
	Holds(ctx context.Context, user int64, signed bool) (int, error)
	// HoldsOf is Holds for many people.
	HoldsOf(ctx context.Context, users []int64) (map[int64]Held, error)
	// LastHeld returns when a person last gave up a customer, zero if never.
	LastHeld(ctx context.Context, customer, user int64) (time.Time, error)
	// Because tells the owner history why the transaction changes an owner.
	Because(ctx context.Context, how, reason string) error
	// LastGiven returns when a rule last gave something to each person.
	LastGiven(ctx context.Context, rule int64) (map[int64]time.Time, error)
	// LogAllocations notes which rule gave customers to whom.
	LogAllocations(ctx context.Context, list []Given) error
	// HasOpenBusiness reports an open deal or an order that is not invoiced.
	HasOpenBusiness(ctx context.Context, customer int64) (bool, error)
	// Owes reports an invoice of the customer that is not paid.
	Owes(ctx context.Context, customer int64) (bool, error)
}

// Pools is the service behind pools and allocation.
type Pools struct {
	Store     record.Store[Pool]
	Rules     record.Store[AllocationRule]
	Book      PoolBook
	Customers *Customers
	Location  func(ctx context.Context) *time.Location
	Views     PoolViews
	// Busy reports open documents of other modules that keep a customer with its owner.
	Busy func(ctx context.Context, customer int64) (bool, error)

	Type     *resource.Type[Pool]
	RuleType *resource.Type[AllocationRule]
}

// Declare returns the document type of the pool.
func (s *Pools) Declare() *resource.Type[Pool] {
	s.Type = &resource.Type[Pool]{
		Name: "crm.pool", Label: "Pool", Plural: "Pools", Icon: "users", Number: "PL-{00}", NoOwner: true, Store: s.Store,
		Title: func(p *Pool) string { return p.Name },
		Default: func(_ context.Context, p *Pool) error {
			p.ClaimPerDay, p.CooldownDays, p.IdleDays, p.NoticeDays, p.RecycleWhen = 10, 30, 30, 3, "any"
			return nil
		},
		Check: func(_ context.Context, p *Pool) error {
			var bad []errs.Field
			for name, n := range map[string]int{"claim_per_day": p.ClaimPerDay, "cooldown_days": p.CooldownDays, "hold_hours": p.HoldHours, "idle_days": p.IdleDays, "notice_days": p.NoticeDays,
				"view_per_day": p.ViewPerDay, "deal_days": p.DealDays, "ended_days": p.EndedDays, "contract_months": p.ContractMonths} {
				if n < 0 {
					bad = append(bad, errs.Field{Name: name, Message: "A number from zero on is expected."})
				}
			}
			if e := errs.Join(bad); e != nil {
				return e
			}
			return nil
		},
		Fields: resource.Fields[Pool]{
			resource.Text("name", "Name", func(p *Pool) *string { return &p.Name }).Required().InList().Search(),
			resource.OptRef("scope_dept_id", "Department that may claim", func(p *Pool) **int64 { return &p.ScopeDeptID }, "core.department").InList().Filter().Hint("Empty: the whole company."),
			resource.Ref("admin_id", "Administrator", func(p *Pool) *int64 { return &p.AdminID }, "core.user").InList(),
			resource.Int("claim_per_day", "Claims a person and day", func(p *Pool) *int { return &p.ClaimPerDay }).InList().Hint("0: any number."),
			resource.Int("view_per_day", "Customers a person may open a day", func(p *Pool) *int { return &p.ViewPerDay }).InList().Hint("0: any number. Contact details stay hidden until the customer is claimed."),
			resource.Int("cooldown_days", "Days a previous owner must wait", func(p *Pool) *int { return &p.CooldownDays }),
			resource.Int("hold_hours", "Hours a fresh customer rests", func(p *Pool) *int { return &p.HoldHours }),
			resource.Int("idle_days", "Days without contact until a customer goes back", func(p *Pool) *int { return &p.IdleDays }).InList().Hint("0: never. Who has signed once stays, unless another condition is set too.").In("Back to the pool"),
			resource.Int("deal_days", "Days without a new deal or order", func(p *Pool) *int { return &p.DealDays }).Hint("0: never.").In("Back to the pool"),
			resource.Int("ended_days", "Days after the end of the last contract", func(p *Pool) *int { return &p.EndedDays }).Hint("0: never.").In("Back to the pool"),
			resource.Int("contract_months", "Months without a signed contract or an order", func(p *Pool) *int { return &p.ContractMonths }).Hint("0: never.").In("Back to the pool"),
			resource.Enum("recycle_when", "A customer goes back when", func(p *Pool) *string { return &p.RecycleWhen }, resource.Option{Value: "any", Label: "one condition is met"}, resource.Option{Value: "all", Label: "all conditions are met"}).Required().Hint("Nothing goes back while a deal, a quote, an order or a dispute is open, or while the owner has a deputy.").In("Back to the pool"),
			resource.Int("notice_days", "Days of notice before", func(p *Pool) *int { return &p.NoticeDays }).In("Back to the pool"),
			resource.Bool("count_signed", "Signed customers count for the capacity", func(p *Pool) *bool { return &p.CountSigned }),
			resource.Bool("auto_allocate", "Give out by the allocation rules", func(p *Pool) *bool { return &p.AutoAllocate }).InList(),
		},
	}
	return s.Type
}

// Covers reports whether a person of dept may claim from the pool.
func (p *Pool) Covers(dept int64, within func(dept int64) []int64) bool {
	return p.ScopeDeptID == nil || slices.Contains(within(*p.ScopeDeptID), dept)
}

// Claim gives a customer of a pool to the actor. Of several who claim at once one gets
// it. Errors: NotFound, Precondition with the rule that stands against it.
func (s *Pools) Claim(ctx context.Context, id int64) error {
	who, _ := authz.Of(ctx)
	return s.Customers.Tx(ctx, func(ctx context.Context) error {
		if err := s.Book.Hold(ctx, who.User); err != nil {
			return err
		}
		ctx = authz.System(ctx, "claim")
		c, err := s.Customers.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if c.CompanyID != who.Company || c.ArchivedAt != nil {
			return errs.Missing()
		}
		if c.PoolID == nil || c.OwnerID != 0 {
			return errs.New(errs.Precondition, "Somebody else has this customer already.")
		}
		p, err := s.Store.Get(ctx, *c.PoolID)
		if err != nil {
			return err
		}
		if err := s.mayClaim(ctx, p, c, who); err != nil {
			return err
		}
		return s.assign(ctx, c.ID, who.User, "claim", "")
	})
}

func (s *Pools) mayClaim(ctx context.Context, p *Pool, c *Customer, who authz.Subject) error {
	now := s.Customers.Now()
	if !p.Covers(who.Dept, s.Customers.Authz.Directory().Subtree) {
		return errs.New(errs.Forbidden, "This pool belongs to another department.")
	}
	if c.PooledAt != nil && now.Before(c.PooledAt.Add(time.Duration(p.HoldHours)*time.Hour)) {
		return errs.New(errs.Precondition, "Fresh customers rest for {0} hours before they can be claimed.", p.HoldHours)
	}
	last, err := s.Book.LastHeld(ctx, c.ID, who.User)
	if err != nil {
		return err
	}
	if !last.IsZero() && now.Before(last.AddDate(0, 0, p.CooldownDays)) {
		return errs.New(errs.Precondition, "You held this customer; you may claim it again after {0} days.", p.CooldownDays)
	}
	day := now.In(s.Location(ctx))
	n, err := s.Book.Claims(ctx, who.User, time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location()))
	if err != nil {
		return err
	}
	if p.ClaimPerDay > 0 && n >= p.ClaimPerDay {
		return errs.New(errs.Precondition, "You have claimed {0} customers today; that is the limit.", n)
	}
	return s.room(ctx, who.User, who.Company, p.CountSigned)
}

// room refuses one customer more than a person may hold.
func (s *Pools) room(ctx context.Context, user, company int64, signed bool) error {
	dept := int64(0)
	if who := s.Customers.Authz.Directory().People[user]; who != nil {
		dept = who.Dept
	}
	policy, err := s.Customers.Policies.For(ctx, company, dept)
	if err != nil {
		return err
	}
	n, err := s.Book.Holds(ctx, user, signed)
	if err == nil && n >= policy.Capacity {
		err = errs.New(errs.Precondition, "{0} customers are held already; that is the capacity.", n)
	}
	return err
}

// assign gives a customer to a person, in the transaction of ctx.
func (s *Pools) assign(ctx context.Context, id, to int64, how, reason string) error {
	if err := s.Book.Because(ctx, how, reason); err != nil {
		return err
	}
	var from int64
	_, err := s.Customers.Type.Update(ctx, id, func(c *Customer) error {
		from = c.OwnerID
		c.OwnerID, c.PoolID, c.PooledAt = to, nil, nil
		return nil
	})
	if err != nil {
		return err
	}
	return s.Customers.handed(ctx, crm.OwnershipChanged{Customer: crm.CustomerID(id), From: from, To: to, How: how, Reason: reason})
}

// GiveBack puts a customer of the actor into a pool. Errors: NotFound, Forbidden,
// Precondition while business is open.
func (s *Pools) GiveBack(ctx context.Context, id, pool int64, reason string) error {
	return s.Customers.Tx(ctx, func(ctx context.Context) error {
		c, err := s.Customers.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if !s.Customers.Authz.Covers(ctx, "crm.customer", "update", &c.Base) {
			return errs.New(errs.Forbidden, "You may see this record but not change it.")
		}
		return s.Recycle(authz.System(ctx, "give back"), c.ID, pool, "give_back", reason)
	})
}

// Recycle takes a customer from its owner into a pool, in the transaction of ctx.
// Precondition while a deal or an order is open.
func (s *Pools) Recycle(ctx context.Context, id, pool int64, how, reason string) error {
	if err := s.unburdened(ctx, id); err != nil {
		return err
	}
	if err := s.Book.Because(ctx, how, reason); err != nil {
		return err
	}
	var from int64
	if _, err := s.Customers.Type.Update(ctx, id, func(c *Customer) error {
		now := s.Customers.Now().UTC()
		from, c.OwnerID, c.PoolID, c.PooledAt = c.OwnerID, 0, &pool, &now
		return nil
	}); err != nil {
		return err
	}
	return s.Customers.handed(ctx, crm.OwnershipChanged{Customer: crm.CustomerID(id), From: from, How: how, Reason: reason})
}

// unburdened refuses while a deal, a quote, an order or a dispute of a customer is open.
func (s *Pools) unburdened(ctx context.Context, id int64) error {
	open, err := s.Book.HasOpenBusiness(ctx, id)
	if err == nil && !open && s.Busy != nil {
		open, err = s.Busy(ctx, id)
	}
	if err == nil && open {
		err = errs.New(errs.Precondition, "A deal, a quote, an order or a dispute of this customer is open; it stays with its owner.")
	}
	return err
}

// AllocationRule gives customers of a kind to people. The lowest priority that matches
// decides; empty conditions match all.
type AllocationRule struct {
	record.Base
	Name     string
	Priority int
	Region   string
	Industry string
	Source   string
	How      string // round_robin, load
	Active   bool
	Members  []AllocationMember `gorm:"-"`
}

// AllocationMember is somebody a rule gives customers to.
type AllocationMember struct {
	record.Line
	UserID int64
	Max    int // customers held at most; 0 = the capacity of the policy
}

// Matches reports whether the rule is for a customer. Several values are separated by
// commas.
func (r *AllocationRule) Matches(c *Customer) bool {
	one := func(list, v string) bool {
		if list == "" {
			return true
		}
		return slices.ContainsFunc(strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '，' }), func(x string) bool { return strings.EqualFold(strings.TrimSpace(x), v) })
	}
	return r.Active && one(r.Region, c.Region) && one(r.Industry, c.Industry) && one(r.Source, c.Source)
}

// DeclareRule returns the document type of the allocation rule.
func (s *Pools) DeclareRule() *resource.Type[AllocationRule] {
	s.RuleType = &resource.Type[AllocationRule]{
		Name: "crm.allocation_rule", Label: "Allocation rule", Plural: "Allocation rules", Icon: "route", Number: "AR-{000}", NoOwner: true, Store: s.Rules,
		Title: func(r *AllocationRule) string { return r.Name },
		Default: func(_ context.Context, r *AllocationRule) error {
			r.Priority, r.How, r.Active = 100, "round_robin", true
			return nil
		},
		Fields: resource.Fields[AllocationRule]{
			resource.Text("name", "Name", func(r *AllocationRule) *string { return &r.Name }).Required().InList().Search(),
			resource.Int("priority", "Priority", func(r *AllocationRule) *int { return &r.Priority }).InList().Filter().Hint("The lowest that matches decides."),
			resource.Text("region", "Region", func(r *AllocationRule) *string { return &r.Region }).InList().Hint("Several separated by commas; empty: all."),
			resource.Text("industry", "Industry", func(r *AllocationRule) *string { return &r.Industry }).InList().Hint("Several separated by commas; empty: all."),
			resource.Text("source", "Source", func(r *AllocationRule) *string { return &r.Source }).InList().Hint("Several separated by commas; empty: all."),
			resource.Enum("how", "How", func(r *AllocationRule) *string { return &r.How }, resource.Option{Value: "round_robin", Label: "In turn"}, resource.Option{Value: "load", Label: "To who holds the fewest"}).Required().InList(),
			resource.Bool("active", "Active", func(r *AllocationRule) *bool { return &r.Active }).InList().Filter(),
			resource.Lines("members", "People", func(r *AllocationRule) *[]AllocationMember { return &r.Members }, resource.Fields[AllocationMember]{
				resource.Ref("user_id", "Person", func(m *AllocationMember) *int64 { return &m.UserID }, "core.user").Required(),
				resource.Int("max", "Customers at most", func(m *AllocationMember) *int { return &m.Max }).Hint("0: the capacity of the policy."),
			}),
		},
	}
	return s.RuleType
}

// Held is how many customers a person holds.
type Held struct{ All, Signed int }

// of is what counts for the capacity.
func (h Held) of(signed bool) int {
	if signed {
		return h.All
	}
	return h.All - h.Signed
}

// Given is a customer that a rule gave to somebody.
type Given struct {
	Customer, To int64
	rule         *AllocationRule
}

// Rule is the rule that gave it, by id and in words.
func (g *Given) Rule() (id int64, text string) {
	return g.rule.ID, g.rule.Name + " (" + g.rule.How + ")"
}

// Allocate gives customers of pools to people by the first rule that matches and has
// somebody with room, in the order of ids and in one transaction; inactive people receive
// nothing (odoo/odoo#98863, #103371). Customers that are not in a pool any more, or that no
// rule can give to anybody, stay.
func (s *Pools) Allocate(ctx context.Context, company int64, ids ...int64) (given []Given, err error) {
	err = s.Customers.Tx(ctx, func(ctx context.Context) error {
		given = nil
		ctx = authz.System(ctx, "allocation")
		g, err := s.giver(ctx, company)
		if err != nil {
			return err
		}
		return s.Customers.together(ctx, company, func(ctx context.Context) error {
			if _, err := s.Customers.Type.UpdateAll(ctx, ids, func(c *Customer) (bool, error) { return g.give(ctx, c) }); err != nil {
				return fmt.Errorf("allocate customers: %w", err)
			}
			given = g.given
			if err := s.Book.LogAllocations(ctx, given); err != nil {
				return err
			}
			for _, x := range given {
				if err := s.Customers.handed(ctx, crm.OwnershipChanged{Customer: crm.CustomerID(x.Customer), To: x.To, How: "assign", Reason: x.rule.Name}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return given, err
}

// giver gives customers of a company out: rules, people and what they hold are read once
// and kept up to date, while nobody else can give them anything.
type giver struct {
	*Pools
	company  int64
	policies []PolicyReach
	rules    []*AllocationRule
	pools    map[int64]*Pool
	held     map[int64]Held
	last     map[int64]map[int64]time.Time // by rule and person
	latest   time.Time
	given    []Given
	because  string // what the owner history is told at present
}

func (s *Pools) giver(ctx context.Context, company int64) (*giver, error) {
	policies, err := s.Customers.Policies.Everywhere(ctx, company)
	if err != nil {
		return nil, err
	}
	g := &giver{Pools: s, company: company, policies: policies, pools: map[int64]*Pool{}, last: map[int64]map[int64]time.Time{}}
	list, err := s.Rules.Find(ctx, record.Query{Where: []record.Cond{{Col: "active", Op: record.Eq, Val: true}, {Col: "company_id", Op: record.Eq, Val: company}}, Sort: []record.Sort{{Col: "priority"}}})
	if err != nil {
		return nil, err
	}
	var people []int64
	for i := range list {
		r, err := s.Rules.Get(ctx, list[i].ID)
		if err != nil {
			return nil, err
		}
		if g.last[r.ID], err = s.Book.LastGiven(ctx, r.ID); err != nil {
			return nil, err
		}
		for _, at := range g.last[r.ID] {
			if at.After(g.latest) {
				g.latest = at
			}
		}
		g.rules = append(g.rules, r)
		for _, m := range r.Members {
			people = append(people, m.UserID)
		}
	}
	slices.Sort(people) // one order of locks
	people = slices.Compact(people)
	if err := s.Book.Hold(ctx, people...); err != nil {
		return nil, err
	}
	g.held, err = s.Book.HoldsOf(ctx, people)
	return g, err
}

// give gives a locked customer to somebody; it reports false when the customer stays.
func (g *giver) give(ctx context.Context, c *Customer) (bool, error) {
	if !c.Waits() || c.CompanyID != g.company {
		return false, nil
	}
	p, err := g.pool(ctx, *c.PoolID)
	if err != nil {
		return false, err
	}
	rule, to := g.pick(c, p)
	if to == 0 {
		return false, nil
	}
	c.OwnerID, c.PoolID, c.PooledAt = to, nil, nil
	g.note(c, rule, to)
	g.given = append(g.given, Given{c.ID, to, rule})
	if g.because == rule.Name {
		return true, nil
	}
	g.because = rule.Name
	return true, g.Book.Because(ctx, "assign", rule.Name)
}

func (g *giver) pool(ctx context.Context, id int64) (*Pool, error) {
	if p := g.pools[id]; p != nil {
		return p, nil
	}
	p, err := g.Store.Get(ctx, id)
	if err == nil {
		g.pools[id] = p
	}
	return p, err
}

// pick chooses the first rule that matches a customer and has somebody with room, and who
// of it is next: who waits the longest, or who holds the fewest; 0 when there is nobody.
func (g *giver) pick(c *Customer, p *Pool) (*AllocationRule, int64) {
	for _, r := range g.rules {
		if !r.Matches(c) {
			continue
		}
		best, load, last := int64(0), 0, g.last[r.ID]
		for _, m := range r.Members {
			who := g.Customers.Authz.Directory().People[m.UserID]
			if who == nil || !who.Active || who.Company != g.company {
				continue
			}
			n, top := g.held[m.UserID].of(p.CountSigned), g.capacity(who.Dept)
			if m.Max > 0 {
				top = min(top, m.Max)
			}
			if n >= top {
				continue
			}
			if best == 0 || r.How == "load" && n < load || r.How != "load" && last[m.UserID].Before(last[best]) {
				best, load = m.UserID, n
			}
		}
		if best != 0 {
			return r, best
		}
	}
	return nil, 0
}

// capacity is how many customers one person of a department may hold.
func (g *giver) capacity(dept int64) int {
	for i := range g.policies {
		if g.policies[i].Holds(dept) {
			return g.policies[i].Capacity
		}
	}
	return 0
}

// note keeps in mind who has been given a customer.
func (g *giver) note(c *Customer, r *AllocationRule, to int64) {
	g.latest = g.latest.Add(time.Microsecond)
	g.last[r.ID][to] = g.latest
	h := g.held[to]
	switch c.Stage {
	case crm.Lost, crm.Merged: // not counted
		return
	case crm.Signed, crm.User, crm.Satisfied:
		h.Signed++
	}
	h.All++
	g.held[to] = h
}
