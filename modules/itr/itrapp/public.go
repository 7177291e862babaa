package itrapp

import (
	"context"

	"meridian/modules/itr/internal/domain"
	"meridian/platform/api"
	"meridian/platform/app"
)

// addPublic adds the operations people and programs outside call without signing in.
func addPublic(p *app.Platform, cases *domain.Cases, surveys *domain.Surveys) {
	api.Public(p.API, api.Op{ID: "itr.form.submit", Path: "/public/case", Summary: "Ask the service desk for help"}, domain.QuestionFields(),
		func(ctx context.Context, r *api.Request, in *domain.Question) (any, error) {
			return cases.Ask(ctx, r.Header.Get("Idempotency-Key"), in)
		})
	api.Public(p.API, api.Op{ID: "itr.form.write_on", Path: "/public/case/{token}", Summary: "Write on in a case by its token"}, domain.ContinuationFields(),
		func(ctx context.Context, r *api.Request, in *domain.Continuation) (any, error) {
			return cases.Continue(ctx, r.Path["token"], in)
		})
	api.Public(p.API, api.Op{ID: "itr.survey.answer", Path: "/public/survey/{token}", Summary: "Answer a satisfaction survey by its token, once"}, domain.VerdictFields(),
		func(ctx context.Context, r *api.Request, in *domain.Verdict) (any, error) {
			return surveys.Answer(ctx, r.Path["token"], in)
		})
	api.Public(p.API, api.Op{ID: "itr.mail.receive", Path: "/public/hook/mail", Summary: "Deliver a mail to the service desk; the body is signed", PerHour: 6000}, domain.MailFields(),
		func(ctx context.Context, r *api.Request, in *domain.Mail) (any, error) {
			if err := r.Signed(p.Config.WebhookSecret); err != nil {
				return nil, err
			}
			return cases.ReceiveMail(ctx, in)
		})
}
