package authz

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"time"

	"meridian/platform/db"
	"meridian/platform/errs"
)

// Seed writes the default roles of a CSV (role,label,object,action,scope) that the
// database does not know yet. Roles it knows belong to the admins and stay as they are.
func (a *Authz) Seed(ctx context.Context, r io.Reader) error {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return fmt.Errorf("read default roles: %w", err)
	}
	return a.db.Tx(ctx, func(ctx context.Context) error {
		known := map[string]bool{}
		have, err := db.Select[struct{ Code string }](ctx, a.db, `SELECT code FROM core.role`)
		if err != nil {
			return err
		}
		for _, h := range have {
			known[h.Code] = true
		}
		made := map[string]bool{}
		for _, row := range rows[1:] {
			role, label, object, action, scope := row[0], row[1], row[2], row[3], row[4]
			if known[role] {
				continue
			}
			if scopes[scope] == none {
				return fmt.Errorf("default roles: %s has unknown scope %q", role, scope)
			}
			if !made[role] {
				made[role] = true
				if err := a.db.Exec(ctx, `INSERT INTO core.role (code, label) VALUES ($1, $2)`, role, label); err != nil {
					return err
				}
			}
			if err := a.db.Exec(ctx, `INSERT INTO core.policy_rule (role, object, action, scope) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, role, object, action, scope); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetRoles gives a user exactly these roles. The last holder of core.admin keeps
// it. Errors: Invalid (unknown role), Precondition.
func (a *Authz) SetRoles(ctx context.Context, user int64, roles []string) error {
	roles = append([]string{}, roles...) // a nil slice would be NULL, which matches nothing
	err := a.db.Tx(ctx, func(ctx context.Context) error {
		for _, role := range roles {
			if ok, err := a.db.Row(ctx, `SELECT 1 FROM core.role WHERE code = $1`, []any{role}, new(int)); err != nil || !ok {
				return errs.Bad("roles", "There is no role {0}.", role)
			}
		}
		if err := a.db.Exec(ctx, `DELETE FROM core.user_role WHERE user_id = $1 AND NOT role = ANY($2)`, user, roles); err != nil {
			return err
		}
		for _, role := range roles {
			if err := a.db.Exec(ctx, `INSERT INTO core.user_role (user_id, role, granted_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, user, role, Actor(ctx)); err != nil {
				return err
			}
		}
		if slices.Contains(roles, "core.admin") {
			return nil
		}
		var left int
		if _, err := a.db.Row(ctx, `SELECT count(*) FROM core.user_role r JOIN core."user" u ON u.id = r.user_id WHERE role = 'core.admin' AND u.active`, nil, &left); err != nil {
			return err
		}
		if left == 0 {
			return errs.New(errs.Precondition, "The last administrator cannot lose the role.")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if db.InTx(ctx) {
		db.AfterCommit(ctx, func() { _ = a.Reload(ctx) }) // the listener tries again if this fails
		return nil
	}
	return a.Reload(ctx)
}

// Grant is a role a person was given.
type Grant struct {
	Role      string
	GrantedBy int64 // 0 = the program
	GrantedAt time.Time
	Until     *time.Time
}

// Grants lists the roles a person was given, those that have ended too.
func (a *Authz) Grants(ctx context.Context, user int64) ([]Grant, error) {
	return db.Select[Grant](ctx, a.db, `SELECT role, granted_by, granted_at, until FROM core.user_role WHERE user_id = ? ORDER BY role`, user)
}

// Rule is one row of the role matrix.
type Rule struct{ Object, Action, Scope string }

// Rules lists the rules of a role.
func (a *Authz) Rules(ctx context.Context, role string) ([]Rule, error) {
	return db.Select[Rule](ctx, a.db, `SELECT object, action, scope FROM core.policy_rule WHERE role = ? ORDER BY object, action`, role)
}

// Role is a role with how many people hold it.
type Role struct {
	Code, Label string
	Holders     int
}

// AllRoles lists the roles.
func (a *Authz) AllRoles(ctx context.Context) ([]Role, error) {
	return db.Select[Role](ctx, a.db, `SELECT code, label, (SELECT count(*) FROM core.user_role u WHERE u.role = r.code) AS holders FROM core.role r ORDER BY code`)
}

// SetRule sets the scope of one permission of a role; scope "none" takes it away.
func (a *Authz) SetRule(ctx context.Context, role, object, action, scope string) error {
	if scope == "none" {
		return a.db.Exec(ctx, `DELETE FROM core.policy_rule WHERE role = $1 AND object = $2 AND action = $3`, role, object, action)
	}
	if scopes[scope] == none {
		return errs.Bad("scope", "There is no scope {0}.", scope)
	}
	return a.db.Exec(ctx, `INSERT INTO core.policy_rule (role, object, action, scope) VALUES ($1, $2, $3, $4)
		ON CONFLICT (role, object, action) DO UPDATE SET scope = $4`, role, object, action, scope)
}
