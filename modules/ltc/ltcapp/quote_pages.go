package ltcapp

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/api"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func quoteRef(id int64) trace.Ref { return trace.Ref{Type: "ltc.quote", ID: id} }

type quoteIn struct{ Quote, Against int64 }

// quoteDiff compares two versions of a quote: LTC-06.
func (s *selling) quoteDiff() *report.Report[quoteIn] {
	return &report.Report[quoteIn]{
		Name: "ltc.quote_diff", Label: "Compare quote versions", Icon: "arrows-diff", Perm: "ltc.quote:read", Run: s.runDiff,
		Help: "What changed between a version of a quote and the one before it, or another you choose.",
		Form: resource.Fields[quoteIn]{resource.Ref("quote", "Quote", func(in *quoteIn) *int64 { return &in.Quote }, "ltc.quote"),
			resource.Ref("against", "Compare with", func(in *quoteIn) *int64 { return &in.Against }, "ltc.quote").Hint("Empty: the version before.")},
	}
}

func (s *selling) runDiff(ctx context.Context, in *quoteIn) (*report.Result, error) {
	lines := report.Table{Key: "lines", Title: "Lines", Empty: "Choose a quote that has an earlier version.", Cols: []report.Col{col("kind", "Change", resource.KText), col("description", "Description", resource.KText), col("old_qty", "Quantity before", resource.KQuantity), col("qty", "Quantity", resource.KQuantity),
		col("old_price", "Unit price before", resource.KPrice), col("price", "Unit price", resource.KPrice), col("old_discount", "Discount before", resource.KPercent), col("discount", "Discount", resource.KPercent), col("net", "Net difference", resource.KPrice)}}
	if in.Quote == 0 {
		return &report.Result{Tables: []report.Table{lines}}, nil
	}
	now, err := s.quotes.Type.Get(ctx, in.Quote)
	if err != nil {
		return nil, err
	}
	old := in.Against
	if old == 0 && now.PreviousID != nil {
		old = *now.PreviousID
	}
	if old == 0 {
		return &report.Result{Tables: []report.Table{lines}}, nil
	}
	was, err := s.quotes.Type.Get(ctx, old)
	if err != nil {
		return nil, err
	}
	for _, c := range domain.DiffQuotes(was.Lines, now.Lines) {
		r := report.Row{Cells: []report.Cell{report.Pill(c.Kind, diffTone[c.Kind]), report.None(), report.None(), report.None(), report.None(), report.None(), report.None(), report.None(), report.Price(c.NetChange())}}
		if l := c.Old; l != nil {
			r.Cells[1], r.Cells[2], r.Cells[4], r.Cells[6] = report.Text(l.Description), report.Qty(l.Qty), report.Price(l.UnitPrice), report.Share(l.Discount)
		}
		if l := c.New; l != nil {
			r.Cells[1], r.Cells[3], r.Cells[5], r.Cells[7] = report.Text(l.Description), report.Qty(l.Qty), report.Price(l.UnitPrice), report.Share(l.Discount)
		}
		lines.Rows = append(lines.Rows, r)
	}
	head := changedTerms([]term{{"Subject", was.Title, now.Title}, {"Valid until", was.ValidUntil.String(), now.ValidUntil.String()}, {"Payment terms", was.PaymentTerms, now.PaymentTerms},
		{"Payment term in days", strconv.Itoa(was.PaymentDays), strconv.Itoa(now.PaymentDays)}, {"Net", was.Net.String(), now.Net.String()}, {"Total", was.Total.String(), now.Total.String()}})
	return &report.Result{Note: "{0} against {1}", Args: []any{now.No, was.No}, Tables: []report.Table{lines, head}}, nil
}

// diffTone colours the kinds of differences.
var diffTone = map[string]string{domain.LineAdded: "ok", domain.LineRemoved: "bad", domain.LineChanged: "warn", domain.LineSame: "neutral"}

// term is something said in two versions of a document.
type term struct{ label, old, now string }

// changedTerms lists the terms that differ.
func changedTerms(list []term) report.Table {
	t := report.Table{Key: "head", Title: "Terms", Empty: "The terms are the same.", Cols: []report.Col{col("what", "What", resource.KText), col("old", "Before", resource.KText), col("new", "Now", resource.KText)}}
	for _, x := range list {
		if x.old != x.now {
			t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word(x.label), report.Text(x.old), report.Text(x.now)}})
		}
	}
	return t
}

// linkIn names the quote a link is made for.
type linkIn struct{ Quote int64 }

