package domain

import (
	"fmt"
	"strings"
	"time"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// DealMember is one person of the team behind a deal.
type DealMember struct {
	record.Line
	UserID int64
	Role   string
	Raci   string
	Split  money.Ratio // of the credit for the deal

	UntilOn date.Date // of a person who is lent
	LendID  *int64    // by which request
}

// DealCompetitor is one competitor met in a deal.
type DealCompetitor struct {
	record.Line
	Name     string
	NameKey  string // without case and space, for counting the same competitor
	Price    money.Amount
	Strategy string
	Threat   string
	Status   string
}

// DealContact is one person of the customer and where that person stands.
type DealContact struct {
	record.Line
	ContactID int64
	Role      string
	Attitude  string
	Influence string
	Note      string
}

// DealActivity is something done about a deal.
type DealActivity struct {
	record.Line
	Way       string
	Note      string
	ContactID *int64
	DoneAt    *time.Time
	ByUser    int64
}

// The lead of the deal team, whose credit is the rest.
const roleAR = "ar"

// dealRoles are the roles in a deal: account, solution, fulfilment, and who supports them.
func dealRoles() []resource.Option {
	return []resource.Option{
		{Value: roleAR, Label: "Account (AR)"}, {Value: "sr", Label: "Solution (SR)"}, {Value: "fr", Label: "Fulfilment (FR)"},
		{Value: "quality", Label: "Quality"}, {Value: "operations", Label: "Operations"}, {Value: "control", Label: "Internal control"},
		{Value: "authorisation", Label: "Authorisation"}, {Value: "finance", Label: "Finance"}, {Value: "partner", Label: "Partner manager"},
	}
}

func teamFields() resource.Fields[DealMember] {
	return resource.Fields[DealMember]{
		resource.Ref("user_id", "Person", func(m *DealMember) *int64 { return &m.UserID }, "core.user").Required(),
		resource.Enum("role", "Role in the deal", func(m *DealMember) *string { return &m.Role }, dealRoles()...).Required(),
		resource.Enum("raci", "Responsibility", func(m *DealMember) *string { return &m.Raci },
			resource.Option{Value: "r", Label: "Responsible"}, resource.Option{Value: "a", Label: "Accountable"}, resource.Option{Value: "c", Label: "Consulted"}, resource.Option{Value: "i", Label: "Informed"}),
		resource.Percent("split", "Share of the credit", func(m *DealMember) *money.Ratio { return &m.Split }),
		resource.Date("until_on", "Lent until", func(m *DealMember) *date.Date { return &m.UntilOn }).ReadOnly(),
	}
}

func competitorFields() resource.Fields[DealCompetitor] {
	level := levels()
	return resource.Fields[DealCompetitor]{
		resource.Text("name", "Competitor", func(c *DealCompetitor) *string { return &c.Name }).Required(),
		resource.Money("price", "Their price", func(c *DealCompetitor) *money.Amount { return &c.Price }),
		resource.Text("strategy", "Their strategy", func(c *DealCompetitor) *string { return &c.Strategy }).Limit(1000),
		resource.Enum("threat", "Threat", func(c *DealCompetitor) *string { return &c.Threat }, level...),
		resource.Enum("status", "State", func(c *DealCompetitor) *string { return &c.Status },
			resource.Option{Value: "active", Label: "In the race", Tone: "info"}, resource.Option{Value: "out", Label: "Dropped out", Tone: "neutral"},
			resource.Option{Value: "won", Label: "Won against us", Tone: "bad"}, resource.Option{Value: "beaten", Label: "Lost to us", Tone: "ok"}),
	}
}

func levels() []resource.Option {
	return []resource.Option{{Value: "high", Label: "High", Tone: "bad"}, {Value: "medium", Label: "Medium", Tone: "warn"}, {Value: "low", Label: "Low", Tone: "neutral"}}
}

func dealContactFields() resource.Fields[DealContact] {
	return resource.Fields[DealContact]{
		resource.Ref("contact_id", "Contact", func(c *DealContact) *int64 { return &c.ContactID }, "crm.contact").Required(),
		resource.Enum("role", "Role in the purchase", func(c *DealContact) *string { return &c.Role },
			resource.Option{Value: "decider", Label: "Decides"}, resource.Option{Value: "buyer", Label: "Buys"}, resource.Option{Value: "user", Label: "Uses"},
			resource.Option{Value: "influencer", Label: "Influences"}, resource.Option{Value: "coach", Label: "Coach"}, resource.Option{Value: "gatekeeper", Label: "Gatekeeper"}).Required(),
		resource.Enum("attitude", "Attitude", func(c *DealContact) *string { return &c.Attitude },
			resource.Option{Value: "for", Label: "For us", Tone: "ok"}, resource.Option{Value: "neutral", Label: "Neutral", Tone: "neutral"}, resource.Option{Value: "against", Label: "Against us", Tone: "bad"}),
		resource.Enum("influence", "Influence", func(c *DealContact) *string { return &c.Influence }, levels()...),
		resource.Text("note", "Note", func(c *DealContact) *string { return &c.Note }).Limit(500),
	}
}

// ways are how people are in touch with a customer.
func ways() []resource.Option {
	return []resource.Option{{Value: "call", Label: "Call"}, {Value: "visit", Label: "Visit"}, {Value: "meeting", Label: "Meeting"}, {Value: "mail", Label: "Mail"},
		{Value: "chat", Label: "Chat"}, {Value: "other", Label: "Other"}}
}

func activityFields() resource.Fields[DealActivity] {
	return resource.Fields[DealActivity]{
		resource.Time("done_at", "When", func(a *DealActivity) **time.Time { return &a.DoneAt }).ReadOnly(),
		resource.Enum("way", "Way", func(a *DealActivity) *string { return &a.Way }, ways()...).ReadOnly(),
		resource.Text("note", "What was done", func(a *DealActivity) *string { return &a.Note }).Limit(2000).ReadOnly(),
		resource.OptRef("contact_id", "Contact", func(a *DealActivity) **int64 { return &a.ContactID }, "crm.contact").ReadOnly(),
		resource.Ref("by_user", "By", func(a *DealActivity) *int64 { return &a.ByUser }, "core.user").ReadOnly(),
	}
}

// CompetitorKey is the name of a competitor without case and space, so that
// "Globex " and "GLOBEX" are one.
func CompetitorKey(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(name), ""))
}

