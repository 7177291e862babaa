package calendar

import (
	"encoding/json"
	"fmt"
	"time"

	"meridian/platform/date"
)

// definition is the stored form of a calendar. The days have names because a bare
// array would make every reader ask on which day the week starts.
type definition struct {
	Zone       string                `json:"zone"`
	Week       weekDefinition        `json:"week"`
	Exceptions []exceptionDefinition `json:"exceptions,omitempty"`
}

type weekDefinition struct {
	Mon []Window `json:"mon,omitempty"`
	Tue []Window `json:"tue,omitempty"`
	Wed []Window `json:"wed,omitempty"`
	Thu []Window `json:"thu,omitempty"`
	Fri []Window `json:"fri,omitempty"`
	Sat []Window `json:"sat,omitempty"`
	Sun []Window `json:"sun,omitempty"`
}

type exceptionDefinition struct {
	Date    date.Date `json:"date"`
	Working bool      `json:"working"`
	Windows []Window  `json:"windows,omitempty"`
	Name    string    `json:"name,omitempty"`
}

// MarshalJSON writes the definition of c.
func (c *Calendar) MarshalJSON() ([]byte, error) {
	w := c.week
	d := definition{Zone: c.loc.String(), Week: weekDefinition{
		Mon: w[time.Monday], Tue: w[time.Tuesday], Wed: w[time.Wednesday], Thu: w[time.Thursday],
		Fri: w[time.Friday], Sat: w[time.Saturday], Sun: w[time.Sunday],
	}}
	for _, e := range c.exceptions {
		d.Exceptions = append(d.Exceptions, exceptionDefinition(e))
	}
	return json.Marshal(d)
}

// UnmarshalJSON reads a definition under the rules of New. The zone must be an IANA
// name; "Local" is refused, because it means something else on the next server.
func (c *Calendar) UnmarshalJSON(b []byte) error {
	var d definition
	if err := json.Unmarshal(b, &d); err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	if d.Zone == "" || d.Zone == "Local" {
		return fmt.Errorf("read calendar: %q is not the name of a time zone", d.Zone)
	}
	loc, err := time.LoadLocation(d.Zone)
	if err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	w := d.Week
	es := make([]Exception, 0, len(d.Exceptions))
	for _, e := range d.Exceptions {
		es = append(es, Exception(e))
	}
	n, err := New(loc, [7][]Window{w.Sun, w.Mon, w.Tue, w.Wed, w.Thu, w.Fri, w.Sat}, es...)
	if err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	*c = *n
	return nil
}
