package app

import (
	"context"

	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// autoStep is a step that a company lets the program take as soon as a document enters
// the stage before it: release of a confirmed order, posting of an approved invoice. The
// guards, the approvals and the log of the step stay; one that is refused waits for
// people as before.
type autoStep struct {
	record.Base
	Step string // type:move
	UpTo money.Amount
	Note string
}

// TableName keeps gorm from guessing.
func (autoStep) TableName() string { return "core.auto_step" }

func (p *Platform) declareAutoSteps() {
	p.autoStep = resource.Enum("step", "Step", func(s *autoStep) *string { return &s.Step })
	resource.Register(p.Types, &resource.Type[autoStep]{
		Name: "core.auto_step", Label: "Step of the program", Plural: "Steps of the program", Icon: "bolt", Number: "AS-{000}", NoOwner: true,
		Store: db.NewStore[autoStep](p.DB, "core.auto_step"),
		Title: func(s *autoStep) string {
			if o := p.autoStep.Option(s.Step); o != nil {
				return o.Label
			}
			return s.Step
		},
		Fields: resource.Fields[autoStep]{
			p.autoStep.Required().InList().Filter().Hint("Taken as soon as a document enters the stage before it. Conditions and approvals stay; a step that is refused waits for people."),
			resource.Money("up_to", "Up to", func(s *autoStep) *money.Amount { return &s.UpTo }).InList().Hint("Documents of a higher amount wait for people. 0: any amount."),
			resource.LongText("note", "Note", func(s *autoStep) *string { return &s.Note }).Limit(500),
		},
		Check: func(_ context.Context, s *autoStep) error {
			if s.UpTo.Sign() < 0 {
				return errs.Bad("up_to", "An amount cannot be negative.")
			}
			return nil
		},
		Saved:   func(ctx context.Context, _, _ *autoStep) error { p.reloadLater(ctx); return nil },
		Removed: func(ctx context.Context, _ *autoStep) error { p.reloadLater(ctx); return nil },
	})
}

// offerAutoSteps fills the choice of steps when every module has declared its own.
func (p *Platform) offerAutoSteps() {
	p.autoStep.Options = nil
	for _, s := range p.Process.AutoSteps() {
		d, err := p.Types.Doc(s.Process)
		if err != nil {
			panic(err) // a process without its type is a mistake of wiring
		}
		name := func(l i18n.Lang) string {
			return p.Text.Label(l, s.Process, d.Info().Label) + " · " + p.Text.Label(l, s.Process, s.Label)
		}
		p.Text.Put(name(i18n.English), name(i18n.Chinese))
		p.autoStep.Options = append(p.autoStep.Options, resource.Option{Value: s.Process + ":" + s.Move, Label: name(i18n.English)})
	}
}
