package domain

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"meridian/modules/ipd"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ConfigFeature is one question about a product: colour, power, warranty.
type ConfigFeature struct {
	record.Line
	Code, Label    string
	MinOpt, MaxOpt int
}

// ConfigOption is one answer to a question, with what it does to price, cost and time.
type ConfigOption struct {
	record.Line
	Feature, Code, Label string
	Price, Cost          money.Price
	LeadDays             int
	Component            *int64
}

// ConfigRule binds two options: one requires the other, or excludes it.
type ConfigRule struct {
	record.Line
	Kind             string
	IfCode, ThenCode string
	Why              string
}

// ConfigModel says how a product may be configured.
type ConfigModel struct {
	record.Base
	Name      string
	ProductID ipd.ProductID
	Active    bool
	Features  []ConfigFeature `gorm:"-"`
	Options   []ConfigOption  `gorm:"-"`
	Rules     []ConfigRule    `gorm:"-"`
}

// ConfigModels is the service behind the configuration models.
type ConfigModels struct {
	*Ports
	Store record.Store[ConfigModel]
	Type  *resource.Type[ConfigModel]
}

// Declare returns the document type of the configuration models.
func (s *ConfigModels) Declare() *resource.Type[ConfigModel] {
	s.Type = &resource.Type[ConfigModel]{
		Name: "ltc.config_model", Label: "Configuration model", Plural: "Configuration models", Icon: "adjustments-horizontal", Number: "CM-{0000}", Store: s.Store, NoOwner: true, Check: s.check,
		Title:   func(m *ConfigModel) string { return m.Name },
		Default: func(_ context.Context, m *ConfigModel) error { m.Active = true; return nil },
		Fields: resource.Fields[ConfigModel]{
			resource.Text("name", "Name", func(m *ConfigModel) *string { return &m.Name }).Required().InList().Search(),
			resource.Ref("product_id", "Product", func(m *ConfigModel) *ipd.ProductID { return &m.ProductID }, "ipd.product").Required().InList().Filter(),
			resource.Bool("active", "In use", func(m *ConfigModel) *bool { return &m.Active }).InList().Filter(),
			resource.Lines("features", "Features", func(m *ConfigModel) *[]ConfigFeature { return &m.Features }, resource.Fields[ConfigFeature]{
				resource.Text("code", "Code", func(f *ConfigFeature) *string { return &f.Code }).Required().Limit(40),
				resource.Text("label", "Question", func(f *ConfigFeature) *string { return &f.Label }).Required(),
				resource.Int("min_opt", "At least", func(f *ConfigFeature) *int { return &f.MinOpt }),
				resource.Int("max_opt", "At most", func(f *ConfigFeature) *int { return &f.MaxOpt }).Hint("Empty: one."),
			}),
			resource.Lines("options", "Options", func(m *ConfigModel) *[]ConfigOption { return &m.Options }, resource.Fields[ConfigOption]{
				resource.Text("feature", "Feature", func(o *ConfigOption) *string { return &o.Feature }).Required().Limit(40),
				resource.Text("code", "Code", func(o *ConfigOption) *string { return &o.Code }).Required().Limit(40),
				resource.Text("label", "Answer", func(o *ConfigOption) *string { return &o.Label }).Required(),
				resource.Price("price", "Extra price", func(o *ConfigOption) *money.Price { return &o.Price }),
				resource.Price("cost", "Extra cost", func(o *ConfigOption) *money.Price { return &o.Cost }).Sensitive(),
				resource.Int("lead_days", "Lead time in days", func(o *ConfigOption) *int { return &o.LeadDays }),
				resource.OptRef("component", "Component", func(o *ConfigOption) **int64 { return &o.Component }, "ipd.product"),
			}),
			resource.Lines("rules", "Rules", func(m *ConfigModel) *[]ConfigRule { return &m.Rules }, resource.Fields[ConfigRule]{
				resource.Text("if_code", "Option", func(r *ConfigRule) *string { return &r.IfCode }).Required().Limit(40),
				resource.Enum("kind", "Rule", func(r *ConfigRule) *string { return &r.Kind }, resource.Option{Value: "requires", Label: "Requires"}, resource.Option{Value: "excludes", Label: "Excludes"}).Required(),
				resource.Text("then_code", "Other option", func(r *ConfigRule) *string { return &r.ThenCode }).Required().Limit(40),
				resource.Text("why", "Why", func(r *ConfigRule) *string { return &r.Why }).Limit(500),
			}),
		},
	}
	return s.Type
}

