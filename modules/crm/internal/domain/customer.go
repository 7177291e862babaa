// Package domain holds the rules of customer relationship management.
package domain

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Customer is one company or person we sell to.
type Customer struct {
	record.Base
	Stage       crm.Lifecycle
	Kind        string
	Name        string
	NameKey     string // normalised, for finding duplicates
	TaxNo       string
	Industry    string
	Size        string
	Source      string
	Region      string
	Tier        string
	Phone       string
	Email       string
	Website     string
	Address     string
	ParentID    *int64
	CreditLimit money.Amount // base currency; 0 = no credit: prepaid only
	PaymentDays int
	Note        string

	PhoneKey     string // digits, for finding duplicates
	PhoneOK      bool   `gorm:"column:phone_ok"`
	MailDomain   string
	TaxOK        bool   `gorm:"column:tax_ok"`
	NameCode     string // NameKey for the trigrams of the database
	DistinctOK   bool   `gorm:"column:distinct_ok"` // somebody confirmed that it is no duplicate
	FirstWay     string // how the first contact was made
	ReferrerID   *int64
	CoreNeed     string
	NeedPriority string
	NeedFit      string // how well we meet the need: high, medium, low
	Tags         string
	Preferences  string
	Class        string // value class, computed
	Completeness int    // percent, computed
	LastTouchAt  *time.Time
	MergedInto   *int64
	PoolID       *int64 // waits for an owner
	PooledAt     *time.Time
	VerifiedOn   date.Date // phone, mail and address were proved
}

// Customers is the service behind the customer type.
type Customers struct {
	Store    record.Store[Customer]
	Contacts record.Store[Contact]
	Bus      *event.Bus
	Policies *Policies
	Authz    *authz.Authz
	Now      clock.Clock
	Tx       func(ctx context.Context, fn func(ctx context.Context) error) error
	Notify   func(ctx context.Context, n process.Notice) error

	Twins     Twins
	Merges    Merges
	Standards Standards
	Log       LifecycleLog
	Work      Work
	Pools     *Pools

	Type        *resource.Type[Customer]
	ContactType *resource.Type[Contact]
}

