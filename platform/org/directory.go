// Package org knows the people: who works where, who leads whom. It keeps an
// immutable directory in memory that is swapped whole when people change, and
// declares the document types company, department and user.
package org

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"meridian/platform/db"
)

// Person is one user in the directory.
type Person struct {
	ID, Company, Dept, Manager         int64
	Username, Name, Email, Title, Lang string
	Theme                              string
	Active, Mail                       bool // Mail: wants notices by mail too
	ApproveLimit                       string
	Roles                              []string // valid now
}

// Department is one node of the tree.
type Department struct {
	ID, Parent, Manager, Company int64
	Name, Path                   string
	Branch                       bool
}

// Company is one legal entity with the settings its documents follow.
type Company struct {
	ID                                              int64
	Code, Name, NameEn, TaxNo, Address, Phone, Bank string
	Currency, Lang                                  string
	Location                                        *time.Location
	Calendar                                        []byte
}

// Directory is everybody at one moment. It is immutable.
type Directory struct {
	People      map[int64]*Person
	Departments map[int64]*Department
	Companies   map[int64]*Company
	byName      map[string]*Person
}

// Load reads the directory.
func Load(ctx context.Context, d *db.DB) (*Directory, error) {
	dir := &Directory{People: map[int64]*Person{}, Departments: map[int64]*Department{}, Companies: map[int64]*Company{}, byName: map[string]*Person{}}
	err := d.Each(ctx, `SELECT id, no, name, name_en, tax_no, address, phone, bank, currency, lang, tz, calendar FROM core.company ORDER BY id`, nil, func(r *sql.Rows) error {
		var c Company
		var tz string
		if err := r.Scan(&c.ID, &c.Code, &c.Name, &c.NameEn, &c.TaxNo, &c.Address, &c.Phone, &c.Bank, &c.Currency, &c.Lang, &tz, &c.Calendar); err != nil {
			return err
		}
		loc, err := time.LoadLocation(tz)
		if err != nil {
			return fmt.Errorf("time zone of company %s: %w", c.Code, err)
		}
		c.Location = loc
		dir.Companies[c.ID] = &c
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load companies: %w", err)
	}
	err = d.Each(ctx, `SELECT id, coalesce(parent_id, 0), manager_id, company_id, name, path, branch FROM core.department`, nil, func(r *sql.Rows) error {
		var x Department
		if err := r.Scan(&x.ID, &x.Parent, &x.Manager, &x.Company, &x.Name, &x.Path, &x.Branch); err != nil {
			return err
		}
		dir.Departments[x.ID] = &x
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load departments: %w", err)
	}
	err = d.Each(ctx, `SELECT u.id, u.company_id, u.dept_id, u.manager_id, u.username, u.name, u.email, u.title, u.lang, u.theme, u.mail, u.active AND u.archived_at IS NULL, u.approve_limit::text,
		coalesce((SELECT string_agg(role, ',' ORDER BY role) FROM core.user_role r WHERE r.user_id = u.id AND (until IS NULL OR until > now())), '') FROM core."user" u`, nil, func(r *sql.Rows) error {
		var p Person
		var roles string
		if err := r.Scan(&p.ID, &p.Company, &p.Dept, &p.Manager, &p.Username, &p.Name, &p.Email, &p.Title, &p.Lang, &p.Theme, &p.Mail, &p.Active, &p.ApproveLimit, &roles); err != nil {
			return err
		}
		if roles != "" {
			p.Roles = strings.Split(roles, ",")
		}
		dir.People[p.ID] = &p
		dir.byName[strings.ToLower(p.Username)] = &p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load users: %w", err)
	}
	return dir, nil
}

// Name returns the name of a person, "" when unknown.
func (d *Directory) Name(id int64) string {
	if p := d.People[id]; p != nil {
		return p.Name
	}
	return ""
}

// ByUsername finds a person by sign-in name, without case.
func (d *Directory) ByUsername(s string) (*Person, bool) {
	p, ok := d.byName[strings.ToLower(s)]
	return p, ok
}

// Subtree returns dept and every department below it.
func (d *Directory) Subtree(dept int64) []int64 {
	root := d.Departments[dept]
	if root == nil {
		return nil
	}
	var out []int64
	for id, x := range d.Departments {
		if strings.HasPrefix(x.Path, root.Path) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// BranchOf returns the head department of the branch dept belongs to, else the root.
func (d *Directory) BranchOf(dept int64) int64 {
	for x := d.Departments[dept]; x != nil; x = d.Departments[x.Parent] {
		if x.Branch || x.Parent == 0 {
			return x.ID
		}
	}
	return dept
}

// Above returns dept and its parents up to the root.
func (d *Directory) Above(dept int64) []int64 {
	var out []int64
	for x := d.Departments[dept]; x != nil; x = d.Departments[x.Parent] {
		out = append(out, x.ID)
	}
	return out
}

// ManagerOf returns the n-th manager above a person: the person's own manager,
// else the head of the department or of one above; 0 when there is none.
func (d *Directory) ManagerOf(id int64, level int) int64 {
	seen := map[int64]bool{id: true}
	for range max(level, 1) {
		next := d.above(id)
		if next == 0 || seen[next] {
			return 0
		}
		seen[next] = true
		id = next
	}
	return id
}

func (d *Directory) above(id int64) int64 {
	p := d.People[id]
	if p == nil {
		return 0
	}
	if m := d.People[p.Manager]; m != nil && m.Active && m.ID != id {
		return m.ID
	}
	for _, dept := range d.Above(p.Dept) {
		if m := d.People[d.Departments[dept].Manager]; m != nil && m.Active && m.ID != id {
			return m.ID
		}
	}
	return 0
}

// Holders returns the active people who hold role in dept or below it; with climb,
// those of the nearest department above that has any.
func (d *Directory) Holders(role string, company, dept int64, climb bool) []int64 {
	depts := d.Above(dept)
	if len(depts) == 0 {
		return d.holdersIn(role, company, nil)
	}
	for i, x := range depts {
		if i > 0 && !climb {
			break
		}
		if out := d.holdersIn(role, company, d.Subtree(x)); len(out) > 0 {
			return out
		}
	}
	if climb {
		return d.holdersIn(role, company, nil)
	}
	return nil
}

// holdersIn filters by departments; nil means the whole company.
func (d *Directory) holdersIn(role string, company int64, depts []int64) []int64 {
	var out []int64
	for id, p := range d.People {
		if p.Active && (company == 0 || p.Company == company) && slices.Contains(p.Roles, role) && (depts == nil || slices.Contains(depts, p.Dept)) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
