package itrapp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"meridian/modules/itr/internal/domain"
	"meridian/platform/api"
	"meridian/platform/app"
	"meridian/platform/errs"
)

// signatureHeader carries the HMAC-SHA256 of the body in hexadecimal digits.
const signatureHeader = "X-Meridian-Signature"

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
	secret := p.Config.WebhookSecret
	api.Public(p.API, api.Op{ID: "itr.mail.receive", Path: "/public/hook/mail", Summary: "Deliver a mail to the service desk; the body is signed", PerHour: 6000}, domain.MailFields(),
		func(ctx context.Context, r *api.Request, in *domain.Mail) (any, error) {
			if err := verify(secret, r.Header.Get(signatureHeader), r.Body); err != nil {
				return nil, err
			}
			return cases.ReceiveMail(ctx, in)
		})
}

// verify makes sure the body was signed with the secret. Without a secret nobody can
// sign, so everything is refused.
func verify(secret, signature string, body []byte) error {
	if secret == "" {
		return errs.New(errs.Forbidden, "The mail web-hook is not set up: configure its secret first.")
	}
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		return errs.New(errs.Unauthorized, "The signature of the body is wrong.")
	}
	return nil
}
