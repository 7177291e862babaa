package crmapp

import (
	"context"
	"slices"

	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/platform/db"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// funding adds the market development funds of partners (CRM-16).
func (d *desk) funding() {
	f := &domain.Funds{Store: db.NewStore[domain.Fund](d.p.DB, "crm.market_fund"), Claims: db.NewStore[domain.FundClaim](d.p.DB, "crm.fund_claim"), Partners: d.partners, Now: d.p.Now, Attach: d.p.Files.Add}
	d.partners.Funds = f
	resource.Register(d.p.Types, f.Declare())
	resource.Register(d.p.Types, f.DeclareClaim())
	d.p.AddCheck("crm.funds", func(ctx context.Context) ([]string, error) { return d.sql.FundDifferences(ctx) })
}

// partnerIn is by what partners are ranked.
type partnerIn struct{ By string }

var partnerOrders = []resource.Option{{Value: "won", Label: "Deal amount"}, {Value: "deals", Label: "Number of deals"}, {Value: "received", Label: "Amount received"}, {Value: "score", Label: "Score"}, {Value: "cost", Label: "Cost"}}

// partnerRanking shows partners by what they bring, what they have not followed up, and
// the tier their score earns.
func (d *desk) partnerRanking() *report.Report[partnerIn] {
	return &report.Report[partnerIn]{
		Name: "crm.partners", Label: "Partner ranking", Icon: "users", Perm: "crm.partners:read",
		Form: resource.Fields[partnerIn]{resource.Enum("by", "Ranked by", func(in *partnerIn) *string { return &in.By }, partnerOrders...)},
		Help: "Partners by the value of the deals they registered and won; the pipeline is what they registered and is not decided or still protected. The score looks at twelve months: revenue, growth over the twelve months before, certification, and praise among praise and complaints of the customers won, with the weights of the customer policy; what is not known leaves its weight to the rest. Received is what those customers paid since the deal, cost what was paid of the market development fund.",
		Run:  d.runPartners,
		Commands: []report.Command{
			report.Do("set_tier", "Set the tier", "crm.partner:update", resource.Fields[numberIn]{resource.Ref("partner_id", "Partner", func(in *numberIn) *int64 { return &in.ID }, "crm.partner").Required()}, func(ctx context.Context, in *numberIn) (report.Done, error) {
				return d.setTiers(ctx, func(id int64) bool { return id == in.ID })
			}).OnRows(),
			report.Do("set_tiers", "Set all tiers by the score", "crm.partner:update", resource.Fields[struct{}]{}, func(ctx context.Context, _ *struct{}) (report.Done, error) {
				return d.setTiers(ctx, func(int64) bool { return true })
			}),
		},
	}
}

// rated is a partner with its figures and its score.
type rated struct {
	store.PartnerRank
	year  store.PartnerYear
	score domain.PartnerScore
}

// rate reads the visible partners and scores them.
func (d *desk) rate(ctx context.Context) ([]rated, error) {
	list, err := d.sql.PartnerRanking(ctx)
	if err != nil {
		return nil, err
	}
	today := d.today(ctx)
	years, err := d.sql.PartnerYears(ctx, today)
	if err != nil {
		return nil, err
	}
	policy, err := d.policies.Mine(ctx, 0)
	if err != nil {
		return nil, err
	}
	out := make([]rated, len(list))
	for i, p := range list {
		y := years[p.ID]
		certified := p.Stage == string(domain.PartnerActive) && !p.CertifiedUntil.IsZero() && !p.CertifiedUntil.Before(today)
		out[i] = rated{p, y, policy.ScorePartner(domain.PartnerFacts{Won: y.Won, WonBefore: y.WonBefore, Certified: certified, Praise: y.Praise, Complaints: y.Complaints})}
	}
	return out, nil
}

func (d *desk) runPartners(ctx context.Context, in *partnerIn) (*report.Result, error) {
	list, err := d.rate(ctx)
	if err != nil {
		return nil, err
	}
	order := map[string]func(a, b *rated) int{
		"deals":    func(a, b *rated) int { return int(b.year.Deals - a.year.Deals) },
		"received": func(a, b *rated) int { return b.year.Received.Cmp(a.year.Received) },
		"score":    func(a, b *rated) int { return b.score.Score.Cmp(a.score.Score) },
		"cost":     func(a, b *rated) int { return b.year.Cost.Cmp(a.year.Cost) },
	}[in.By]
	if order != nil {
		slices.SortStableFunc(list, func(a, b rated) int { return order(&a, &b) })
	}
	return &report.Result{Tables: []report.Table{d.rankTable(ctx, list), d.scoreTable(list)}}, nil
}

func (d *desk) rankTable(ctx context.Context, list []rated) report.Table {
	stages := d.partners.Type.Info().Process
	today := d.today(ctx)
	t := report.Table{Key: "partners", Title: "Partners", Empty: "There is no partner yet.", Cols: []report.Col{{Key: "partner", Label: "Partner", Kind: resource.KRef}, {Key: "region", Label: "Region"}, {Key: "state", Label: "State"}, {Key: "registered", Label: "Registered", Kind: resource.KInt},
		{Key: "protected", Label: "Protected", Kind: resource.KInt}, {Key: "converted", Label: "Won deals", Kind: resource.KInt}, {Key: "won", Label: "Won", Kind: resource.KMoney}, {Key: "pipeline", Label: "Pipeline", Kind: resource.KMoney}, {Key: "certified", Label: "Certified until", Kind: resource.KDate}}}
	for _, p := range list {
		ref := d.partners.Type.Ref(p.ID)
		t.Rows = append(t.Rows, report.Row{Ref: ref, Late: p.Stage == "active" && p.CertifiedUntil.Before(today), Cells: []report.Cell{report.Doc(ref, p.No+" "+p.Name), report.Text(p.Region), report.Word(stages.Stage(p.Stage).Label), report.Count(p.Registered), report.Count(p.Protected), report.Count(p.Converted),
			report.Money(p.Won), report.Money(p.Pipeline), report.Day(p.CertifiedUntil)}})
	}
	return t
}

// scoreTable shows the score of every partner with its parts.
func (d *desk) scoreTable(list []rated) report.Table {
	t := report.Table{Key: "scores", Title: "Score of twelve months", Empty: "There is no partner yet.", Cols: []report.Col{{Key: "partner", Label: "Partner", Kind: resource.KRef}, {Key: "deals", Label: "Number of deals", Kind: resource.KInt}, {Key: "amount", Label: "Deal amount", Kind: resource.KMoney},
		{Key: "received", Label: "Amount received", Kind: resource.KMoney}, {Key: "cost", Label: "Cost", Kind: resource.KMoney}, {Key: "revenue", Label: "Revenue points", Kind: resource.KQuantity}, {Key: "growth", Label: "Growth points", Kind: resource.KQuantity},
		{Key: "certification", Label: "Certification points", Kind: resource.KQuantity}, {Key: "satisfaction", Label: "Satisfaction points", Kind: resource.KQuantity}, {Key: "score", Label: "Score", Kind: resource.KQuantity}, {Key: "tier", Label: "Partner tier"}, {Key: "earned", Label: "Tier by the score"}}}
	tiers := d.partners.Type.Info().Field("tier").Options
	for _, p := range list {
		ref := d.partners.Type.Ref(p.ID)
		row := report.Row{Ref: ref, Cells: []report.Cell{report.Doc(ref, p.No+" "+p.Name), report.Count(p.year.Deals), report.Money(p.year.Won), report.Money(p.year.Received), report.Money(p.year.Cost),
			pointCell(p.score.Revenue), pointCell(p.score.Growth), pointCell(p.score.Certification), pointCell(p.score.Satisfaction), pointCell(&p.score.Score), tierCell(tiers, p.Tier), tierCell(tiers, p.score.Tier)}}
		if p.Stage == string(domain.PartnerActive) && p.Tier != p.score.Tier {
			row.Acts = []report.Act{{Command: "set_tier", Values: resource.Values{"partner_id": digits(p.ID)}}}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func pointCell(n *money.Amount) report.Cell {
	if n == nil {
		return report.None()
	}
	return report.Number(n.Number())
}

func tierCell(tiers []resource.Option, tier string) report.Cell {
	for _, o := range tiers {
		if o.Value == tier {
			return report.Pill(o.Label, o.Tone)
		}
	}
	return report.None()
}

// setTiers gives active partners the tier their score earns.
func (d *desk) setTiers(ctx context.Context, which func(id int64) bool) (report.Done, error) {
	list, err := d.rate(ctx)
	if err != nil {
		return report.Done{}, err
	}
	n := 0
	for i := range list {
		p := &list[i]
		if !which(p.ID) || p.Stage != string(domain.PartnerActive) || p.Tier == p.score.Tier {
			continue
		}
		row, err := d.partners.Store.Get(ctx, p.ID)
		if err != nil {
			return report.Done{}, err
		}
		if _, err := d.partners.Type.UpdateRow(ctx, p.ID, row.Version, resource.Values{"tier": p.score.Tier}); err != nil {
			return report.Done{}, err
		}
		n++
	}
	return report.Done{Message: "{0} partners have another tier now.", Args: []any{n}}, nil
}

// ownFunds are the funds of the reader's partnership.
func (d *desk) ownFunds(ctx context.Context, partner int64) (report.Table, error) {
	t := report.Table{Key: "funds", Title: "Market development funds", Empty: "There is no fund for you yet.", Cols: []report.Col{{Key: "fund", Label: "Market development fund", Kind: resource.KRef}, {Key: "from", Label: "From", Kind: resource.KDate}, {Key: "to", Label: "Until", Kind: resource.KDate},
		{Key: "amount", Label: "Amount", Kind: resource.KMoney}, {Key: "committed", Label: "Approved", Kind: resource.KMoney}, {Key: "paid", Label: "Paid", Kind: resource.KMoney}, {Key: "left", Label: "Left to claim", Kind: resource.KMoney}}}
	if !d.p.Authz.Can(ctx, "crm.market_fund", "read") {
		return t, nil
	}
	list, err := d.sql.OwnFunds(ctx, partner)
	if err != nil {
		return t, err
	}
	for _, f := range list {
		ref := d.partners.Funds.Type.Ref(f.ID)
		t.Rows = append(t.Rows, report.Row{Ref: ref, Cells: []report.Cell{report.Doc(ref, f.No+" "+f.Name), report.Day(f.FromOn), report.Day(f.ToOn), report.Money(f.Amount), report.Money(f.Committed), report.Money(f.Paid), report.Money(f.Amount.Sub(f.Committed))}})
	}
	return t, nil
}
