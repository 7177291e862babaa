package domain

import (
	"slices"
	"testing"
	"time"

	"meridian/platform/money"
)

func sumOf(list []Contribution) money.Ratio {
	var sum money.Ratio
	for _, c := range list {
		sum = sum.Add(c.Points)
	}
	return sum
}

func TestFit(t *testing.T) {
	t.Parallel()
	long := "We look for forty servo drives with fieldbus for a new packing line."
	for _, tt := range []struct {
		name string
		p    Profile
		want int
	}{
		{"nothing known", Profile{}, 0},
		{"company, own domain and need pass the gate", Profile{Company: "Acme", Email: "ann@acme.example", Need: "Drives"}, 50},
		{"a free provider does not", Profile{Company: "Acme", Email: "ann@QQ.com", Need: "Drives"}, 30},
		{"everything", Profile{Company: "Acme", Email: "ann@acme.example", Industry: "机械制造", Title: "General manager", Phone: "1", Need: long}, 100},
		{"a department head", Profile{Title: "Purchasing Director"}, 15},
		{"a deputy general manager decides", Profile{Title: "Deputy General Manager"}, 20},
		{"a coordinator is no COO", Profile{Title: "Coordinator"}, 5},
		{"a clerk", Profile{Title: "Clerk"}, 5},
		{"the group person is capped at 25", Profile{Title: "CEO", Phone: "1"}, 25},
		{"another industry", Profile{Industry: "Theatre"}, 5},
		{"a job seeker falls to nought", Profile{Company: "Acme", Need: "应聘实习生岗位，附简历"}, 0},
		{"below nought is nought", Profile{Email: "x@gmail.com"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, why := FitOf(tt.p)
			if got != tt.want {
				t.Errorf("fit = %d, want %d: %v", got, tt.want, why)
			}
			if sum := sumOf(why); !sum.Equal(money.Units(int64(got))) {
				t.Errorf("the contributions sum to %s, not to %d: %v", sum, got, why)
			}
		})
	}
}

func TestEngagement(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	days := func(n int) Touch { return Touch{FormSubmit, now.AddDate(0, 0, -n)} }
	for _, tt := range []struct {
		name    string
		touches []Touch
		want    string
	}{
		{"no touch", nil, "0"},
		{"a form now", []Touch{days(0)}, "50"},
		{"a half-life ago", []Touch{days(30)}, "25"},
		{"two half-lives ago", []Touch{days(60)}, "12.5"},
		{"half a half-life ago", []Touch{days(15)}, "35.355339"},
		{"today and a month ago", []Touch{days(0), days(30)}, "75"},
		{"never above 100", []Touch{days(0), days(0), days(0)}, "100"},
		{"old touches fade away", []Touch{days(3000)}, "0"},
		{"unknown kinds count nothing", []Touch{{"opened", now}}, "0"},
		{"at most twenty of a type and day", slices.Repeat([]Touch{days(120)}, 25), "62.5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, why := EngagementOf(tt.touches, now)
			if got.String() != tt.want {
				t.Errorf("engagement = %s, want %s", got, tt.want)
			}
			if sum := sumOf(why); !sum.Equal(got) {
				t.Errorf("the contributions sum to %s, not to %s: %v", sum, got, why)
			}
		})
	}
}

func TestGradeAndScore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fit        int
		engagement string
		grade      string
		score      int
	}{
		{100, "100", "A1", 100}, {75, "75", "A1", 75}, {74, "75", "B1", 75}, {75, "74.999999", "A2", 75}, {50, "50", "B2", 50},
		{49, "49.999999", "C3", 49}, {25, "25", "C3", 25}, {24, "0", "D4", 12}, {0, "0", "D4", 0},
	} {
		e := money.MustQty(tt.engagement)
		if got := GradeOf(tt.fit, e); got != tt.grade {
			t.Errorf("grade of %d and %s = %s, want %s", tt.fit, e, got, tt.grade)
		}
		if got := ScoreOf(tt.fit, e); got != tt.score {
			t.Errorf("score of %d and %s = %d, want %d", tt.fit, e, got, tt.score)
		}
	}
}
