package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/platform/errs"
)

// Loads tell how much work people have.
type Loads interface {
	// Open counts the open cases of each of users.
	Open(ctx context.Context, users []int64) (map[int64]int, error)
}

// route chooses the agent with the least open work, the lower id of equals, among
// those who do not have the case already. Choices wait for each other, so that two
// cases do not both go to whoever was free a moment ago.
func (s *Cases) route(ctx context.Context, c *Case) (int64, error) {
	if err := s.Alone(ctx, fmt.Sprintf("itr.dispatch %d", c.CompanyID)); err != nil {
		return 0, err
	}
	agents := slices.DeleteFunc(s.Desk.Agents(c.CompanyID, c.DeptID), func(a int64) bool { return a == c.AssigneeID })
	if len(agents) == 0 {
		return 0, errs.Bad("assignee_id", "Nobody else has the role to take this case; name a person.")
	}
	load, err := s.Loads.Open(ctx, agents)
	if err != nil {
		return 0, fmt.Errorf("open work of agents: %w", err)
	}
	return leastLoaded(agents, load), nil
}

func leastLoaded(agents []int64, load map[int64]int) int64 {
	best := agents[0]
	for _, a := range agents {
		if load[a] < load[best] || load[a] == load[best] && a < best {
			best = a
		}
	}
	return best
}
