package ui

import (
	"context"

	"meridian/platform/i18n"
)

// stepState says a state aloud: the dot alone is colour.
func stepState(ctx context.Context, state string) string {
	switch state {
	case StepDone:
		return i18n.T(ctx, "done")
	case StepCurrent:
		return i18n.T(ctx, "current")
	case StepSkipped:
		return i18n.T(ctx, "skipped")
	case StepFailed:
		return i18n.T(ctx, "rejected")
	}
	return i18n.T(ctx, "to do")
}