// out lists the quotes that lie with customers: LTC-06.
func (s *selling) out() *report.Report[attentionIn] {
	return &report.Report[attentionIn]{
		Name: "ltc.quotes_out", Label: "Quotes with customers", Icon: "send", Perm: "ltc.quote:read", Home: []string{"ltc.rep"},
		Help: "Current quotes that were sent and not answered, the one that ends first on top. A link lets the customer read and accept exactly this version; it ends with it.",
		Form: resource.Fields[attentionIn]{resource.Ref("dept", "Department", func(in *attentionIn) *int64 { return &in.Dept }, "core.department")},
		Run:  s.runOut,
		Commands: []report.Command{report.Do("link", "Make a link for the customer", "ltc.quote:send", resource.Fields[linkIn]{resource.Ref("quote", "Quote", func(in *linkIn) *int64 { return &in.Quote }, "ltc.quote").Required()},
			func(ctx context.Context, in *linkIn) (report.Done, error) {
				key, err := s.quotes.NewLink(ctx, in.Quote)
				return report.Done{Message: "Give the customer this key, it is shown once: {0}", Args: []any{key}}, err
			}).OnRows()},
	}
}

func (s *selling) runOut(ctx context.Context, in *attentionIn) (*report.Result, error) {
	list, err := s.pricing.Out(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	var customers []int64
	for i := range list {
		customers = append(customers, list[i].CustomerID)
	}
	customer, err := s.names(ctx, "crm.customer", customers)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "quotes", Empty: "No quote waits for an answer.", Cols: []report.Col{col("quote", "Quote", resource.KRef), col("customer", "Customer", resource.KRef), col("owner", "Owner", resource.KRef), col("total", "Total", resource.KMoney), col("state", "State", resource.KText),
		col("sent", "Sent at", resource.KTime), col("views", "Opened times", resource.KInt), col("viewed", "Last opened at", resource.KTime), col("valid_until", "Valid until", resource.KDate), col("links", "Links", resource.KInt)}}
	today := s.today(ctx)
	var total money.Amount
	for i := range list {
		q := &list[i]
		total = total.Add(q.Total)
		state := report.Pill("Sent", "info")
		if q.Stage == string(domain.QuoteViewed) {
			state = report.Pill("Opened by customer", "violet")
		}
		r := report.Row{Ref: quoteRef(q.ID), Late: q.ValidUntil.Before(today), Cells: []report.Cell{report.Doc(quoteRef(q.ID), q.No), customer(q.CustomerID), report.Person(q.OwnerID), report.Money(q.Total), state,
			at(q.SentAt), report.Count(q.Views), at(q.ViewedAt), report.Day(q.ValidUntil), report.Count(q.Links)}, Acts: []report.Act{{Command: "link", Values: resource.Values{"quote": id10(q.ID)}}}}
		if r.Late {
			r.Acts[0].Blocked, r.Acts[0].Args = "This quote was valid until {0}; make a new version.", []any{q.ValidUntil}
		}
		t.Rows = append(t.Rows, r)
	}
	return &report.Result{Tables: []report.Table{t}, Tiles: []report.Tile{{Key: "total", Label: "Waiting for an answer", Value: report.Money(total)}}}, nil
}

// offerIn is what a customer sends with a key.
type offerIn struct{ Key, Name string }

// offers lets customers open and accept the quote of their key without signing in.
func (s *selling) offers() {
	key := resource.Text("key", "Key", func(in *offerIn) *string { return &in.Key }).Required().Limit(100)
	name := resource.Text("name", "Your name", func(in *offerIn) *string { return &in.Name }).Required()
	api.Public(s.p.API, api.Op{ID: "ltc.offer.open", Path: "/public/offer/open", Summary: "Open the quote of a key"}, resource.Fields[offerIn]{key},
		func(ctx context.Context, _ *api.Request, in *offerIn) (any, error) {
			return s.quotes.OpenOffer(ctx, in.Key)
		})
	api.Public(s.p.API, api.Op{ID: "ltc.offer.accept", Path: "/public/offer/accept", Summary: "Accept the quote of a key"}, resource.Fields[offerIn]{key, name},
		func(ctx context.Context, _ *api.Request, in *offerIn) (any, error) {
			return s.quotes.AcceptOffer(ctx, in.Key, in.Name)
		})
}

// configureIn is a model with the options chosen so far; a command adds or removes one.
type configureIn struct {
	Model  int64
	Chosen string
	Option string
}

