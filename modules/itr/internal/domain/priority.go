// Package domain holds the rules of issue to resolved.
package domain

import "meridian/platform/resource"

// Level is how far a case reaches or how much it presses: 1 is high, 3 is low.
type Level string

// The levels.
const (
	High   Level = "1"
	Medium Level = "2"
	Low    Level = "3"
)

var levels = []resource.Option{{Value: "1", Label: "High", Tone: "bad"}, {Value: "2", Label: "Medium", Tone: "warn"}, {Value: "3", Label: "Low", Tone: "neutral"}}

// Priority is the order of work: 1 first, 5 last.
type Priority string

var priorities = []resource.Option{{Value: "1", Label: "P1", Tone: "bad"}, {Value: "2", Label: "P2", Tone: "warn"}, {Value: "3", Label: "P3", Tone: "info"},
	{Value: "4", Label: "P4", Tone: "neutral"}, {Value: "5", Label: "P5", Tone: "neutral"}}

// PriorityOf is the matrix impact + urgency - 1: two times high is 1, two times low
// is 5; none while either is open.
func PriorityOf(impact, urgency Level) Priority {
	if impact == "" || urgency == "" {
		return ""
	}
	return Priority('0' + (impact[0] - '0') + (urgency[0] - '0') - 1)
}
