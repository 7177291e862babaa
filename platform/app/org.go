package app

import (
	"context"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/resource"
)

type (
	companyRecord    = org.CompanyRecord
	departmentRecord = org.DepartmentRecord
	userRecord       = org.UserRecord
)

// reloadLater takes new permissions and people into use when the transaction is
// committed; the listener tries again if that fails.
func (p *Platform) reloadLater(ctx context.Context) {
	db.AfterCommit(ctx, func() { _ = p.Authz.Reload(ctx) })
}

// declare registers the platform's own document types.
func (p *Platform) declare() {
	reload := p.reloadLater
	p.Companies = resource.Register(p.Types, &resource.Type[companyRecord]{
		Name: "core.company", Label: "Company", Plural: "Companies", Icon: "building", Number: "C{00}", NoCreate: true, NoOwner: true,
		Store: db.NewStore[companyRecord](p.DB, "core.company"),
		Title: func(c *companyRecord) string { return c.Name },
		Fields: resource.Fields[companyRecord]{
			resource.Text("name", "Name", func(c *companyRecord) *string { return &c.Name }).Required().InList().Search(),
			resource.Text("name_en", "Name in English", func(c *companyRecord) *string { return &c.NameEn }),
			resource.Text("tax_no", "Tax number", func(c *companyRecord) *string { return &c.TaxNo }).InList(),
			resource.Text("address", "Address", func(c *companyRecord) *string { return &c.Address }),
			resource.Text("phone", "Phone", func(c *companyRecord) *string { return &c.Phone }),
			resource.Text("bank", "Bank account", func(c *companyRecord) *string { return &c.Bank }),
			resource.Text("currency", "Base currency", func(c *companyRecord) *string { return &c.Currency }).ReadOnly().InList(),
			resource.Enum("lang", "Language", func(c *companyRecord) *string { return &c.Lang }, languages...),
			resource.Text("tz", "Time zone", func(c *companyRecord) *string { return &c.TZ }).ReadOnly(),
			resource.Int("export_rows", "Records a person may export without asking", func(c *companyRecord) *int { return &c.ExportRows }).Hint("More need the approval of the manager. 0: any number."),
			resource.Int("reveal_per_day", "Records a person may reveal a day", func(c *companyRecord) *int { return &c.RevealPerDay }).Hint("Contact data shown in full for a reason. 0: any number."),
		},
		Check: org.CheckCompany,
		Saved: func(ctx context.Context, _, _ *companyRecord) error { reload(ctx); return nil },
	})
	p.Departments = resource.Register(p.Types, &resource.Type[departmentRecord]{
		Name: "core.department", Label: "Department", Plural: "Departments", Icon: "sitemap", Number: "D{000}", NoOwner: true,
		Store: db.NewStore[departmentRecord](p.DB, "core.department"),
		Title: func(d *departmentRecord) string { return d.Name },
		Fields: resource.Fields[departmentRecord]{
			resource.Text("name", "Name", func(d *departmentRecord) *string { return &d.Name }).Required().InList().Search().Filter(),
			resource.OptRef("parent_id", "Part of", func(d *departmentRecord) **int64 { return &d.ParentID }, "core.department").InList().Filter(),
			resource.Bool("branch", "Head of a branch", func(d *departmentRecord) *bool { return &d.Branch }).InList().Filter(),
			resource.Ref("manager_id", "Manager", func(d *departmentRecord) *int64 { return &d.ManagerID }, "core.user").InList(),
		},
		Saved:    func(ctx context.Context, _, _ *departmentRecord) error { reload(ctx); return nil },
		Imported: func(ctx context.Context, _ *departmentRecord) error { reload(ctx); return nil },
		Removed:  func(ctx context.Context, _ *departmentRecord) error { reload(ctx); return nil },
	})
	p.Users = resource.Register(p.Types, &resource.Type[userRecord]{
		Name: "core.user", Label: "User", Plural: "Users", Icon: "users", Number: "U{0000}", NoOwner: true,
		Store: db.NewStore[userRecord](p.DB, "core.user"),
		Title: func(u *userRecord) string { return u.Name },
		Default: func(_ context.Context, u *userRecord) error {
			u.Active, u.Mail, u.Lang = true, true, p.Config.Lang
			return nil
		},
		Check: org.CheckUser,
		Fields: resource.Fields[userRecord]{
			resource.Text("username", "User name", func(u *userRecord) *string { return &u.Username }).Required().InList().Search().Filter().Limit(60),
			resource.Text("name", "Name", func(u *userRecord) *string { return &u.Name }).Required().InList().Search().Filter(),
			resource.Text("title", "Position", func(u *userRecord) *string { return &u.Title }).InList(),
			resource.Ref("dept_id", "Department", func(u *userRecord) *int64 { return &u.DeptID }, "core.department").Required().InList().Filter(),
			resource.Ref("manager_id", "Manager", func(u *userRecord) *int64 { return &u.ManagerID }, "core.user"),
			resource.Text("email", "E-mail", func(u *userRecord) *string { return &u.Email }).InList().Search(),
			resource.Text("phone", "Phone", func(u *userRecord) *string { return &u.Phone }).Contact(),
			resource.Money("approve_limit", "Approval limit", func(u *userRecord) *money.Amount { return &u.ApproveLimit }),
			resource.Enum("lang", "Language", func(u *userRecord) *string { return &u.Lang }, languages...),
			resource.Bool("mail", "Notices by mail", func(u *userRecord) *bool { return &u.Mail }),
			resource.Bool("active", "Active", func(u *userRecord) *bool { return &u.Active }).InList().Filter(),
		},
		Saved: func(ctx context.Context, u, before *userRecord) error {
			reload(ctx)
			return p.mayLeave(ctx, u, before)
		},
		Imported: func(ctx context.Context, _ *userRecord) error { reload(ctx); return nil }, // who came in by a file may own what the next one brings
	})
}

// mayLeave refuses to close the account of somebody who still owns open work: it would
// lie with nobody.
func (p *Platform) mayLeave(ctx context.Context, u, before *userRecord) error {
	if before == nil || !before.Active || u.Active {
		return nil
	}
	held, err := p.Types.Held(ctx, u.ID)
	if err != nil || len(held) == 0 {
		return err
	}
	list := make([]string, len(held))
	for i, h := range held {
		list[i] = i18n.T(ctx, "{0}: {1}", h.Plural, h.N)
	}
	return errs.Bad("active", "{0} still owns open work ({1}). Hand it over with a transfer order first.", u.Name, strings.Join(list, "; "))
}

var languages = []resource.Option{{Value: "zh", Label: "Chinese"}, {Value: "en", Label: "English"}}

// SetPrefs keeps what a person chooses for their own account.
func (p *Platform) SetPrefs(ctx context.Context, user int64, lang string, mail bool) error {
	_, err := p.Users.Update(authz.System(ctx, "own profile"), user, func(u *userRecord) error {
		u.Lang, u.Mail = lang, mail
		return nil
	})
	return err
}
