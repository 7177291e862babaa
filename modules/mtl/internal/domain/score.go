package domain

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"meridian/platform/money"
)

// Dimension is one of the two numbers a grade is made of.
type Dimension string

// The dimensions: how well somebody fits, and how much interest they showed.
const (
	Fit        Dimension = "fit"
	Engagement Dimension = "engagement"
)

// Contribution is one reason for a score. The contributions of a dimension sum to
// it exactly: what a cap takes away is a contribution too.
type Contribution struct {
	Dimension Dimension
	Rule      string // English key of its words
	Points    money.Ratio
}

// Profile is what is known about somebody who wants something.
type Profile struct {
	Company, Title, Email, Phone, Industry, Need string
}

// rule gives points of fit when it holds.
type rule struct {
	group, label string
	points       int64
	holds        func(p Profile) bool
}

// group bounds what its rules can give together.
type group struct {
	name, cap string // cap: the words of the contribution that bounds the group
	min, max  int64
}

// fitGroups and fitRules are the score model. A lead of a named company with its
// own mail domain and a need reaches 50 points, half of what is possible.
var fitGroups = []group{
	{"company", "Limit of the group company", -20, 50},
	{"person", "Limit of the group person", 0, 25},
	{"need", "Limit of the group need", -40, 30},
}

var fitRules = []rule{
	{"company", "Company given", 15, func(p Profile) bool { return p.Company != "" }},
	{"company", "Business e-mail address", 15, func(p Profile) bool { return businessMail(p.Email) }},
	{"company", "Address of a free e-mail provider", -5, func(p Profile) bool { return p.Email != "" && !businessMail(p.Email) }},
	{"company", "Industry we serve", 20, func(p Profile) bool { return contains(p.Industry, servedIndustries) }},
	{"company", "Other industry", 5, func(p Profile) bool { return p.Industry != "" && !contains(p.Industry, servedIndustries) }},
	{"person", "Phone given", 5, func(p Profile) bool { return p.Phone != "" }},
	{"person", "Decides about purchases", 20, func(p Profile) bool { return seniority(p.Title) == "decider" }},
	{"person", "Heads a department", 15, func(p Profile) bool { return seniority(p.Title) == "head" }},
	{"person", "Position given", 5, func(p Profile) bool { return seniority(p.Title) == "other" }},
	{"need", "Need described", 20, func(p Profile) bool { return p.Need != "" }},
	{"need", "Need described in detail", 10, func(p Profile) bool { return utf8.RuneCountInString(p.Need) >= 40 }},
	{"need", "Looks for a job", -60, func(p Profile) bool { return contains(p.Need, jobWords) }},
}

var (
	servedIndustries = []string{"manufactur", "machin", "electron", "automo", "equipment", "energy", "medical", "制造", "机械", "电子", "汽车", "设备", "能源", "医疗"}
	jobWords         = []string{"curriculum vitae ", "my cv ", "internship", "apply for the position", "求职", "应聘", "简历", "实习"}
	// positions are searched from the top: "deputy general manager" decides, "sales
	// director" heads a department.
	positions = []struct {
		level string
		words []string
	}{
		{"decider", []string{"ceo ", "cto ", "cfo ", "coo ", "founder ", "owner ", "president ", "general manager ", "managing director ", "总经理", "总裁", "董事", "创始人", "老板", "厂长"}},
		{"head", []string{"director ", "head ", "manager ", "vp ", "chief ", "总监", "经理", "主管", "部长", "主任"}},
	}
	freeMail = map[string]bool{"gmail.com": true, "googlemail.com": true, "outlook.com": true, "hotmail.com": true, "live.com": true, "yahoo.com": true, "icloud.com": true,
		"gmx.de": true, "proton.me": true, "protonmail.com": true, "qq.com": true, "foxmail.com": true, "163.com": true, "126.com": true, "yeah.net": true, "sina.com": true, "sina.cn": true, "sohu.com": true, "139.com": true, "189.cn": true}
)

