package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ArticleStage is the state of a knowledge article.
type ArticleStage string

// The stages of an article.
const (
	ArticleDraft     ArticleStage = "draft"
	ArticleInReview  ArticleStage = "in_review"
	ArticlePublished ArticleStage = "published"
	ArticleArchived  ArticleStage = "archived"
)

// Article is what we know about a symptom and what helps.
type Article struct {
	record.Base
	Stage     ArticleStage
	Title     string
	Symptom   string
	Solution  string
	Category  string
	ProductID *int64
	CaseID    *int64
}

// Articles is the service behind the article type.
type Articles struct {
	Store    record.Store[Article]
	Desk     Desk
	Launches ipd.Launches
	Type     *resource.Type[Article]
}

// publish is the four eyes of knowledge: whoever wrote an article or asked for its
// review does not review it.
func (s *Articles) publish(ctx context.Context, a *Article) error {
	if me := authz.Actor(ctx); me == a.CreatedBy || me == a.OwnerID || me == a.UpdatedBy {
		return errs.New(errs.Forbidden, "The author does not review the own article.")
	}
	return nil
}

// OnLaunched starts the knowledge of a launched product and takes the launch over;
// wire.go calls it from IPD's event.
func (s *Articles) OnLaunched(ctx context.Context, e ipd.Launched) error {
	ctx = s.Desk.As(ctx, s.Desk.Head(), "launch of "+e.Product.Ref().String())
	product := int64(e.Product)
	a := &Article{Title: e.Name, ProductID: &product}
	if err := s.Type.Create(ctx, a, e.Project); err != nil {
		return fmt.Errorf("knowledge of a launched product: %w", err)
	}
	return s.Launches.Acknowledge(ctx, e.Product, "itr", "")
}

// Declare returns the document type of the article.
func (s *Articles) Declare() *resource.Type[Article] {
	symptom := resource.LongText("symptom", "Symptom", func(a *Article) *string { return &a.Symptom }).Search()
	solution := resource.LongText("solution", "Solution", func(a *Article) *string { return &a.Solution }).Search()
	s.Type = &resource.Type[Article]{
		Name: "itr.article", Label: "Knowledge article", Plural: "Knowledge base", Icon: "book", Number: "KB-{000000}", Store: s.Store,
		Title: func(a *Article) string { return a.Title },
		Fields: resource.Fields[Article]{
			resource.Text("title", "Title", func(a *Article) *string { return &a.Title }).Required().InList().Search().Filter(),
			symptom, solution,
			resource.Enum("category", "Category", func(a *Article) *string { return &a.Category }, categories...).InList().Filter(),
			resource.OptRef("product_id", "Product", func(a *Article) **int64 { return &a.ProductID }, "ipd.product").InList().Filter().Source(),
			resource.OptRef("case_id", "Service case", func(a *Article) **int64 { return &a.CaseID }, "itr.case").Filter().Source(),
		},
		Process: resource.Process(func(a *Article) *ArticleStage { return &a.Stage },
			[]resource.Stage[ArticleStage]{
				{Key: ArticleDraft, Label: "Draft", Owner: "itr.agent", Class: process.Draft, Out: resource.Need(symptom, solution), Help: "Write what the customer sees and what helps, then ask somebody else to review it."},
				{Key: ArticleInReview, Label: "In review", Owner: "itr.engineer", Class: process.Open, Locked: true, Limit: 16 * time.Hour, Help: "Somebody who did not write it checks that it helps, and publishes it or sends it back."},
				{Key: ArticlePublished, Label: "Published", Wait: true, Class: process.Done, Locked: true, Help: "Everybody at the service desk finds it."},
				{Key: ArticleArchived, Label: "Archived", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Article, ArticleStage]{
				{Name: "submit", Label: "Ask for review", From: resource.From(ArticleDraft), To: ArticleInReview},
				{Name: "publish", Label: "Publish", From: resource.From(ArticleInReview), To: ArticlePublished, Do: resource.Do(s.publish)},
				{Name: "return", Label: "Send back", From: resource.From(ArticleInReview), To: ArticleDraft, Reason: true, Deviation: true},
				{Name: "revise", Label: "Revise", From: resource.From(ArticlePublished), To: ArticleDraft, Deviation: true},
				{Name: "archive", Label: "Archive", From: resource.From(ArticleDraft, ArticlePublished), To: ArticleArchived, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
