package calendar

import (
	"encoding/json"
	"fmt"
	"io"

	"meridian/platform/date"
)

// ReadHolidays reads the yearly list of the Chinese State Council in the form that
// the holiday-cn project publishes it: days off are closed, make-up days (调休) have
// the usual hours. An administrator imports one file each November.
func ReadHolidays(r io.Reader) ([]Exception, error) {
	var file struct {
		Days []struct {
			Name     string    `json:"name"`
			Date     date.Date `json:"date"`
			IsOffDay bool      `json:"isOffDay"`
		} `json:"days"`
	}
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	if len(file.Days) == 0 {
		return nil, fmt.Errorf("read holidays: the file lists no days")
	}
	es := make([]Exception, 0, len(file.Days))
	for _, d := range file.Days {
		if d.Date.IsZero() {
			return nil, fmt.Errorf("read holidays: %q has no date", d.Name)
		}
		es = append(es, Exception{Date: d.Date, Working: !d.IsOffDay, Name: d.Name})
	}
	return es, nil
}