// option finds an option by code; nil if there is none.
func (m *ConfigModel) option(code string) *ConfigOption {
	for i := range m.Options {
		if m.Options[i].Code == code {
			return &m.Options[i]
		}
	}
	return nil
}

func (s *ConfigModels) check(_ context.Context, m *ConfigModel) error {
	var bad []errs.Field
	at := func(name, message string, args ...any) {
		bad = append(bad, errs.Field{Name: name, Message: message, Args: args})
	}
	for i := range m.Features {
		f := &m.Features[i]
		if f.MaxOpt == 0 {
			f.MaxOpt = 1
		}
		if f.MinOpt < 0 || f.MaxOpt < f.MinOpt {
			at(fmt.Sprintf("features.%d.max_opt", i), "The end must lie above the start.")
		}
		if slices.ContainsFunc(m.Features[:i], func(o ConfigFeature) bool { return o.Code == f.Code }) {
			at(fmt.Sprintf("features.%d.code", i), "This code is taken.")
		}
	}
	for i := range m.Options {
		o := &m.Options[i]
		if !slices.ContainsFunc(m.Features, func(f ConfigFeature) bool { return f.Code == o.Feature }) {
			at(fmt.Sprintf("options.%d.feature", i), "There is no feature {0}.", o.Feature)
		}
		if strings.ContainsAny(o.Code, ", ") {
			at(fmt.Sprintf("options.%d.code", i), "A code holds neither comma nor space.")
		}
		if slices.ContainsFunc(m.Options[:i], func(x ConfigOption) bool { return x.Code == o.Code }) {
			at(fmt.Sprintf("options.%d.code", i), "This code is taken.")
		}
	}
	for i, r := range m.Rules {
		if m.option(r.IfCode) == nil {
			at(fmt.Sprintf("rules.%d.if_code", i), "There is no option {0}.", r.IfCode)
		}
		if m.option(r.ThenCode) == nil || r.IfCode == r.ThenCode {
			at(fmt.Sprintf("rules.%d.then_code", i), "There is no option {0}.", r.ThenCode)
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Why says why something does not fit; a sentence with its arguments.
type Why struct {
	Text string
	Args []any
}

// Blocked says why an option cannot be added to chosen ones; nil when it can.
func (m *ConfigModel) Blocked(chosen []string, code string) *Why {
	o := m.option(code)
	if o == nil {
		return &Why{"There is no option {0}.", []any{code}}
	}
	for _, r := range m.Rules {
		if r.Kind != "excludes" {
			continue
		}
		other := ""
		if r.IfCode == code && slices.Contains(chosen, r.ThenCode) {
			other = r.ThenCode
		}
		if r.ThenCode == code && slices.Contains(chosen, r.IfCode) {
			other = r.IfCode
		}
		if x := m.option(other); x != nil {
			return &Why{"{0} does not go with {1}. {2}", []any{o.Label, x.Label, r.Why}}
		}
	}
	return nil
}

// Problems says what is wrong with a set of options: unknown ones, too few or too many
// answers, broken rules.
func (m *ConfigModel) Problems(chosen []string) (out []Why) {
	for i, c := range chosen {
		if slices.Contains(chosen[:i], c) {
			out = append(out, Why{"{0} is chosen twice.", []any{c}})
		}
		if w := m.Blocked(chosen[:i], c); w != nil {
			out = append(out, *w)
		}
	}
	for _, f := range m.Features {
		n := 0
		for _, c := range chosen {
			if o := m.option(c); o != nil && o.Feature == f.Code {
				n++
			}
		}
		if n < f.MinOpt {
			out = append(out, Why{"{0}: choose at least {1}.", []any{f.Label, f.MinOpt}})
		}
		if n > f.MaxOpt {
			out = append(out, Why{"{0}: choose at most {1}.", []any{f.Label, f.MaxOpt}})
		}
	}
	for _, r := range m.Rules {
		if r.Kind == "requires" && slices.Contains(chosen, r.IfCode) && !slices.Contains(chosen, r.ThenCode) {
			if a, b := m.option(r.IfCode), m.option(r.ThenCode); a != nil && b != nil {
				out = append(out, Why{"{0} requires {1}. {2}", []any{a.Label, b.Label, r.Why}})
			}
		}
	}
	return out
}

// Codes reads option codes from text, in the order of the alphabet.
func Codes(text string) []string {
	list := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	slices.Sort(list)
	return list
}

// Configuration is a product with its answers: what quote, supply and service mean when
// they name its hash.
type Configuration struct {
	record.Base
	ModelID   int64
	ProductID ipd.ProductID
	Choices   string
	Hash      string
	Price     money.Price
	Cost      money.Price
	LeadDays  int
	Summary   string
}

// Configurations is the service behind the configurations.
type Configurations struct {
	*Ports
	Store  record.Store[Configuration]
	Type   *resource.Type[Configuration]
	Models *ConfigModels
	Prices *Prices
}

// Declare returns the document type of the configurations.
func (s *Configurations) Declare() *resource.Type[Configuration] {
	s.Type = &resource.Type[Configuration]{
		Name: "ltc.configuration", Label: "Configuration", Plural: "Configurations", Icon: "puzzle", Number: "CF-{yyyy}-{00000}", Store: s.Store, Check: s.check,
		Title: func(c *Configuration) string { return c.Summary },
		Fields: resource.Fields[Configuration]{
			resource.Ref("model_id", "Configuration model", func(c *Configuration) *int64 { return &c.ModelID }, "ltc.config_model").Required().InList().Filter(),
			resource.Text("choices", "Codes of the options", func(c *Configuration) *string { return &c.Choices }).Required().InList().Limit(2000).Hint("Separated by commas; the page Configure asks for them one by one."),
			resource.Ref("product_id", "Product", func(c *Configuration) *ipd.ProductID { return &c.ProductID }, "ipd.product").ReadOnly().InList().Filter(),
			resource.Text("summary", "Chosen", func(c *Configuration) *string { return &c.Summary }).Limit(2000).ReadOnly().InList().Search(),
			resource.Text("hash", "Fingerprint", func(c *Configuration) *string { return &c.Hash }).ReadOnly().InList().Filter(),
			resource.Price("price", "Unit price", func(c *Configuration) *money.Price { return &c.Price }).ReadOnly().InList(),
			resource.Price("cost", "Unit cost", func(c *Configuration) *money.Price { return &c.Cost }).ReadOnly().Sensitive(),
			resource.Int("lead_days", "Lead time in days", func(c *Configuration) *int { return &c.LeadDays }).ReadOnly().InList(),
		},
	}
	return s.Type
}

// check refuses options that do not fit together, saying why, and works out price, cost,
// lead time and fingerprint of those that do.
func (s *Configurations) check(ctx context.Context, c *Configuration) error {
	m, err := s.Models.Store.Get(ctx, c.ModelID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	if !m.Active {
		return errs.Bad("model_id", "This model is not in use any more.")
	}
	codes := Codes(c.Choices)
	var bad []errs.Field
	for _, w := range m.Problems(codes) {
		bad = append(bad, errs.Field{Name: "choices", Message: w.Text, Args: w.Args})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	base, err := s.Prices.For(ctx, m.ProductID, s.Today(ctx))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	costs, err := s.Prices.Special.Costs(ctx, c.CompanyID, []ipd.ProductID{m.ProductID}, s.Today(ctx))
	if err != nil {
		return err
	}
	c.ProductID, c.Choices, c.Price, c.Cost, c.LeadDays = m.ProductID, strings.Join(codes, ","), base, costs[m.ProductID], 0
	var labels []string
	for _, code := range codes {
		o := m.option(code)
		c.Price, c.Cost, c.LeadDays = c.Price.Add(o.Price), c.Cost.Add(o.Cost), max(c.LeadDays, o.LeadDays)
		labels = append(labels, o.Label)
	}
	if c.Price.Sign() < 0 {
		return errs.Bad("choices", "These options bring the price below zero.")
	}
	c.Summary = strings.Join(labels, ", ")
	c.Hash = Fingerprint(c.ProductID, codes)
	return nil
}

// Fingerprint names a product with its options, whatever the order they were chosen in.
func Fingerprint(product ipd.ProductID, codes []string) string {
	list := slices.Clone(codes)
	slices.Sort(list)
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%d:%s", product, strings.Join(list, ","))))[:16]
}
