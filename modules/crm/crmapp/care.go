package crmapp

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// pleasing adds care programmes and loyalty (CRM-15, CRM-22).
func (d *desk) pleasing() {
	d.care = &domain.Care{Programs: db.NewStore[domain.CareProgram](d.p.DB, "crm.care_program"), Tasks: db.NewStore[domain.CareTask](d.p.DB, "crm.care_task"), Rhythm: d.sql, Now: d.p.Now}
	d.loyalty = &domain.Loyalty{Rules: db.NewStore[domain.LoyaltyRule](d.p.DB, "crm.loyalty_rule"), Rewards: db.NewStore[domain.Reward](d.p.DB, "crm.reward"), Book: d.sql, Customers: d.customers, Today: d.today}
	resource.Register(d.p.Types, d.care.DeclareProgram())
	resource.Register(d.p.Types, d.care.DeclareTask())
	resource.Register(d.p.Types, d.loyalty.DeclareRule())
	resource.Register(d.p.Types, d.loyalty.DeclareReward())
	report.Register(d.p.Reports, d.careResults())
	report.Register(d.p.Reports, d.members())
	d.job("crm.care", "Plan the care of customers and let points expire", "0 5 * * *", func(ctx context.Context, company int64, day date.Date) error {
		if err := d.planCare(ctx, company, day); err != nil {
			return err
		}
		return d.expirePoints(ctx, company, day)
	})
	d.p.AddCheck("crm.points", func(ctx context.Context) ([]string, error) { return d.sql.PointDifferences(ctx) })
}

// planCare makes the tasks of the day of every active programme.
func (d *desk) planCare(ctx context.Context, company int64, day date.Date) error {
	ctx = authz.System(ctx, "care programmes")
	programs, err := d.care.Programs.Find(ctx, record.Where("company_id", record.Eq, company).And("active", record.Eq, true))
	if err != nil {
		return err
	}
	for i := range programs {
		p := &programs[i]
		list, err := d.sql.CaredFor(ctx, p, day)
		if err != nil {
			return err
		}
		for _, x := range list {
			t := &domain.CareTask{ProgramID: p.ID, CustomerID: crm.CustomerID(x.CustomerID), ContactID: x.ContactID, DueOn: day, Channel: p.Channel, Todo: p.Todo}
			t.OwnerID, t.DeptID, t.CompanyID = x.OwnerID, x.DeptID, x.CompanyID
			if err := d.care.TaskType.Create(ctx, t, customerRef(x.CustomerID)); err != nil {
				return fmt.Errorf("care of customer %d: %w", x.CustomerID, err)
			}
		}
	}
	return nil
}

func (d *desk) expirePoints(ctx context.Context, company int64, day date.Date) error {
	return d.p.DB.Tx(ctx, func(ctx context.Context) error {
		list, err := d.sql.Expiring(ctx, company, day)
		if err != nil {
			return err
		}
		for _, x := range list {
			if err := d.loyalty.Expire(ctx, x.CustomerID, x.Points, day, fmt.Sprintf("expire/%d/%s", x.CustomerID, day)); err != nil {
				return err
			}
		}
		return nil
	})
}

