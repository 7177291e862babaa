package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/i18n"
)

// Fresh is what the first start made.
type Fresh struct {
	Company  int64
	Admin    int64
	Password string // of admin, when the program chose it
}

// bootstrap gives an empty database its company, its root department and the user
// admin, who holds every permission at scope all. Four eyes bind admin too.
func (p *Platform) bootstrap(ctx context.Context) (Fresh, error) {
	var f Fresh
	err := p.DB.Tx(ctx, func(ctx context.Context) error {
		if err := p.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('meridian bootstrap'))`); err != nil {
			return err
		}
		var n int
		if _, err := p.DB.Row(ctx, `SELECT count(*) FROM core.company`, nil, &n); err != nil || n > 0 {
			return err
		}
		cfg := p.Config
		if _, err := p.DB.Row(ctx, `INSERT INTO core.company (no, company_id, created_at, updated_at, name, name_en, currency, lang, tz)
			VALUES ('C01', 0, now(), now(), $1, $1, $2, $3, $4) RETURNING id`, []any{cfg.Company, cfg.Currency, cfg.Lang, cfg.TZ}, &f.Company); err != nil {
			return err
		}
		var dept int64
		if _, err := p.DB.Row(ctx, `INSERT INTO core.department (no, company_id, created_at, updated_at, name, branch) VALUES ('D001', $1, now(), now(), $2, true) RETURNING id`,
			[]any{f.Company, cfg.Company}, &dept); err != nil {
			return err
		}
		if _, err := p.DB.Row(ctx, `INSERT INTO core."user" (no, company_id, dept_id, created_at, updated_at, username, name, lang) VALUES ('U0001', $1, $2, now(), now(), 'admin', $3, $4) RETURNING id`,
			[]any{f.Company, dept, p.Text.Text(i18n.Lang(cfg.Lang), "Administrator"), cfg.Lang}, &f.Admin); err != nil {
			return err
		}
		for _, q := range []string{
			`UPDATE core.company SET company_id = id`,
			`UPDATE core.department SET manager_id = (SELECT id FROM core."user" WHERE username = 'admin')`,
			`INSERT INTO core.user_role (user_id, role) SELECT id, 'core.admin' FROM core."user" WHERE username = 'admin'`,
			`INSERT INTO core.sequence (company_id, series, period, next) SELECT id, x, '', 2 FROM core.company, unnest(ARRAY['core.department', 'core.user', 'core.company']) x`,
		} {
			if err := p.DB.Exec(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || f.Admin == 0 {
		return f, err
	}
	if err := p.Authz.Reload(ctx); err != nil {
		return f, err
	}
	password := p.Config.AdminPassword
	if password == "" {
		password = strings.ToLower(rand.Text()[:16])
		f.Password = password
	}
	ctx = authz.System(authz.With(ctx, p.Authn.Subject(f.Admin)), "first start")
	if err := p.Authn.SetPassword(ctx, f.Admin, password); err != nil {
		return f, fmt.Errorf("password of admin: %w", err)
	}
	return f, nil
}
