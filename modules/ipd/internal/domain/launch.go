package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/trace"
)

// launchModules must take a launch over before the product goes on sale.
var launchModules = []string{"isc", "ltc", "itr"}

// The answers to a launch.
const (
	AnswerOpen = ""
	AnswerYes  = "yes"
	AnswerNo   = "no"
)

// Ack is the answer of one module to the launch of a product.
type Ack struct {
	Module, Answer, Reason string
}

// AckStore keeps the answers.
type AckStore interface {
	// Expect opens the answers of modules; those that said no are asked again.
	Expect(ctx context.Context, product ipd.ProductID, modules []string) error
	// Lock returns the answers and holds them until the end of the transaction.
	Lock(ctx context.Context, product ipd.ProductID) ([]Ack, error)
	// Answers returns the answers.
	Answers(ctx context.Context, product ipd.ProductID) ([]Ack, error)
	// Answer stores the answer of a module.
	Answer(ctx context.Context, product ipd.ProductID, a Ack) error
}

// Launches collects the answers to a launch; it implements ipd.Launches.
type Launches struct {
	Acks     AckStore
	Products *Products
	Tx       func(ctx context.Context, fn func(ctx context.Context) error) error
	Notify   func(ctx context.Context, n process.Notice) error
}

// Acknowledge implements ipd.Launches. Errors: NotFound when nobody launched the
// product, Invalid for a module that is not asked.
func (s *Launches) Acknowledge(ctx context.Context, product ipd.ProductID, module string, rejected string) error {
	return s.Tx(authz.System(ctx, "ipd.Launches"), func(ctx context.Context) error { return s.answer(ctx, product, module, rejected) })
}

func (s *Launches) answer(ctx context.Context, product ipd.ProductID, module, rejected string) error {
	acks, err := s.Acks.Lock(ctx, product)
	if err != nil {
		return fmt.Errorf("answers to the launch of product %d: %w", product, err)
	}
	if len(acks) == 0 {
		return errs.Missing()
	}
	i := slices.IndexFunc(acks, func(a Ack) bool { return a.Module == module })
	if i < 0 {
		return errs.New(errs.Invalid, "The module {0} is not asked about launches.", module)
	}
	answer := Ack{Module: module, Answer: AnswerYes, Reason: rejected}
	if rejected != "" {
		answer.Answer = AnswerNo
	}
	if acks[i] == answer {
		return nil
	}
	if err := s.Acks.Answer(ctx, product, answer); err != nil {
		return err
	}
	acks[i] = answer
	if rejected != "" {
		return s.tell(ctx, product, module, rejected)
	}
	return s.available(ctx, product, acks)
}

// available puts the product on sale once every module has agreed.
func (s *Launches) available(ctx context.Context, product ipd.ProductID, acks []Ack) error {
	if len(missing(acks)) > 0 {
		return nil
	}
	_, err := s.Products.Type.FireIf(ctx, int64(product), "ga", nil, func(p *Product) bool { return p.Stage == ProductPreRelease })
	return err
}

// missing lists the modules that have not agreed.
func missing(acks []Ack) []string {
	var out []string
	for _, a := range acks {
		if a.Answer != AnswerYes {
			out = append(out, a.Module)
		}
	}
	return out
}

func (s *Launches) tell(ctx context.Context, product ipd.ProductID, module, reason string) error {
	p, err := s.Products.Store.Get(ctx, int64(product))
	if err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{p.OwnerID}, Kind: "task", Message: "{0} cannot go on sale yet: {1} refused the launch: {2}",
		Args: []any{p.No + " " + p.Name, module, reason}, Object: trace.Ref{Type: "ipd.product", ID: p.ID}})
}