// check fills the normalised name and refuses what cannot be right.
func (s *Customers) check(ctx context.Context, c *Customer) error {
	c.NameKey = NormaliseName(c.Name)
	c.NameCode = NameCode(c.NameKey)
	c.TaxNo = normaliseTax(c.TaxNo)
	c.TaxOK, c.PhoneKey, c.PhoneOK, c.MailDomain = TaxOK(c.TaxNo), PhoneKey(c.Phone), PhoneOK(c.Phone), MailDomain(c.Email)
	var bad []errs.Field
	if c.CreditLimit.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "credit_limit", Message: "A limit cannot be negative."})
	}
	if c.PaymentDays < 0 || c.PaymentDays > 365 {
		bad = append(bad, errs.Field{Name: "payment_days", Message: "Between {0} and {1} days.", Args: []any{0, 365}})
	}
	if c.Email != "" && !strings.Contains(c.Email, "@") {
		bad = append(bad, errs.Field{Name: "email", Message: "This is no e-mail address."})
	}
	if c.ParentID != nil && c.ID != 0 && *c.ParentID == c.ID {
		bad = append(bad, errs.Field{Name: "parent_id", Message: "A customer cannot be its own parent."})
	}
	if c.VerifiedOn.After(s.today(c.CompanyID)) {
		bad = append(bad, errs.Field{Name: "verified_on", Message: "This day is still to come."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// checkChange refuses what somebody may not change, and a customer we have already.
func (s *Customers) checkChange(ctx context.Context, c, before *Customer) error {
	if before != nil && before.Waits() && s.Pools.claims(ctx, before) {
		return errs.New(errs.Precondition, "Claim the customer before you change it.")
	}
	return s.refuseTwin(ctx, c, before)
}

// saved keeps what follows from the fields of a customer.
func (s *Customers) saved(ctx context.Context, c, before *Customer) error {
	if c.ArchivedAt != nil {
		return nil
	}
	if err := s.Pools.moved(ctx, c, before); err != nil {
		return err
	}
	if err := s.keepTwins(ctx, c, before); err != nil {
		return err
	}
	if all, ok := ctx.Value(together{}).(*changedTogether); ok {
		all.changed = append(all.changed, c.ID)
		return nil
	}
	return s.Standards.Refresh(ctx, c.CompanyID, []int64{c.ID})
}

type together struct{}

// changedTogether are customers changed in one go, and those of them that left a pool.
type changedTogether struct{ changed, taken []int64 }

// together changes many customers of a company in the transaction of ctx; at the end their
// completeness is measured and their people go to the new owners, once for all.
func (s *Customers) together(ctx context.Context, company int64, change func(ctx context.Context) error) error {
	var all changedTogether
	if err := change(context.WithValue(ctx, together{}, &all)); err != nil || len(all.changed) == 0 {
		return err
	}
	if len(all.taken) > 0 {
		if err := s.Pools.Views.ShowContacts(ctx, all.taken...); err != nil {
			return err
		}
	}
	return s.Standards.Refresh(ctx, company, all.changed)
}

// imported measures what a file says of a customer; twins of history are found by the
// weekly scan.
func (s *Customers) imported(ctx context.Context, c *Customer) error {
	return s.Standards.Refresh(ctx, c.CompanyID, []int64{c.ID})
}

func normaliseTax(s string) string { return strings.ToUpper(strings.ReplaceAll(s, " ", "")) }

// legalForms are words of a name that do not tell two companies apart.
var legalForms = []string{"有限责任公司", "股份有限公司", "有限公司", "公司", "集团", "limited", "ltd", "inc", "corp", "corporation", "company", "co", "llc", "gmbh", "ag", "sa", "plc"}

// NormaliseName drops case, punctuation and legal forms, so that "Acme Co., Ltd."
// and "ACME" meet.
func NormaliseName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for len(words) > 1 && isLegalForm(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	key := strings.Join(words, "")
	for _, f := range legalForms[:5] {
		if t := strings.TrimSuffix(key, f); t != key && t != "" {
			key = t
		}
	}
	return key
}

func isLegalForm(w string) bool {
	for _, f := range legalForms {
		if w == f {
			return true
		}
	}
	return false
}

// Customer implements crm.Customers.
func (s *Customers) Customer(ctx context.Context, id crm.CustomerID) (crm.Customer, error) {
	c, err := s.Resolve(ctx, id)
	if err != nil {
		return crm.Customer{}, fmt.Errorf("customer %d: %w", id, err)
	}
	return crm.Customer{ID: crm.CustomerID(c.ID), No: c.No, Name: c.Name, TaxNo: c.TaxNo, Address: c.Address, Phone: c.Phone, Email: c.Email,
		Owner: c.OwnerID, Dept: c.DeptID, PaymentDays: c.PaymentDays, Lifecycle: c.Stage, Tier: c.Tier}, nil
}

// Contact implements crm.Customers.
func (s *Customers) Contact(ctx context.Context, id crm.ContactID) (crm.Contact, error) {
	c, err := s.Contacts.Get(ctx, int64(id))
	if err != nil {
		return crm.Contact{}, fmt.Errorf("contact %d: %w", id, err)
	}
	return crm.Contact{ID: crm.ContactID(c.ID), Customer: c.CustomerID, Name: c.Name, Phone: c.Phone, Email: c.Email}, nil
}

// ContactByEmail implements crm.Customers.
func (s *Customers) ContactByEmail(ctx context.Context, email string) (crm.Contact, bool, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if email == "" {
		return crm.Contact{}, false, nil
	}
	rows, err := s.Contacts.Find(ctx, record.Query{Where: []record.Cond{{Col: "email_key", Op: record.Eq, Val: email}}, Limit: 2})
	if err != nil || len(rows) == 0 || (len(rows) == 2 && rows[0].CustomerID != rows[1].CustomerID) {
		return crm.Contact{}, false, err
	}
	c := rows[0]
	return crm.Contact{ID: crm.ContactID(c.ID), Customer: c.CustomerID, Name: c.Name, Phone: c.Phone, Email: c.Email}, true, nil
}

// Match implements crm.Customers.
func (s *Customers) Match(ctx context.Context, n crm.NewCustomer) (crm.CustomerID, bool, error) {
	var try []record.Query
	if tax := normaliseTax(n.TaxNo); tax != "" {
		try = append(try, record.Where("tax_no", record.Eq, tax))
	}
	if key := NormaliseName(n.Name); key != "" {
		try = append(try, record.Where("name_key", record.Eq, key))
	}
	for _, q := range try {
		c, err := s.Store.First(ctx, q)
		if err == nil {
			return crm.CustomerID(c.ID), true, nil
		}
		if !errs.Is(err, errs.NotFound) {
			return 0, false, err
		}
	}
	return 0, false, nil
}

// Ensure implements crm.Customers.
func (s *Customers) Ensure(ctx context.Context, n crm.NewCustomer, from trace.Ref) (crm.CustomerID, crm.ContactID, error) {
	id, ok, err := s.Match(ctx, n)
	if err != nil {
		return 0, 0, err
	}
	if !ok {
		c := &Customer{Kind: "company", Name: n.Name, TaxNo: n.TaxNo, Industry: n.Industry, Source: n.Source, Phone: n.Phone, Email: n.Email, PaymentDays: 30}
		c.OwnerID = n.Owner
		if err := s.Type.Create(ctx, c, from); err != nil {
			return 0, 0, fmt.Errorf("create customer: %w", err)
		}
		id = crm.CustomerID(c.ID)
	}
	if n.ContactName == "" {
		return id, 0, nil
	}
	contact, err := s.ensureContact(ctx, id, n)
	return id, contact, err
}

func (s *Customers) ensureContact(ctx context.Context, customer crm.CustomerID, n crm.NewCustomer) (crm.ContactID, error) {
	have, err := s.Contacts.First(ctx, record.Where("customer_id", record.Eq, int64(customer)).And("name", record.Eq, n.ContactName))
	if err == nil {
		return crm.ContactID(have.ID), nil
	}
	if !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	p := &Contact{CustomerID: customer, Name: n.ContactName, Title: n.ContactTitle, Phone: n.Phone, Email: n.Email}
	p.OwnerID = n.Owner
	if err := s.ContactType.Create(ctx, p); err != nil {
		return 0, fmt.Errorf("create contact: %w", err)
	}
	return crm.ContactID(p.ID), nil
}