// careResults shows what the programmes did, and lets them run now.
func (d *desk) careResults() *report.Report[periodIn] {
	return &report.Report[periodIn]{
		Name: "crm.care", Label: "Care of customers", Icon: "heart", Perm: "crm.care_task:read",
		Help: "Tasks of the care programmes by result, with gifts and their cost. A customer with an open complaint is left in peace.",
		Form: periodForm(), Default: d.lastDays(90),
		Run: func(ctx context.Context, in *periodIn) (*report.Result, error) {
			list, err := d.sql.CareResults(ctx, in.Dept, in.From, in.To)
			if err != nil {
				return nil, err
			}
			t := report.Table{Key: "programmes", Title: "Care programmes", Empty: "No care was due in this period.", Cols: []report.Col{{Key: "programme", Label: "Care programme", Kind: resource.KRef}, {Key: "due", Label: "Open", Kind: resource.KInt}, {Key: "late", Label: "Overdue", Kind: resource.KInt},
				{Key: "done", Label: "Done", Kind: resource.KInt}, {Key: "skipped", Label: "Skipped", Kind: resource.KInt}, {Key: "gifts", Label: "Gifts", Kind: resource.KInt}, {Key: "cost", Label: "Cost", Kind: resource.KMoney}}}
			for _, p := range list {
				ref := d.care.ProgramType.Ref(p.ID)
				t.Rows = append(t.Rows, report.Row{Ref: ref, Late: p.Late > 0, Cells: []report.Cell{report.Doc(ref, p.Name), report.Count(p.Due), report.Count(p.Late), report.Count(p.Done), report.Count(p.Skipped), report.Count(p.Gifts), report.Money(p.Cost)}})
			}
			return &report.Result{Tables: []report.Table{t}}, nil
		},
		Commands: []report.Command{report.Do("plan", "Plan today's care now", "crm.care_program:update", resource.Fields[struct{}]{}, func(ctx context.Context, _ *struct{}) (report.Done, error) {
			who, _ := authz.Of(ctx)
			return report.Done{Message: "Today's care is planned."}, d.planCare(ctx, who.Company, d.today(ctx))
		})},
	}
}

type redeemIn struct{ Customer, Reward int64 }

// members shows who has points, and redeems rewards.
func (d *desk) members() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "crm.members", Label: "Members and points", Icon: "gift", Perm: "crm.reward:read", Form: resource.Fields[struct{}]{},
		Help: "Points are earned with what a customer pays and with customers it brings, and expire. A reward takes points and stock together.",
		Run:  d.runMembers,
		Commands: []report.Command{report.Do("redeem", "Redeem a reward", "crm.members:redeem", resource.Fields[redeemIn]{
			resource.Ref("customer_id", "Customer", func(in *redeemIn) *int64 { return &in.Customer }, "crm.customer").Required(), resource.Ref("reward_id", "Reward", func(in *redeemIn) *int64 { return &in.Reward }, "crm.reward").Required()}, d.redeem).OnRows()},
	}
}

func (d *desk) redeem(ctx context.Context, in *redeemIn) (report.Done, error) {
	if _, err := d.customers.Store.Get(ctx, in.Customer); err != nil {
		return report.Done{}, err
	}
	key := fmt.Sprintf("burn/%d/%d/%d", in.Customer, in.Reward, d.p.Now().UnixNano())
	return report.Done{Message: "The reward is redeemed."}, d.loyalty.Redeem(authz.System(ctx, "redeem"), in.Customer, in.Reward, key)
}

func (d *desk) runMembers(ctx context.Context, _ *struct{}) (*report.Result, error) {
	list, err := d.sql.MembersWithPoints(ctx, 300)
	if err != nil {
		return nil, err
	}
	who, _ := authz.Of(ctx)
	rule, err := d.loyalty.Rules.First(authz.System(ctx, "loyalty"), record.Where("company_id", record.Eq, who.Company))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	t := report.Table{Key: "members", Title: "Members", Empty: "Nobody has points yet.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "tier", Label: "Member tier"}, {Key: "points", Label: "Points", Kind: resource.KInt}, {Key: "earned", Label: "Earned", Kind: resource.KInt},
		{Key: "burnt", Label: "Redeemed", Kind: resource.KInt}, {Key: "brought", Label: "Customers brought", Kind: resource.KInt}}}
	for _, m := range list {
		tier := report.Pill("Member", "neutral")
		switch {
		case rule == nil:
		case m.Earned >= int64(rule.GoldFrom):
			tier = report.Pill("Gold", "warn")
		case m.Earned >= int64(rule.SilverFrom):
			tier = report.Pill("Silver", "info")
		}
		t.Rows = append(t.Rows, report.Row{Ref: customerRef(m.ID), Cells: []report.Cell{report.Doc(customerRef(m.ID), m.No+" "+m.Name), tier, report.Count(m.Points), report.Count(m.Earned), report.Count(m.Burnt), report.Count(m.Brought)},
			Acts: []report.Act{{Command: "redeem", Values: resource.Values{"customer_id": digits(m.ID)}}}})
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}
