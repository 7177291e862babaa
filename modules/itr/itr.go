// Package itr is issue to resolved: a case from any channel, its clocks, its
// solution, and the chance to sell it shows.
package itr

import (
	"meridian/modules/crm"
	"meridian/platform/trace"
)

// CaseClosed is published when a case is closed.
type CaseClosed struct {
	Case     trace.Ref
	Customer crm.CustomerID
	Reopened int
}

// SatisfactionRecorded is published when a customer answers a survey.
type SatisfactionRecorded struct {
	Case      trace.Ref
	Customer  crm.CustomerID
	Score     int // 1..5
	Satisfied bool
}