// contains reports whether s holds one of words. A Latin word is found at the start
// of a word, with a space at its end as a whole word ("cto " is not in "director");
// a Chinese one is found anywhere.
func contains(s string, words []string) bool {
	s = " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ") + " "
	for _, w := range words {
		if w[0] < utf8.RuneSelf {
			w = " " + w
		}
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func businessMail(email string) bool {
	_, domain, ok := strings.Cut(strings.ToLower(email), "@")
	return ok && domain != "" && !freeMail[domain]
}

func seniority(title string) string {
	if title == "" {
		return ""
	}
	for _, p := range positions {
		if contains(title, p.words) {
			return p.level
		}
	}
	return "other"
}

// FitOf adds up the rules that hold, bounds each group and then the whole to 0..100.
func FitOf(p Profile) (int, []Contribution) {
	var out []Contribution
	add := func(label string, points int64) {
		if points != 0 {
			out = append(out, Contribution{Fit, label, money.Units(points)})
		}
	}
	total := int64(0)
	for _, g := range fitGroups {
		sum := int64(0)
		for _, r := range fitRules {
			if r.group == g.name && r.holds(p) {
				sum += r.points
				add(r.label, r.points)
			}
		}
		bounded := min(max(sum, g.min), g.max)
		add(g.cap, bounded-sum)
		total += bounded
	}
	bounded := min(max(total, 0), 100)
	add("Limit of the score", bounded-total)
	return int(bounded), out
}

// Touch is one contact of a person with marketing.
type Touch struct {
	Type string
	At   time.Time
}

// FormSubmit is the touch of a public form that was filled in.
const FormSubmit = "form_submit"

// touchRule is what a kind of touch is worth on its day.
type touchRule struct {
	label  string
	points int64
}

var touchRules = map[string]touchRule{FormSubmit: {"Form submitted", 50}}

const (
	halfLifeDays  = 30
	touchesPerDay = 20 // of one type; more of them are a robot or a reload
)

// EngagementOf adds up the touches, each worth half of itself every 30 days, at
// most 20 of a type and day, at most 100 together.
func EngagementOf(touches []Touch, now time.Time) (money.Ratio, []Contribution) {
	var out []Contribution
	var total money.Ratio
	seen := map[string]int{}
	for _, t := range touches {
		r, known := touchRules[t.Type]
		day := t.Type + t.At.Format(time.DateOnly)
		seen[day]++
		if !known || seen[day] > touchesPerDay || t.At.After(now) {
			continue
		}
		points := decay(r.points, int64(now.Sub(t.At)/(24*time.Hour)))
		if points.IsZero() {
			continue
		}
		total = total.Add(points)
		out = append(out, Contribution{Engagement, r.label, points})
	}
	bounded := total.Min(money.Units(100))
	if d := bounded.Sub(total); !d.IsZero() {
		out = append(out, Contribution{Engagement, "Limit of the score", d})
	}
	return bounded, out
}

// decay is points * 2^(-days/30) with six digits.
func decay(points, days int64) money.Ratio {
	half := money.Units(days).Number().DivRound(money.Units(halfLifeDays).Number(), 16)
	factor, err := money.Units(2).Number().PowWithPrecision(half.Neg(), 16)
	if err != nil { // a power of two is always defined
		return money.Ratio{}
	}
	return money.RoundTo[money.Micro](money.Units(points).Number().Mul(factor))
}

// GradeOf is a letter for the fit and a digit for the engagement: A1 is best.
func GradeOf(fit int, engagement money.Ratio) string {
	step := func(v money.Ratio) int {
		for i, bound := range []int64{75, 50, 25} {
			if !v.Less(money.Units(bound)) {
				return i
			}
		}
		return 3
	}
	return string("ABCD"[step(money.Units(int64(fit)))]) + string("1234"[step(engagement)])
}

// ScoreOf is the one number beside the grade: the mean of both dimensions.
func ScoreOf(fit int, engagement money.Ratio) int {
	sum := money.Units(int64(fit)).Add(engagement)
	return int(sum.Number().DivRound(money.Units(2).Number(), 0).IntPart())
}
