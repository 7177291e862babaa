package calendar

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"meridian/platform/date"
)

var (
	day8to18  = []Window{{At(8, 0), At(18, 0)}}
	day8to17  = []Window{{At(8, 0), At(17, 0)}}
	withLunch = []Window{{At(8, 0), At(12, 0)}, {At(13, 30), At(18, 0)}}
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// at reads a wall time of the calendar's zone.
func at(t testing.TB, c *Calendar, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, c.loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func office(t testing.TB, name string, ws []Window, es ...Exception) *Calendar {
	t.Helper()
	c, err := New(zone(t, name), MondayToFriday(ws...), es...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sharedData returns shared/data beside the repository, or skips the test.
func sharedData(t testing.TB) string {
	t.Helper()
	var tried []string
	if env := os.Getenv("MERIDIAN_SHARED"); env != "" {
		tried = append(tried, filepath.Join(env, "data"), env)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		tried = append(tried, filepath.Join(dir, "shared", "data"))
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, d := range tried {
		if _, err := os.Stat(filepath.Join(d, "calendar")); err == nil {
			return d
		}
	}
	t.Skipf("SKIPPED, NOT PASSED: public data set shared/data/calendar not found; set MERIDIAN_SHARED (tried %s)", strings.Join(tried, ", "))
	return ""
}

func chinese(t testing.TB, ws []Window) *Calendar {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sharedData(t), "calendar", "cn_holidays_*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no holiday files: %v", err)
	}
	var all []Exception
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		es, err := ReadHolidays(f)
		_ = f.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, es...)
	}
	return office(t, "Asia/Shanghai", ws, all...)
}

func TestAddGolden2025(t *testing.T) {
	t.Parallel()
	c := chinese(t, day8to17)
	for _, tt := range []struct{ name, from, want string }{
		{"National Day week is off", "2025-09-30 16:00", "2025-10-10 16:00"},
		{"Sunday 28 is worked", "2025-09-26 16:00", "2025-09-29 16:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := c.Add(at(t, c, tt.from), 18*time.Hour)
			if want := at(t, c, tt.want); !got.Equal(want) {
				t.Errorf("Add(%s, 18h) = %s, want %s", tt.from, got, want)
			}
			if d := c.Between(at(t, c, tt.from), got); d != 18*time.Hour {
				t.Errorf("Between = %s, want 18h", d)
			}
		})
	}
}

