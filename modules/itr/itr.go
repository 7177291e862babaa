// Package itr is issue to resolved: a case from any channel, its clocks, its
// solution, and the chance to sell it shows.
package itr

import (
	"context"
	"embed"

	"meridian/modules/crm"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// CaseID names a case.
type CaseID int64

// Ref names the case in the thread.
func (id CaseID) Ref() trace.Ref { return trace.Ref{Type: "itr.case", ID: int64(id)} }

// CasePage is the page of one case; every module may add a panel.
var CasePage = resource.Point[CaseID]("itr.case")

// Contacts is how a requester is recognised; cmd adapts CRM to it.
type Contacts interface {
	// ByEmail returns the person with this e-mail address, without case; ok is false
	// when there is none, or several of different customers.
	ByEmail(ctx context.Context, email string) (c crm.Contact, ok bool, err error)
}

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

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
