package ltcapp

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/jobs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// letterMail is the work of mailing one letter.
type letterMail struct {
	Letter int64 `json:"letter"`
}

// Kind names the work.
func (letterMail) Kind() string { return "ltc.letter" }

// mailLetters has letters mailed when there is a server to hand them to.
func (c *cash) mailLetters() {
	if c.p.Mail == nil {
		return
	}
	c.ports.Post = func(ctx context.Context, letter int64) error {
		return c.p.Queue.Enqueue(ctx, c.p.Now(), letterMail{letter})
	}
	jobs.Handle(c.p.Queue, "Mail dunning letters", func(ctx context.Context, w letterMail) error {
		return (&Module{cash: c}).MailLetter(ctx, w.Letter)
	})
}

// inCompanyLanguage speaks the language of the company a letter is of.
func (c *cash) inCompanyLanguage(ctx context.Context, letter int64) context.Context {
	lang := i18n.Chinese
	if d, err := c.letters.Store.Get(ctx, letter); err == nil {
		if x := c.p.Authz.Directory().Companies[d.CompanyID]; x != nil {
			lang = i18n.Parse(x.Lang, lang)
		}
	}
	return i18n.With(ctx, c.p.Text, lang)
}

// dunning registers the run and the nightly review of letters.
func (c *cash) dunning() {
	c.mailLetters()
	form := resource.Fields[asOf]{resource.Date("day", "Run of", func(a *asOf) *date.Date { return &a.Day }).Hint("Empty is today.")}
	report.Register(c.p.Reports, &report.Report[asOf]{
		Name: "ltc.dunning_run", Label: "Dunning run", Icon: "mail-fast", Perm: "ltc.dunning:run", Home: []string{"core.finance_clerk"},
		Help: "Who would be reminded of what. The run writes letters that the owner of the customer looks through first; sending is a step of its own. Nothing goes out on the day something is due, nor about what is disputed or promised.",
		Form: form, Default: func(ctx context.Context, a *asOf) error { a.Day = c.ports.Today(ctx); return nil }, Run: c.proposals,
		Commands: []report.Command{
			report.Do("run", "Write the letters", "ltc.dunning:run", form, func(ctx context.Context, in *asOf) (report.Done, error) {
				if in.Day.IsZero() {
					in.Day = c.ports.Today(ctx)
				}
				if in.Day.After(c.ports.Today(ctx)) {
					return report.Done{}, errs.Bad("day", "This day lies in the future.")
				}
				n, err := c.letters.Run(ctx, in.Day)
				return report.Done{Message: "{0} letters are written; look through them.", Args: []any{n}}, err
			}),
			report.Do("send", "Send all approved letters", "ltc.dunning:send", nil, func(ctx context.Context, _ *struct{}) (report.Done, error) {
				list, err := c.letters.Store.Find(ctx, record.Where("stage", record.Eq, "approved"))
				if err != nil {
					return report.Done{}, err
				}
				n := 0
				for i := range list {
					switch err := c.letters.Type.Fire(ctx, list[i].ID, "send", nil); {
					case err == nil:
						n++
					case !errs.Is(err, errs.Precondition):
						return report.Done{}, err
					}
				}
				return report.Done{Message: "{0} letters are sent; those by mail are on their way.", Args: []any{n}}, nil
			}),
		},
	})
	c.p.Jobs.Add(jobs.Job{Name: "ltc.dunning", Label: "Review letters and overdue instalments", Spec: "25 0 * * *", Run: func(ctx context.Context) error {
		return c.eachCompany(ctx, c.reviewReceivables)
	}})
}

// reviewReceivables brings letters in line with payments and tells the other modules of
// what became overdue.
func (c *cash) reviewReceivables(ctx context.Context, day date.Date) error {
	if err := c.letters.Review(ctx, day); err != nil {
		return err
	}
	return c.invoices.ReportLate(authz.System(ctx, "ltc.dunning:late"), day)
}

func (c *cash) proposals(ctx context.Context, in *asOf) (*report.Result, error) {
	policies, err := c.letters.Policies.All(ctx)
	if err != nil {
		return nil, err
	}
	list, err := c.letters.Proposals(ctx, in.Day)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "letters", Title: "Letters of this run", Empty: "Nobody is to be reminded.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "level", Label: "Level", Kind: resource.KInt}, {Key: "items", Label: "Items", Kind: resource.KInt},
		money2("open", "Open"), money2("interest", "Interest"), {Key: "policy", Label: "Dunning policy", Kind: resource.KRef}}}
	if len(policies) == 0 {
		t.Empty = "There is no dunning policy yet; write one first."
	}
	var open money.Amount
	for _, p := range list {
		var interest money.Amount
		for i := range p.Items {
			interest = interest.Add(p.Items[i].Interest)
		}
		open = open.Add(p.Open)
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Doc(p.Customer.Ref(), ""), report.Count(p.Level), report.Count(len(p.Items)), report.Money(p.Open), report.Money(interest), report.Doc(trace.Ref{Type: "ltc.dunning_policy", ID: p.Policy.ID}, p.Policy.Title)}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "letters", Label: "Letters", Value: report.Count(len(list))}, {Key: "open", Label: "Open", Value: report.Money(open)}}, Tables: []report.Table{t}}, nil
}

// ReviewReceivables is the nightly review, for the company of ctx.
func (m *Module) ReviewReceivables(ctx context.Context, day date.Date) error {
	if err := m.cash.reviewReceivables(ctx, day); err != nil {
		return fmt.Errorf("review receivables: %w", err)
	}
	return nil
}

// MailLetter is the work of the queue: it mails a letter that waits for it.
func (m *Module) MailLetter(ctx context.Context, letter int64) error {
	c := m.cash
	return c.letters.Deliver(c.inCompanyLanguage(authz.System(ctx, "ltc.dunning:mail"), letter), letter, c.p.Mail, c.p.Now)
}
