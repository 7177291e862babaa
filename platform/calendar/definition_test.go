package calendar

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"meridian/platform/date"
)

func TestDefinitionSurvivesStorage(t *testing.T) {
	t.Parallel()
	week := MondayToFriday(withLunch...)
	week[time.Saturday] = []Window{{At(22, 0), MinutesPerDay}}
	c := Must(New(zone(t, "Asia/Shanghai"), week,
		Exception{Date: date.MustParse("2025-10-01"), Name: "国庆节"},
		Exception{Date: date.MustParse("2025-09-28"), Working: true, Name: "国庆节"},
		Exception{Date: date.MustParse("2025-10-11"), Working: true, Windows: []Window{{At(9, 0), At(12, 0)}}}))
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"zone":"Asia/Shanghai","week":{"mon":["08:00-12:00","13:30-18:00"],"tue":["08:00-12:00","13:30-18:00"],"wed":["08:00-12:00","13:30-18:00"],"thu":["08:00-12:00","13:30-18:00"],"fri":["08:00-12:00","13:30-18:00"],"sat":["22:00-24:00"]},` +
		`"exceptions":[{"date":"2025-09-28","working":true,"name":"国庆节"},{"date":"2025-10-01","working":false,"name":"国庆节"},{"date":"2025-10-11","working":true,"windows":["09:00-12:00"]}]}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	var got Calendar
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(&got)
	if string(again) != want {
		t.Errorf("read back as %s", again)
	}
	from := at(t, c, "2025-09-26 16:00")
	if a, b := c.Add(from, 18*time.Hour), got.Add(from, 18*time.Hour); !a.Equal(b) {
		t.Errorf("the copy counts otherwise: %s, %s", a, b)
	}
}

func TestDefinitionRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"zone":"Asia/Shanghai","week":{"mon":["08:00-12:00","11:00-13:00"]}}`:                              "overlap",
		`{"zone":"Asia/Shanghai","week":{"mon":["8:00-12:00"]}}`:                                             "not a wall time",
		`{"zone":"Asia/Shanghai","week":{"mon":["08:00-24:01"]}}`:                                            "not a wall time",
		`{"zone":"Asia/Shanghai","week":{"mon":["08:60-12:00"]}}`:                                            "not a wall time",
		`{"zone":"Asia/Shanghai","week":{"mon":["08:00"]}}`:                                                  "not a window",
		`{"zone":"Asia/Shanghai","week":{}}`:                                                                 "without working time",
		`{"zone":"Mars/Base","week":{"mon":["08:00-12:00"]}}`:                                                "Mars/Base",
		`{"zone":"Local","week":{"mon":["08:00-12:00"]}}`:                                                    "not the name of a time zone",
		`{"week":{"mon":["08:00-12:00"]}}`:                                                                   "not the name of a time zone",
		`{"zone":"UTC","week":{"mon":["08:00-12:00"]},"exceptions":[{"date":"2025-13-01","working":false}]}`: "not a date",
		`[]`: "read calendar",
	} {
		var c Calendar
		if err := json.Unmarshal([]byte(in), &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", in, err, want)
		}
	}
}

func TestReadHolidaysRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "[]", `{"days":[]}`, `{"days":[{"name":"x","isOffDay":true}]}`, `{"days":[{"date":"soon"}]}`} {
		if _, err := ReadHolidays(strings.NewReader(in)); err == nil {
			t.Errorf("%q was read", in)
		}
	}
}
