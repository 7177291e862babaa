package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
)

// Why says what two customers have in common.
type Why string

// The signs of a duplicate, the surest first.
const (
	SameTax   Why = "tax_no"
	SamePhone Why = "phone"
	SameMail  Why = "mail"
	LikeName  Why = "name"
)

// Twin is a customer that may be the same as another.
type Twin struct {
	ID                          int64
	No, Name, NameKey           string
	OwnerID, DeptID, CompanyID  int64
	Why                         Why
	Score                       money.Ratio
	ParentID                    *int64
	TaxNo, PhoneKey, MailDomain string
}

// Base is what the row rules look at.
func (t *Twin) Base() *record.Base {
	return &record.Base{ID: t.ID, CompanyID: t.CompanyID, DeptID: t.DeptID, OwnerID: t.OwnerID}
}

// Twins finds and keeps suspected duplicates.
type Twins interface {
	// Candidates returns live customers of the same company that share tax number,
	// phone or mail domain with c, or whose name has much in common.
	Candidates(ctx context.Context, c *Customer) ([]Twin, error)
	// Unscanned returns live customers of a company above an id, in order.
	Unscanned(ctx context.Context, company, after int64, limit int) ([]int64, error)
	// Keep stores the suspicion that a customer is one of twins.
	Keep(ctx context.Context, id int64, twins []Twin) error
}

// twins returns the customers that may be c: equal tax number, phone or mail domain,
// or a name at least as alike as the policy says (CRM-01).
func (s *Customers) twins(ctx context.Context, c *Customer, alike money.Ratio) ([]Twin, error) {
	list, err := s.Twins.Candidates(authz.System(ctx, "duplicates"), c)
	if err != nil {
		return nil, err
	}
	var out []Twin
	for _, t := range list {
		if t.judge(c, alike) {
			out = append(out, t)
		}
	}
	return out, nil
}

// judge fills why t is a twin of c; false when it is none.
func (t *Twin) judge(c *Customer, alike money.Ratio) bool {
	family := t.ParentID != nil && *t.ParentID == c.ID || c.ParentID != nil && *c.ParentID == t.ID ||
		t.ParentID != nil && c.ParentID != nil && *t.ParentID == *c.ParentID
	t.Score = money.Int[money.Micro](1)
	switch {
	case c.TaxNo != "" && c.TaxNo == t.TaxNo:
		t.Why = SameTax
	case family: // companies of one group share phone, domain and much of the name
		return false
	case c.PhoneKey != "" && c.PhoneKey == t.PhoneKey:
		t.Why = SamePhone
	case c.MailDomain != "" && c.MailDomain == t.MailDomain:
		t.Why = SameMail
	default:
		t.Why, t.Score = LikeName, NameSimilarity(c.NameKey, t.NameKey)
		return !t.Score.Less(alike)
	}
	return true
}

// refuseTwin refuses a second record with the same tax number, and where the policy
// says so any that resembles one unless it was confirmed. Who may not see the other
// learns only that it exists and whose it is, which ends the race for customers
// without giving them away.
func (s *Customers) refuseTwin(ctx context.Context, c, before *Customer) error {
	if c.MergedInto != nil {
		return nil
	}
	// Only a number that is new is refused: old twins can still be worked on.
	if before != nil && (c.TaxNo == "" || c.TaxNo == before.TaxNo) {
		return nil
	}
	p, err := s.Policies.Of(ctx, c.CompanyID)
	if err != nil {
		return err
	}
	if c.TaxNo == "" && !p.RefuseSimilar {
		return nil
	}
	list, err := s.twins(ctx, c, p.NameSimilarity)
	if err != nil {
		return err
	}
	for i := range list {
		t := &list[i]
		switch {
		case t.Why == SameTax:
			return s.exists(ctx, "tax_no", t)
		case p.RefuseSimilar && !c.DistinctOK && c.ID == 0:
			return s.exists(ctx, "distinct_ok", t)
		}
	}
	return nil
}

func (s *Customers) exists(ctx context.Context, field string, t *Twin) error {
	if s.Authz.Covers(ctx, "crm.customer", "read", t.Base()) {
		return errs.Bad(field, "This customer exists already: {0} {1}.", t.No, t.Name)
	}
	dept := ""
	if d := s.Authz.Directory().Departments[t.DeptID]; d != nil {
		dept = d.Name
	}
	return errs.Bad(field, "This customer exists already; its owner works in {0}. Look the customer up and ask to join.", dept)
}

// keepTwins stores what a new or changed customer resembles.
func (s *Customers) keepTwins(ctx context.Context, c, before *Customer) error {
	if before != nil && before.NameKey == c.NameKey && before.PhoneKey == c.PhoneKey && before.MailDomain == c.MailDomain && before.TaxNo == c.TaxNo {
		return nil
	}
	p, err := s.Policies.Of(ctx, c.CompanyID)
	if err != nil {
		return err
	}
	list, err := s.twins(ctx, c, p.NameSimilarity)
	if err != nil || len(list) == 0 {
		return err
	}
	return s.Twins.Keep(ctx, c.ID, list)
}

// Resolve follows merges: the id under which a customer lives today.
func (s *Customers) Resolve(ctx context.Context, id crm.CustomerID) (*Customer, error) {
	for range 10 {
		c, err := s.Store.Get(ctx, int64(id))
		if err != nil || c.MergedInto == nil {
			return c, err
		}
		id = crm.CustomerID(*c.MergedInto)
	}
	return nil, errs.Missing()
}

// Like finds the customers of the actor's company that what somebody knows of a
// customer may be about, seen or not.
func (s *Customers) Like(ctx context.Context, name, taxNo, phone, email string) ([]Twin, error) {
	who, _ := authz.Of(ctx)
	c := &Customer{Base: record.Base{CompanyID: who.Company}, NameKey: NormaliseName(name), TaxNo: normaliseTax(taxNo), PhoneKey: PhoneKey(phone), MailDomain: MailDomain(email)}
	c.NameCode = NameCode(c.NameKey)
	p, err := s.Policies.Of(ctx, who.Company)
	if err != nil {
		return nil, err
	}
	return s.twins(ctx, c, p.NameSimilarity)
}

// Scan compares every customer of a company with the others and returns how many were
// compared. It works in steps, so that no transaction holds for long.
func (s *Customers) Scan(ctx context.Context, company int64) (n int, err error) {
	p, err := s.Policies.Of(ctx, company)
	if err != nil {
		return 0, err
	}
	after := int64(0)
	for {
		ids, err := s.Twins.Unscanned(ctx, company, after, 500)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		err = s.Tx(ctx, func(ctx context.Context) error {
			rows, err := s.Store.Many(ctx, ids)
			if err != nil {
				return err
			}
			for i := range rows {
				list, err := s.twins(ctx, &rows[i], p.NameSimilarity)
				if err != nil {
					return err
				}
				if err := s.Twins.Keep(ctx, rows[i].ID, list); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n, after = n+len(ids), ids[len(ids)-1]
	}
}