func TestWorkingDaysOfKnownAnswers(t *testing.T) {
	t.Parallel()
	c := chinese(t, day8to17)
	b, err := os.ReadFile(filepath.Join(sharedData(t), "known_answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		CN map[string]json.RawMessage `json:"calendar_cn"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.CN) < 5 {
		t.Fatalf("known answers hold %d entries for the calendar, want 4 years and add_working_days", len(file.CN))
	}
	for key, raw := range file.CN {
		if key == "add_working_days" {
			var rows [][3]any
			if err := json.Unmarshal(raw, &rows); err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				n := int(r[1].(float64))
				got := c.AddDays(at(t, c, r[0].(string)+" 09:15"), n)
				if want := at(t, c, r[2].(string)+" 09:15"); !got.Equal(want) {
					t.Errorf("AddDays(%s, %d) = %s, want %s", r[0], n, got, want)
				}
				back := c.AddDays(got, -n)
				if want := at(t, c, r[0].(string)+" 09:15"); !back.Equal(want) {
					t.Errorf("AddDays(%s, -%d) = %s, want %s", got, n, back, want)
				}
			}
			continue
		}
		var want struct {
			WorkingDays       int   `json:"working_days"`
			ByMonth           []int `json:"by_month"`
			WeekendDaysWorked int   `json:"weekend_days_worked"`
			WeekdaysOff       int   `json:"weekdays_off"`
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		got := want
		got.WorkingDays, got.WeekendDaysWorked, got.WeekdaysOff = 0, 0, 0
		got.ByMonth = make([]int, 12)
		for d := date.MustParse(key + "-01-01"); d.String()[:4] == key; d = d.AddDays(1) {
			weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
			switch {
			case c.Working(d):
				got.WorkingDays++
				got.ByMonth[d.Month()-1]++
				if weekend {
					got.WeekendDaysWorked++
				}
			case !weekend:
				got.WeekdaysOff++
			}
		}
		gotJSON, _ := json.Marshal(got)
		wantJSON, _ := json.Marshal(want)
		if string(gotJSON) != string(wantJSON) {
			t.Errorf("%s: got %s, want %s", key, gotJSON, wantJSON)
		}
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	holiday := Exception{Date: date.MustParse("2025-05-01"), Name: "Labour Day"}
	makeup := Exception{Date: date.MustParse("2025-04-27"), Working: true}
	short := Exception{Date: date.MustParse("2025-04-26"), Working: true, Windows: []Window{{At(9, 0), At(12, 0)}}}
	for _, tt := range []struct {
		name string
		ws   []Window
		es   []Exception
		from string
		d    time.Duration
		want string
	}{
		{"four hours from 16:00 end at 10:00 next day", day8to18, nil, "2025-03-04 16:00", 4 * time.Hour, "2025-03-05 10:00"},
		{"16 h of 8 h days end with the second day", []Window{{At(9, 0), At(17, 0)}}, nil, "2025-03-04 09:00", 16 * time.Hour, "2025-03-05 17:00"},
		{"over lunch", withLunch, nil, "2025-03-04 11:00", 2 * time.Hour, "2025-03-04 14:30"},
		{"ends where lunch begins, not after it", withLunch, nil, "2025-03-04 08:00", 4 * time.Hour, "2025-03-04 12:00"},
		{"from inside lunch", withLunch, nil, "2025-03-04 12:40", time.Hour, "2025-03-04 14:30"},
		{"start exactly at window end", day8to18, nil, "2025-03-04 18:00", time.Hour, "2025-03-05 09:00"},
		{"nothing from outside stays", day8to18, nil, "2025-03-08 11:00", 0, "2025-03-08 11:00"},
		{"over a weekend", day8to18, nil, "2025-03-07 17:00", 2 * time.Hour, "2025-03-10 09:00"},
		{"over a holiday", day8to18, []Exception{holiday}, "2025-04-30 17:00", 2 * time.Hour, "2025-05-02 09:00"},
		{"make-up Sunday has the usual hours", withLunch, []Exception{makeup}, "2025-04-25 17:00", 6 * time.Hour, "2025-04-27 14:30"},
		{"make-up Saturday with hours of its own", day8to18, []Exception{short}, "2025-04-25 17:00", 5 * time.Hour, "2025-04-28 09:00"},
		{"backwards", day8to18, nil, "2025-03-10 09:00", -2 * time.Hour, "2025-03-07 17:00"},
		{"backwards to a window start", withLunch, nil, "2025-03-04 18:00", -270 * time.Minute, "2025-03-04 13:30"},
		{"three years", day8to18, nil, "2025-01-01 08:00", 783 * 10 * time.Hour, "2027-12-31 18:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := office(t, "Asia/Shanghai", tt.ws, tt.es...)
			got := c.Add(at(t, c, tt.from), tt.d)
			if want := at(t, c, tt.want); !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestNightShiftOnTheDaysClocksMove(t *testing.T) {
	t.Parallel()
	night := []Window{{0, At(6, 0)}, {At(22, 0), MinutesPerDay}}
	for _, tt := range []struct {
		zone, day string
		want      time.Duration
	}{
		{"Europe/Berlin", "2025-03-29", 8 * time.Hour},
		{"Europe/Berlin", "2025-03-30", 7 * time.Hour}, // 02:00 -> 03:00
		{"Europe/Berlin", "2025-10-26", 9 * time.Hour}, // 03:00 -> 02:00
		{"America/New_York", "2025-03-09", 7 * time.Hour},
		{"America/New_York", "2025-11-02", 9 * time.Hour},
		{"America/Sao_Paulo", "2018-11-04", 7 * time.Hour}, // 00:00 -> 01:00: there is no midnight
		{"America/Sao_Paulo", "2018-02-17", 9 * time.Hour}, // 24:00 -> 23:00
		{"Australia/Lord_Howe", "2025-04-06", 8*time.Hour + 30*time.Minute},
		{"Pacific/Apia", "2011-12-30", 0}, // the day did not happen
		{"Asia/Shanghai", "2025-03-30", 8 * time.Hour},
		{"UTC", "2025-03-30", 8 * time.Hour},
	} {
		t.Run(tt.zone+" "+tt.day, func(t *testing.T) {
			t.Parallel()
			c := Must(New(zone(t, tt.zone), EveryDay(night...)))
			d := date.MustParse(tt.day)
			n := dayNumber(d)
			got := c.Between(instant(c.loc, n, 0), instant(c.loc, n+1, 0))
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWindowEdgesInsideTheSkippedHour(t *testing.T) {
	t.Parallel()
	c := Must(New(zone(t, "Europe/Berlin"), EveryDay(Window{At(1, 30), At(2, 20)}, Window{At(2, 20), At(2, 50)}, Window{At(2, 50), At(4, 0)})))
	day := date.MustParse("2025-03-30")
	got := c.Between(day.In(c.loc), day.AddDays(1).In(c.loc))
	if want := 90 * time.Minute; got != want { // 01:30-02:00 and 03:00-04:00
		t.Errorf("spring: got %s, want %s", got, want)
	}
	day = date.MustParse("2025-10-26")
	got = c.Between(day.In(c.loc), day.AddDays(1).In(c.loc))
	if want := 210 * time.Minute; got != want { // the hour from 02:00 twice
		t.Errorf("autumn: got %s, want %s", got, want)
	}
}

// Working hours of the office are the same on days of 23 and 25 hours.
func TestOfficeHoursOnTheDaysClocksMove(t *testing.T) {
	t.Parallel()
	c := Must(New(zone(t, "America/New_York"), EveryDay(withLunch...)))
	for _, s := range []string{"2025-03-08", "2025-03-09", "2025-03-10", "2025-11-01", "2025-11-02", "2025-11-03"} {
		d := date.MustParse(s)
		if got, want := c.Between(d.In(c.loc), d.AddDays(1).In(c.loc)), 8*time.Hour+30*time.Minute; got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
		from := at(t, c, s+" 08:00")
		if got, want := c.Add(from, 5*time.Hour), at(t, c, s+" 14:30"); !got.Equal(want) {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}

func TestAddDays(t *testing.T) {
	t.Parallel()
	holiday := Exception{Date: date.MustParse("2025-03-05")}
	c := office(t, "Asia/Shanghai", withLunch, holiday)
	for _, tt := range []struct {
		name, from string
		n          int
		want       string
	}{
		{"same wall time", "2025-03-03 10:10", 1, "2025-03-04 10:10"},
		{"over a holiday", "2025-03-04 10:10", 1, "2025-03-06 10:10"},
		{"over a weekend", "2025-03-07 10:10", 1, "2025-03-10 10:10"},
		{"Friday night counts from Monday", "2025-03-07 20:00", 1, "2025-03-11 08:00"},
		{"at the window end counts from the next day", "2025-03-06 18:00", 1, "2025-03-10 08:00"},
		{"in the lunch break counts from its end", "2025-03-06 12:00", 2, "2025-03-10 13:30"},
		{"before work counts from the start of work", "2025-03-06 00:00", 2, "2025-03-10 08:00"},
		{"no days: the next working instant", "2025-03-08 00:00", 0, "2025-03-10 08:00"},
		{"no days in working time", "2025-03-07 09:00", 0, "2025-03-07 09:00"},
		{"backwards", "2025-03-06 09:00", -2, "2025-03-03 09:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := c.AddDays(at(t, c, tt.from), tt.n)
			if want := at(t, c, tt.want); !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAddThenBetweenGivesTheSame(t *testing.T) {
	t.Parallel()
	night := []Window{{0, At(2, 30)}, {At(2, 30), At(5, 15)}, {At(21, 45), MinutesPerDay}}
	for _, name := range []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"} {
		for kind, ws := range map[string][]Window{"lunch": withLunch, "night": night, "whole day": {{0, MinutesPerDay}}} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(7, 11))
				var es []Exception
				for d := range 40 {
					e := Exception{Date: date.New(2005, 1, 1).AddDays(37 * 5 * d)}
					e.Working = d%2 == 0
					es = append(es, e)
				}
				week := MondayToFriday(ws...)
				week[time.Saturday] = ws[:1]
				c, err := New(zone(t, name), week, es...)
				if err != nil {
					t.Fatal(err)
				}
				for range 1500 {
					a := time.Unix(1104537600+r.Int64N(22*365*86400), r.Int64N(1e9))
					d := time.Duration(r.Int64N(int64(300 * time.Hour)))
					b := c.Add(a, d)
					if got := c.Between(a, b); got != d {
						t.Fatalf("Between(%s, Add(%s)) = %s", a.In(c.loc), d, got)
					}
					if d > 0 && c.Between(a, b.Add(-1)) != d-1 {
						t.Fatalf("Add(%s, %s) = %s is not the first such instant", a.In(c.loc), d, b)
					}
					p := c.Add(a, -d)
					if got := c.Between(p, a); got != d {
						t.Fatalf("Between(Add(-%s), %s) = %s", d, a.In(c.loc), got)
					}
					m := a.Add(time.Duration(r.Int64N(int64(b.Sub(a)) + 1)))
					if got := c.Between(a, m) + c.Between(m, b); got != d {
						t.Fatalf("split of [%s, %s) at %s gives %s, want %s", a, b, m, got, d)
					}
				}
			})
		}
	}
}

// Counting minute by minute what the wall shows is slow and obviously right.
func TestBetweenEqualsCountingMinutes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, from, to string }{
		{"Europe/Berlin", "2025-03-28", "2025-04-01"},
		{"America/New_York", "2025-11-01", "2025-11-04"},
		{"Asia/Shanghai", "2025-01-24", "2025-01-29"},
	} {
		c := office(t, tt.zone, withLunch, Exception{Date: date.MustParse("2025-03-30"), Working: true}, Exception{Date: date.MustParse("2025-01-27")})
		a, b := at(t, c, tt.from+" 00:00"), at(t, c, tt.to+" 00:00")
		var want time.Duration
		for m := a; m.Before(b); m = m.Add(time.Minute) {
			wall := At(m.Hour(), m.Minute())
			for _, w := range c.Windows(date.Of(m)) {
				if w.From <= wall && wall < w.To {
					want += time.Minute
				}
			}
		}
		if got := c.Between(a, b); got != want || want == 0 {
			t.Errorf("%s: got %s, want %s", tt.zone, got, want)
		}
	}
}

func TestBetweenOfNothing(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Shanghai", day8to18)
	a := at(t, c, "2025-03-04 09:00")
	if got := c.Between(a, a); got != 0 {
		t.Errorf("empty interval: %s", got)
	}
	if got := c.Between(a.Add(time.Hour), a); got != 0 {
		t.Errorf("reversed interval: %s", got)
	}
}

func TestHorizonEndsEveryWalk(t *testing.T) {
	t.Parallel()
	c := office(t, "Europe/Berlin", []Window{{0, 1}})
	// Without the bound each of these runs for minutes and the test times out.
	_ = c.Between(time.Time{}, at(t, c, "2025-01-01 00:00"))
	_ = c.Add(time.Time{}, 1<<62)
	_ = c.Add(at(t, c, "2025-01-01 00:00"), -1<<62)
	got := c.AddDays(at(t, c, "2025-01-01 00:00"), 1<<40)
	if got.Year() < 2200 || got.Year() > 2230 {
		t.Errorf("the horizon is 200 years, got %s", got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	loc := zone(t, "Asia/Shanghai")
	d := date.MustParse("2025-05-01")
	for _, tt := range []struct {
		name string
		loc  *time.Location
		week [7][]Window
		es   []Exception
		want string
	}{
		{"overlap", loc, MondayToFriday(Window{At(8, 0), At(12, 0)}, Window{At(11, 59), At(13, 0)}), nil, "overlap"},
		{"overlap given out of order", loc, MondayToFriday(Window{At(11, 59), At(13, 0)}, Window{At(8, 0), At(12, 0)}), nil, "overlap"},
		{"empty window", loc, MondayToFriday(Window{At(8, 0), At(8, 0)}), nil, "after its start"},
		{"past midnight", loc, MondayToFriday(Window{At(22, 0), At(30, 0)}), nil, "after its start"},
		{"before midnight", loc, MondayToFriday(Window{-5, At(8, 0)}), nil, "after its start"},
		{"no working time", loc, [7][]Window{}, nil, "without working time"},
		{"no zone", nil, MondayToFriday(day8to18...), nil, "time zone"},
		{"a date twice", loc, MondayToFriday(day8to18...), []Exception{{Date: d}, {Date: d, Working: true}}, "two exceptions for 2025-05-01"},
		{"closed with windows", loc, MondayToFriday(day8to18...), []Exception{{Date: d, Windows: day8to18}}, "cannot have windows"},
		{"overlap in an exception", loc, MondayToFriday(day8to18...), []Exception{{Date: d, Working: true, Windows: []Window{{0, 9}, {8, 10}}}}, "overlap"},
		{"no date", loc, MondayToFriday(day8to18...), []Exception{{}}, "without a date"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := New(tt.loc, tt.week, tt.es...)
			if err == nil || c != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want an error with %q", c, err, tt.want)
			}
		})
	}
}

func TestWithReplacesOneDate(t *testing.T) {
	t.Parallel()
	d := date.MustParse("2025-05-01")
	c := office(t, "Asia/Shanghai", day8to18, Exception{Date: d})
	n, err := c.With(Exception{Date: d, Working: true}, Exception{Date: d.AddDays(1)})
	if err != nil {
		t.Fatal(err)
	}
	if c.Working(d) || !n.Working(d) || n.Working(d.AddDays(1)) || !c.Working(d.AddDays(1)) {
		t.Errorf("the copy must change and the original must not: %v %v", c.Exceptions(), n.Exceptions())
	}
}

func TestOpenNextEndOfDay(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Shanghai", withLunch)
	for s, want := range map[string]bool{
		"2025-03-04 07:59": false, "2025-03-04 08:00": true, "2025-03-04 11:59": true, "2025-03-04 12:00": false,
		"2025-03-04 13:30": true, "2025-03-04 18:00": false, "2025-03-08 10:00": false,
	} {
		if got := c.Open(at(t, c, s)); got != want {
			t.Errorf("Open(%s) = %v", s, got)
		}
	}
	if got, want := c.EndOfDay(at(t, c, "2025-03-04 09:00")), at(t, c, "2025-03-04 18:00"); !got.Equal(want) {
		t.Errorf("EndOfDay = %s, want %s", got, want)
	}
	if got, want := c.EndOfDay(at(t, c, "2025-03-08 09:00")), at(t, c, "2025-03-08 09:00"); !got.Equal(want) {
		t.Errorf("EndOfDay of a Saturday = %s, want %s", got, want)
	}
}

func TestAlwaysIsElapsedTime(t *testing.T) {
	t.Parallel()
	c := Always(zone(t, "Europe/Berlin"))
	a := at(t, c, "2025-03-01 13:00")
	if got := c.Between(a, a.Add(1000*time.Hour)); got != 1000*time.Hour {
		t.Errorf("got %s", got)
	}
}

func BenchmarkBetweenMonth(b *testing.B) {
	c := office(b, "Asia/Shanghai", withLunch)
	from, to := at(b, c, "2025-03-03 09:00"), at(b, c, "2025-04-03 09:00")
	for b.Loop() {
		c.Between(from, to)
	}
}