// checkTeam holds the shares of the credit to 100 %: a team without shares leaves all
// of it to the owner of the deal.
func (o *Opportunity) checkTeam(people *org.Directory) (bad []errs.Field) {
	var sum money.Ratio
	seen := map[string]bool{}
	for i := range o.Team {
		m := &o.Team[i]
		at := fmt.Sprintf("team.%d.", i)
		if key := fmt.Sprint(m.UserID, m.Role); seen[key] {
			bad = append(bad, errs.Field{Name: at + "user_id", Message: "This person has this role in the deal already."})
		} else {
			seen[key] = true
		}
		if m.Split.Sign() < 0 {
			bad = append(bad, errs.Field{Name: at + "split", Message: "A share lies between 0 % and 100 %."})
		}
		if p := people.People[m.UserID]; p != nil && o.CompanyID != 0 && p.Company != o.CompanyID {
			bad = append(bad, errs.Field{Name: at + "user_id", Message: "This person does not work here."})
		}
		sum = sum.Add(m.Split)
	}
	if !sum.IsZero() && !sum.Equal(money.Units(1)) {
		bad = append(bad, errs.Field{Name: "team", Message: "The shares of the credit add up to {0}, not to 100 %.", Args: []any{percent(sum)}})
	}
	return bad
}

// checkCompetitors keys the competitors and refuses one named twice.
func (o *Opportunity) checkCompetitors() (bad []errs.Field) {
	seen := map[string]bool{}
	for i := range o.Competitors {
		c := &o.Competitors[i]
		at := fmt.Sprintf("competitors.%d.", i)
		c.NameKey = CompetitorKey(c.Name)
		if c.Threat == "" {
			c.Threat = "medium"
		}
		if c.Status == "" {
			c.Status = "active"
		}
		if c.NameKey != "" && seen[c.NameKey] {
			bad = append(bad, errs.Field{Name: at + "name", Message: "This competitor stands here already."})
		}
		seen[c.NameKey] = true
		if c.Price.Sign() < 0 {
			bad = append(bad, errs.Field{Name: at + "price", Message: "A price cannot be negative."})
		}
	}
	return bad
}

// checkContacts fills what was left open about the people of the customer.
func (o *Opportunity) checkContacts() (bad []errs.Field) {
	seen := map[int64]bool{}
	for i := range o.Contacts {
		c := &o.Contacts[i]
		if c.Attitude == "" {
			c.Attitude = "neutral"
		}
		if c.Influence == "" {
			c.Influence = "medium"
		}
		if c.ContactID != 0 && seen[c.ContactID] {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("contacts.%d.contact_id", i), Message: "This contact stands here already."})
		}
		seen[c.ContactID] = true
	}
	return bad
}

// rival finds the line of a competitor, adding one that was not met before.
func (o *Opportunity) rival(name string) *DealCompetitor {
	key := CompetitorKey(name)
	for i := range o.Competitors {
		if o.Competitors[i].NameKey == key {
			return &o.Competitors[i]
		}
	}
	o.Competitors = append(o.Competitors, DealCompetitor{Name: name, NameKey: key, Threat: "medium", Status: "active"})
	return &o.Competitors[len(o.Competitors)-1]
}
