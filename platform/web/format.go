package web

import (
	"strconv"
	"strings"
	"time"

	"meridian/platform/date"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/trace"
	"meridian/platform/web/ui"
)

// symbols of the currencies people know by one.
var symbols = map[string]string{"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$"}

// money writes an amount in base currency: ¥1,234.50.
func (v *view) money(a money.Amount) string {
	sign := ""
	if a.Sign() < 0 {
		sign, a = "-", a.Neg()
	}
	return sign + v.symbol() + money.Format(a, 2)
}

func (v *view) symbol() string {
	code := v.Config.Currency
	if c := v.Authz.Directory().Companies[v.user.Company]; c != nil {
		code = c.Currency
	}
	if s := symbols[code]; s != "" {
		return s
	}
	return code + " "
}

// short writes a large sum in few characters: 万 and 亿 in Chinese, K and M else.
func (v *view) short(d money.Decimal) (value, unit string) {
	steps := []struct {
		shift int32
		unit  string
	}{{9, "B"}, {6, "M"}, {3, "K"}}
	if i18n.LangOf(v.ctx) == i18n.Chinese {
		steps = []struct {
			shift int32
			unit  string
		}{{8, "hundred million"}, {4, "ten thousand"}}
	}
	for _, s := range steps {
		if d.Abs().Exponent() > -30 && d.Abs().Shift(-s.shift).IntPart() >= 1 {
			return group(d.Shift(-s.shift).StringFixed(1)), v.t(s.unit)
		}
	}
	return group(d.StringFixed(0)), ""
}

// group puts commas into the whole part of a plain decimal.
func group(s string) string {
	neg := strings.HasPrefix(s, "-")
	whole, frac, has := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	var b strings.Builder
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	out := b.String()
	if has {
		out += "." + frac
	}
	if neg {
		return "-" + out
	}
	return out
}

// count writes a capped count: 10,000+ past the cap.
func count(n *int) string {
	if n == nil {
		return group(strconv.Itoa(resource.CountCap)) + "+"
	}
	return group(strconv.Itoa(*n))
}

// moment writes a time in the zone of the company.
func (v *view) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.loc).Format("2006-01-02 15:04")
}

// ago writes how long ago t was.
func (v *view) ago(t time.Time) string {
	d := v.Now().Sub(t)
	switch {
	case d < time.Minute:
		return v.t("just now")
	case d < time.Hour:
		return v.t("{0} minutes ago", int(d.Minutes()))
	case d < 24*time.Hour:
		return v.t("{0} hours ago", int(d.Hours()))
	case d < 60*24*time.Hour:
		return v.t("{0} days ago", int(d.Hours()/24))
	}
	return t.In(v.loc).Format(time.DateOnly)
}

// span writes a duration in the largest fitting unit.
func (v *view) span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return v.t("{0} min", int(d.Minutes()))
	case d < 48*time.Hour:
		return v.t("{0} h", int(d.Hours()))
	}
	return v.t("{0} days", int(d.Hours()/24))
}

// value writes the text of a field for people.
func (v *view) value(m *resource.Meta, text string) string {
	if text == "" || text == "•••" {
		return text
	}
	switch m.Kind {
	case resource.KMoney:
		if a, err := money.Parse[money.Cents](text); err == nil {
			return v.money(a)
		}
	case resource.KPrice:
		if p, err := money.Parse[money.Micro](text); err == nil {
			return v.symbol() + money.Format(p, 2)
		}
	case resource.KQuantity:
		if q, err := money.Parse[money.Micro](text); err == nil {
			return money.Format(q, 0)
		}
	case resource.KPercent:
		return v.percent(text)
	case resource.KInt:
		return group(text)
	case resource.KBool:
		return v.t(map[bool]string{true: "Yes", false: "No"}[text == "true"])
	case resource.KEnum:
		if o := m.Option(text); o != nil {
			return v.t(o.Label)
		}
	case resource.KTime:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return v.moment(t)
		}
	}
	return text
}

// percent writes a fraction as percent, to a tenth where it has more digits.
func (v *view) percent(text string) string {
	q, err := money.Parse[money.Micro](text)
	if err != nil {
		return text
	}
	return group(q.Number().Shift(2).Round(2).String()) + "%"
}

var tones = map[string]ui.Tone{"neutral": ui.Neutral, "info": ui.Info, "warn": ui.Warn, "violet": ui.Violet, "teal": ui.Teal, "ok": ui.OK, "bad": ui.Bad}

var classTones = map[process.Class]ui.Tone{
	process.Draft: ui.Neutral, process.Open: ui.Info, process.Hold: ui.Warn, process.Working: ui.Violet, process.Transit: ui.Teal,
	process.Won: ui.OK, process.Done: ui.OK, process.Lost: ui.Neutral, process.Cancelled: ui.Neutral,
}

// stagePill draws the stage of a row of a type.
func (v *view) stagePill(info *resource.Info, key string) ui.Pill {
	if info.Process == nil {
		return ui.Pill{}
	}
	s := info.Process.Stage(key)
	if s == nil {
		return ui.Pill{Text: key}
	}
	return ui.Pill{Text: v.t(s.Label), Tone: classTones[s.Class]}
}

// today is the day in the zone of the company.
func (v *view) today() date.Date { return date.Of(v.Now().In(v.loc)) }

func path(typ string) string { return "/" + strings.Replace(typ, ".", "/", 1) }

func recordPath(typ string, id int64) string { return trace.Ref{Type: typ, ID: id}.Path() }
