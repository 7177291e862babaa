package store

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// ProjectProgress lists the running projects the reader may see in a department, with their plan and
// what happened until a day; what belongs to a project is counted whether the reader may open
// it or not.
func (r *Reports) ProjectProgress(ctx context.Context, dept int64, day date.Date) ([]domain.ProjectProgress, error) {
	w, err := r.DB.Rows(ctx, "ltc.service_project", dept)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.ProjectProgress](ctx, r.DB, `WITH p AS (SELECT * FROM ltc.service_project WHERE stage = 'running' AND `+w.SQL+`),
		work AS (SELECT parent_id, sum(hours) AS hours FROM ltc.service_task WHERE parent_id IN (SELECT id FROM p) GROUP BY 1),
		mark AS (SELECT parent_id, count(*) AS n, count(*) FILTER (WHERE planned_on <= x.day) AS due, count(done_on) AS reached, count(*) FILTER (WHERE done_on IS NULL AND planned_on < x.day) AS overdue, count(*) FILTER (WHERE done_on > planned_on) AS late
			FROM ltc.contract_plan, (SELECT ?::date AS day) x WHERE kind = 'accept' AND parent_id IN (SELECT contract_id FROM p) GROUP BY 1),
		risk AS (SELECT project_id, count(*) FILTER (WHERE heat = 'high') AS high, count(*) FILTER (WHERE heat = 'medium') AS medium, count(*) FILTER (WHERE heat = 'low') AS low
			FROM ltc.project_risk WHERE stage IN ('open', 'treated', 'occurred') AND archived_at IS NULL AND project_id IN (SELECT id FROM p) GROUP BY 1),
		request AS (SELECT project_id, count(*) AS n FROM ltc.change_request WHERE stage IN ('draft', 'agreed') AND archived_at IS NULL AND project_id IN (SELECT id FROM p) GROUP BY 1),
		heard AS (SELECT parent_id, round(avg(score), 2) AS score, count(*) AS n FROM ltc.service_feedback WHERE score > 0 AND parent_id IN (SELECT id FROM p) GROUP BY 1)
		SELECT p.id, p.no, p.company_id, p.dept_id, p.owner_id, p.customer_id, coalesce(work.hours, 0) AS planned, p.actual_hours AS actual,
		coalesce(mark.n, 0) AS milestones, coalesce(mark.due, 0) AS due, coalesce(mark.reached, 0) AS reached, coalesce(mark.overdue, 0) AS overdue, coalesce(mark.late, 0) AS reached_late,
		p.fee, p.planned_cost, p.actual_cost, p.final_cost, coalesce(risk.high, 0) AS high, coalesce(risk.medium, 0) AS medium, coalesce(risk.low, 0) AS low,
		coalesce(request.n, 0) AS requests, coalesce(heard.score, 0) AS score, coalesce(heard.n, 0) AS scores
		FROM p LEFT JOIN work ON work.parent_id = p.id LEFT JOIN mark ON mark.parent_id = p.contract_id LEFT JOIN risk ON risk.project_id = p.id
		LEFT JOIN request ON request.project_id = p.id LEFT JOIN heard ON heard.parent_id = p.id ORDER BY p.id`, append(w.Args, day)...)
}
