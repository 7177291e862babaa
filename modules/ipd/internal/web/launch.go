// Package web draws what integrated product development adds to pages.
package web

import (
	"context"
	"io"

	"meridian/modules/ipd"
	"meridian/modules/ipd/internal/domain"
	"meridian/platform/i18n"
	"meridian/platform/web/ui"
)

// moduleNames are the names of the modules asked about a launch.
var moduleNames = map[string]string{"isc": "Supply chain", "ltc": "Sales", "itr": "Service"}

// LaunchPanel shows who has taken over the launch of a product; nothing for one
// that was never launched.
func LaunchPanel(acks domain.AckStore) func(ctx context.Context, id ipd.ProductID, w io.Writer) error {
	return func(ctx context.Context, id ipd.ProductID, w io.Writer) error {
		list, err := acks.Answers(ctx, id)
		if err != nil || len(list) == 0 {
			return err
		}
		var facts ui.Facts
		for _, a := range list {
			facts.Items = append(facts.Items, ui.Fact{Label: i18n.T(ctx, moduleNames[a.Module]), Sub: a.Reason, Pill: answer(ctx, a)})
		}
		return facts.Render(ctx, w)
	}
}

func answer(ctx context.Context, a domain.Ack) ui.Pill {
	switch a.Answer {
	case domain.AnswerYes:
		return ui.Pill{Text: i18n.T(ctx, "Taken over"), Tone: ui.OK}
	case domain.AnswerNo:
		return ui.Pill{Text: i18n.T(ctx, "Refused"), Tone: ui.Bad}
	}
	return ui.Pill{Text: i18n.T(ctx, "Not answered yet"), Tone: ui.Warn}
}
