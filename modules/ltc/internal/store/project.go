package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/db"
)

// Projects implements domain.ProjectBook.
type Projects struct{ DB *db.DB }

// projectParts are the documents that belong to a service project and are seen by its team.
var projectParts = []string{"ltc.change_request", "ltc.project_risk", "ltc.expert_opinion", "ltc.service_option"}

// ShowProject implements domain.ProjectBook.
func (s *Projects) ShowProject(ctx context.Context, project int64, add, remove []int64) error {
	if len(add)+len(remove) == 0 {
		return nil
	}
	if err := s.DB.Show(ctx, "ltc.service_project", project, nil, add...); err != nil {
		return err
	}
	if err := s.DB.Hide(ctx, "ltc.service_project", project, remove...); err != nil {
		return err
	}
	for _, object := range projectParts {
		ids, err := idsOf(ctx, s.DB, `SELECT id FROM `+object+` WHERE project_id = $1`, project)
		if err != nil {
			return fmt.Errorf("parts of project %d: %w", project, err)
		}
		for _, id := range ids {
			if err := s.ShowPart(ctx, object, id, add); err != nil {
				return err
			}
			if err := s.DB.Hide(ctx, object, id, remove...); err != nil {
				return err
			}
		}
	}
	return nil
}

// ShowPart implements domain.ProjectBook.
func (s *Projects) ShowPart(ctx context.Context, object string, id int64, people []int64) error {
	return s.DB.Show(ctx, object, id, nil, people...)
}

// HidePart implements domain.ProjectBook.
func (s *Projects) HidePart(ctx context.Context, object string, id int64, people []int64) error {
	return s.DB.Hide(ctx, object, id, people...)
}

// Keep implements domain.ProjectBook.
func (s *Projects) Keep(ctx context.Context, b domain.Baseline) error {
	scope, err := json.Marshal(b.Scope)
	if err != nil {
		return fmt.Errorf("scope of project %d: %w", b.Project, err)
	}
	return s.DB.Exec(ctx, `INSERT INTO ltc.project_baseline (project_id, revision, change_id, confirmed_by, confirmed_on, scope) VALUES ($1, $2, $3, $4, $5, $6)`,
		b.Project, b.Revision, b.Change, b.ConfirmedBy, b.ConfirmedOn, string(scope))
}

// Baselines implements domain.ProjectBook.
func (s *Projects) Baselines(ctx context.Context, project int64) (out []domain.Baseline, err error) {
	err = s.DB.Each(ctx, `SELECT revision, change_id, confirmed_by, confirmed_on, scope FROM ltc.project_baseline WHERE project_id = $1 ORDER BY revision DESC`, []any{project}, func(r *sql.Rows) error {
		b := domain.Baseline{Project: project}
		var scope []byte
		if err := r.Scan(&b.Revision, &b.Change, &b.ConfirmedBy, &b.ConfirmedOn, &scope); err != nil {
			return err
		}
		out = append(out, b)
		return json.Unmarshal(scope, &out[len(out)-1].Scope)
	})
	if err != nil {
		return nil, fmt.Errorf("baselines of project %d: %w", project, err)
	}
	return out, nil
}
