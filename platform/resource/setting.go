package resource

import (
	"context"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/record"
)

// SettingOf is the one record in which a company keeps its settings, or the usual ones
// while it has none. It reads past the row rules: settings bind everybody.
func SettingOf[T any](ctx context.Context, s record.Store[T], company int64, usual func() T) (T, error) {
	r, err := s.First(authz.System(ctx, "settings of the company"), record.Where("company_id", record.Eq, company))
	switch {
	case errs.Is(err, errs.NotFound):
		return usual(), nil
	case err != nil:
		return *new(T), err
	}
	return *r, nil
}
