package domain

import (
	"context"
	"fmt"

	"meridian/platform/date"
	"meridian/platform/money"
)

// ProjectBook keeps what no single project holds. Package store implements it.
type ProjectBook interface {
	// ShowProject lets people see a project and what belongs to it, and hides it from others.
	ShowProject(ctx context.Context, project int64, add, remove []int64) error
	// ShowPart lets people see one document that belongs to a project.
	ShowPart(ctx context.Context, object string, id int64, people []int64) error
	// HidePart takes one document away from people it was shown to.
	HidePart(ctx context.Context, object string, id int64, people []int64) error
	// Keep appends a version of what the customer confirmed.
	Keep(ctx context.Context, b Baseline) error
	// Baselines lists the versions of a project, the last first.
	Baselines(ctx context.Context, project int64) ([]Baseline, error)
}

// Baseline is one version of what the customer confirmed.
type Baseline struct {
	Project     int64
	Revision    int
	Change      *int64 // the request that made it; nil is the first
	ConfirmedBy string
	ConfirmedOn date.Date
	Scope       Scope
}

// Scope is need, plan and price as they were confirmed.
type Scope struct {
	Need          string       `json:"need"`
	Understanding string       `json:"understanding"`
	Limits        string       `json:"limits"`
	Fee           money.Amount `json:"fee"`
	Cost          money.Amount `json:"cost"`
	Hours         money.Qty    `json:"hours"`
	EndOn         date.Date    `json:"end_on"`
	Tasks         []ScopeTask  `json:"tasks"`
}

// ScopeTask is a task as it was confirmed.
type ScopeTask struct {
	Content  string       `json:"content"`
	PersonID int64        `json:"person"`
	FromOn   date.Date    `json:"from"`
	ToOn     date.Date    `json:"to"`
	Hours    money.Qty    `json:"hours"`
	Fee      money.Amount `json:"fee"`
	Criteria string       `json:"criteria"`
}

// scope is what stands in the project now; its sums are up to date.
func (p *ServiceProject) scope() Scope {
	out := Scope{Need: p.Need, Understanding: p.Understanding, Limits: p.Limits, Fee: p.Fee, Cost: p.PlannedCost}
	for i := range p.Tasks {
		t := &p.Tasks[i]
		out.Hours, out.EndOn = out.Hours.Add(t.Hours), date.Later(out.EndOn, t.ToOn)
		out.Tasks = append(out.Tasks, ScopeTask{t.Content, t.PersonID, t.FromOn, t.ToOn, t.Hours, t.Fee, t.Criteria})
	}
	return out
}

// baseline keeps what the customer confirmed just now as the next version.
func (s *ServiceProjects) baseline(ctx context.Context, p *ServiceProject, change *int64) error {
	p.Revision++
	err := s.Book.Keep(ctx, Baseline{Project: p.ID, Revision: p.Revision, Change: change, ConfirmedBy: p.ConfirmedBy, ConfirmedOn: p.ConfirmedOn, Scope: p.scope()})
	if err != nil {
		return fmt.Errorf("baseline %d of %s: %w", p.Revision, p.No, err)
	}
	return nil
}

// TaskDiff is what differs of a task between two versions; Old or New is nil of one that
// came or went.
type TaskDiff struct {
	Task     int
	Kind     string // as of quotes: Added, Removed, Changed, Unchanged
	Old, New *ScopeTask
}

// DiffTasks compares the tasks of two versions by their number: plans only grow.
func DiffTasks(old, now []ScopeTask) (out []TaskDiff) {
	for i := range max(len(old), len(now)) {
		d := TaskDiff{Task: i + 1, Kind: LineSame}
		if i < len(old) {
			d.Old = &old[i]
		}
		if i < len(now) {
			d.New = &now[i]
		}
		switch {
		case d.Old == nil:
			d.Kind = LineAdded
		case d.New == nil:
			d.Kind = LineRemoved
		case !d.Old.same(d.New):
			d.Kind = LineChanged
		}
		out = append(out, d)
	}
	return out
}

func (t *ScopeTask) same(o *ScopeTask) bool {
	return t.Content == o.Content && t.PersonID == o.PersonID && t.FromOn == o.FromOn && t.ToOn == o.ToOn && t.Hours.Equal(o.Hours) && t.Fee.Equal(o.Fee) && t.Criteria == o.Criteria
}
