package calendar_test

import (
	"fmt"
	"time"

	"meridian/platform/calendar"
	"meridian/platform/date"
)

func Example() {
	hours := calendar.MondayToFriday(
		calendar.Window{From: calendar.At(8, 0), To: calendar.At(12, 0)},
		calendar.Window{From: calendar.At(13, 0), To: calendar.At(17, 0)},
	)
	c := calendar.Must(calendar.New(time.UTC, hours,
		calendar.Exception{Date: date.MustParse("2025-05-01"), Name: "Labour Day"},
		calendar.Exception{Date: date.MustParse("2025-05-03"), Working: true, Name: "make-up day"},
	))
	opened := time.Date(2025, 4, 30, 16, 0, 0, 0, time.UTC)
	clock := calendar.Clock{Target: 10 * time.Hour, Calendar: c}
	due, ok := clock.Due(calendar.History{Start: opened})
	fmt.Println(due.Format("Mon 02 Jan 15:04"), ok)
	// Output: Sat 03 May 09:00 true
}