// configure asks for the options of a product one by one and says what does not fit:
// LTC-06.
func (s *selling) configure() *report.Report[configureIn] {
	model := resource.Ref("model", "Configuration model", func(in *configureIn) *int64 { return &in.Model }, "ltc.config_model")
	chosen := resource.Text("chosen", "Chosen", func(in *configureIn) *string { return &in.Chosen }).Limit(2000)
	option := resource.Text("option", "Option", func(in *configureIn) *string { return &in.Option }).Required()
	page := func(in *configureIn, codes []string) string {
		return "/ltc/configure?" + url.Values{"model": {id10(in.Model)}, "chosen": {strings.Join(codes, ",")}}.Encode()
	}
	return &report.Report[configureIn]{
		Name: "ltc.configure", Label: "Configure", Icon: "puzzle", Perm: "ltc.config_model:read", Run: s.runConfigure, Form: resource.Fields[configureIn]{model, chosen},
		Help: "Answers the questions of a configuration model one by one; options that do not go with what is chosen say why. A complete choice is kept as a configuration and named on quote lines.",
		Commands: []report.Command{
			report.Do("choose", "Choose", "ltc.config_model:read", resource.Fields[configureIn]{model, chosen, option}, func(ctx context.Context, in *configureIn) (report.Done, error) {
				m, err := s.models.Type.Get(ctx, in.Model)
				if err != nil {
					return report.Done{}, err
				}
				codes := domain.Codes(in.Chosen)
				if why := m.Blocked(codes, in.Option); why != nil {
					return report.Done{}, &errs.Error{Kind: errs.Precondition, Message: why.Text, Args: why.Args}
				}
				codes = append(codes, in.Option)
				return report.Done{Message: "Chosen.", Href: page(in, codes)}, nil
			}).OnRows(),
			report.Do("leave", "Take out", "ltc.config_model:read", resource.Fields[configureIn]{model, chosen, option}, func(_ context.Context, in *configureIn) (report.Done, error) {
				codes := slices.DeleteFunc(domain.Codes(in.Chosen), func(c string) bool { return c == in.Option })
				return report.Done{Message: "Taken out.", Href: page(in, codes)}, nil
			}).OnRows(),
			report.Do("keep", "Keep this configuration", "ltc.configuration:create", resource.Fields[configureIn]{model, chosen}, func(ctx context.Context, in *configureIn) (report.Done, error) {
				row, err := s.p.Types.Doc("ltc.configuration")
				if err != nil {
					return report.Done{}, err
				}
				r, err := row.CreateRow(ctx, resource.Values{"model_id": id10(in.Model), "choices": strings.Join(domain.Codes(in.Chosen), ",")})
				if err != nil {
					return report.Done{}, err
				}
				return report.Done{Message: "Configuration {0} is kept.", Args: []any{r.Base().No}, Href: trace.Ref{Type: "ltc.configuration", ID: r.Base().ID}.Path()}, nil
			}).OnRows(),
		},
	}
}

func (s *selling) runConfigure(ctx context.Context, in *configureIn) (*report.Result, error) {
	t := report.Table{Key: "options", Title: "Options", Empty: "Choose a configuration model.", Cols: []report.Col{col("feature", "Question", resource.KText), col("option", "Answer", resource.KText), col("price", "Extra price", resource.KPrice), col("lead", "Lead time in days", resource.KInt), col("state", "State", resource.KText)}}
	if in.Model == 0 {
		return &report.Result{Tables: []report.Table{t}}, nil
	}
	m, err := s.models.Type.Get(ctx, in.Model)
	if err != nil {
		return nil, err
	}
	codes := domain.Codes(in.Chosen)
	given := func(option string) resource.Values {
		return resource.Values{"model": id10(in.Model), "chosen": strings.Join(codes, ","), "option": option}
	}
	price, lead := money.Price{}, 0
	if p, err := s.prices.For(ctx, m.ProductID, s.today(ctx)); err == nil {
		price = p
	} else if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	for _, f := range m.Features {
		for _, o := range m.Options {
			if o.Feature != f.Code {
				continue
			}
			state, act := report.None(), report.Act{Command: "choose", Values: given(o.Code)}
			if slices.Contains(codes, o.Code) {
				state, act = report.Pill("Chosen", "ok"), report.Act{Command: "leave", Values: given(o.Code)}
				price, lead = price.Add(o.Price), max(lead, o.LeadDays)
			} else if why := m.Blocked(codes, o.Code); why != nil {
				state = report.Pill("Does not fit", "bad")
				act.Blocked, act.Args = why.Text, why.Args
			}
			t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Text(f.Label), report.Text(o.Label), report.Price(o.Price), report.Count(o.LeadDays), state}, Acts: []report.Act{act}})
		}
	}
	missing := report.Table{Key: "missing", Title: "What is missing", Empty: "The choice is complete.", Cols: []report.Col{col("what", "What", resource.KText)}}
	for _, w := range m.Problems(codes) {
		missing.Rows = append(missing.Rows, report.Row{Cells: []report.Cell{report.Text(i18n.T(ctx, w.Text, w.Args...))}})
	}
	whole := report.Table{Key: "whole", Title: "Configuration", Cols: []report.Col{col("product", "Product", resource.KRef), col("price", "Unit price", resource.KPrice), col("lead", "Lead time in days", resource.KInt), col("hash", "Fingerprint", resource.KText)}}
	product, err := s.names(ctx, "ipd.product", []int64{int64(m.ProductID)})
	if err != nil {
		return nil, err
	}
	keep := report.Act{Command: "keep", Values: resource.Values{"model": id10(in.Model), "chosen": strings.Join(codes, ",")}}
	if len(missing.Rows) > 0 {
		keep.Blocked = "The choice is not complete."
	}
	whole.Rows = []report.Row{{Cells: []report.Cell{product(int64(m.ProductID)), report.Price(price), report.Count(lead), report.Text(domain.Fingerprint(m.ProductID, codes))}, Acts: []report.Act{keep}}}
	return &report.Result{Tables: []report.Table{whole, t, missing}}, nil
}
