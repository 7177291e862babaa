package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/itr"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

const (
	silenceDays = 5                   // working days of silence that close a resolved case
	reopenLimit = 14 * 24 * time.Hour // after that a new case is opened
)

// resolveForm is the input of the move "resolve".
type resolveForm struct {
	CauseCode, ResolutionCode string
	Solution                  string
	Knowledge                 string
	ArticleID                 int64
	KnowledgeNote             string
}

func resolveFields() resource.Fields[resolveForm] {
	return resource.Fields[resolveForm]{
		resource.Enum("cause_code", "Cause", func(f *resolveForm) *string { return &f.CauseCode }, causes...).Required(),
		resource.Enum("resolution_code", "Kind of solution", func(f *resolveForm) *string { return &f.ResolutionCode }, resolutions...).Required(),
		resource.LongText("solution", "Solution", func(f *resolveForm) *string { return &f.Solution }).Required().Hint("Sent to the customer."),
		resource.Enum("knowledge", "What others can learn", func(f *resolveForm) *string { return &f.Knowledge },
			resource.Option{Value: "attach", Label: "An article says it already"}, resource.Option{Value: "draft", Label: "Write a new article"}, resource.Option{Value: "none", Label: "Nothing to learn"}).Required(),
		resource.Ref("article_id", "Knowledge article", func(f *resolveForm) *int64 { return &f.ArticleID }, "itr.article"),
		resource.Text("knowledge_note", "Why no article", func(f *resolveForm) *string { return &f.KnowledgeNote }),
	}
}

// resolve says what was wrong and what helped, tells the customer, stops the clocks
// and asks whether it is solved.
func (s *Cases) resolve(ctx context.Context, c *Case, in *resolveForm) error {
	now := s.Now()
	c.CauseCode, c.ResolutionCode, c.Solution, c.ResolvedAt = in.CauseCode, in.ResolutionCode, in.Solution, &now
	if err := s.learn(ctx, c, in); err != nil {
		return err
	}
	if err := s.Messages.Add(ctx, Message{Case: c.ID, Out: true, Channel: c.Channel, Author: authz.Actor(ctx), Body: in.Solution, At: now}); err != nil {
		return err
	}
	if err := s.Clocks.act(ctx, c, ClockEvent{Kind: FirstResponse, Act: ActStop, At: now}, ClockEvent{Kind: Resolution, Act: ActStop, At: now}); err != nil {
		return err
	}
	return s.Surveys.send(ctx, c, now)
}

// learn keeps the knowledge of a solution: an article that exists, a new draft, or
// the reason why there is nothing to learn.
func (s *Cases) learn(ctx context.Context, c *Case, in *resolveForm) error {
	c.ArticleID, c.KnowledgeNote = nil, ""
	switch in.Knowledge {
	case "attach":
		if in.ArticleID == 0 {
			return errs.Bad("article_id", "Choose the article that helped.")
		}
		if _, err := s.Articles.Store.Get(ctx, in.ArticleID); err != nil {
			return errs.Bad("article_id", "There is no such record, or you may not see it.")
		}
		c.ArticleID = &in.ArticleID
	case "draft":
		return s.toArticle(ctx, c)
	default:
		if in.KnowledgeNote == "" {
			return errs.Bad("knowledge_note", "Say why there is nothing to learn.")
		}
		c.KnowledgeNote = in.KnowledgeNote
	}
	return nil
}

// toArticle drafts a knowledge article from the case.
func (s *Cases) toArticle(ctx context.Context, c *Case) error {
	a := &Article{Title: c.Subject, Symptom: c.Description, Solution: c.Solution, Category: c.Category, ProductID: c.ProductID, CaseID: &c.ID}
	a.OwnerID = authz.Actor(ctx)
	if err := s.Articles.Type.Create(ctx, a); err != nil {
		return fmt.Errorf("draft article: %w", err)
	}
	c.ArticleID = &a.ID
	return nil
}

// close ends a case that is solved.
func (s *Cases) close(ctx context.Context, c *Case) error {
	return s.Bus.Publish(ctx, itr.CaseClosed{Case: s.Type.Ref(c.ID), Customer: c.customer(), Reopened: c.ReopenCount})
}

// reopen takes up again what was not solved. The clock goes on where it stopped; the
// time in between is no work of ours. An open survey asks no longer.
func (s *Cases) reopen(ctx context.Context, c *Case) error {
	now := s.Now()
	if c.lateFor(now) {
		return errs.New(errs.Precondition, "Resolved more than {0} days ago; open a new case.", int(reopenLimit/(24*time.Hour)))
	}
	c.ReopenCount++
	c.ResolvedAt = nil
	if err := s.Surveys.expireOf(ctx, c.ID); err != nil {
		return err
	}
	return s.Clocks.act(ctx, c, ClockEvent{Kind: Resolution, Act: ActReopen, At: now})
}

// lateFor reports whether the case was resolved too long ago to be reopened.
func (c *Case) lateFor(now time.Time) bool {
	return c.ResolvedAt != nil && now.Sub(*c.ResolvedAt) > reopenLimit
}

// CloseSilent closes the resolved cases whose customer has said nothing for five
// working days, and ends the surveys nobody answered in time; a job calls it. It
// returns how many cases it closed.
func (s *Cases) CloseSilent(ctx context.Context) (int, error) {
	ctx = authz.System(ctx, "silence of the customer")
	if err := s.Surveys.expireLate(ctx); err != nil {
		return 0, err
	}
	list, err := s.Store.Find(ctx, record.Where("stage", record.Eq, string(Resolved)))
	if err != nil {
		return 0, fmt.Errorf("resolved cases: %w", err)
	}
	n := 0
	for _, c := range list {
		if c.ResolvedAt == nil || s.Desk.Calendar(c.CompanyID).AddDays(*c.ResolvedAt, silenceDays).After(s.Now()) {
			continue
		}
		err := s.Type.Fire(ctx, c.ID, "close", nil)
		if errs.Is(err, errs.Precondition) {
			continue // somebody was quicker
		}
		if err != nil {
			return n, fmt.Errorf("close case %d: %w", c.ID, err)
		}
		n++
	}
	return n, nil
}
