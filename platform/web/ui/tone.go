package ui

// Tone is a colour by meaning; tokens.md section Status says which one means what.
type Tone string

// The tones. The zero Tone is neutral.
const (
	Neutral Tone = "neu"  // draft, not started, cancelled
	Info    Tone = "info" // confirmed, released
	Warn    Tone = "warn" // waits for somebody, due soon, deviates
	Violet  Tone = "vio"  // in work
	Teal    Tone = "teal" // on its way
	OK      Tone = "ok"   // done, won, paid
	Bad     Tone = "bad"  // late, failed, blocked
)

// or returns t, or Neutral.
func (t Tone) or() string {
	if t == "" {
		return string(Neutral)
	}
	return string(t)
}

// Pair is a hidden form value.
type Pair struct{ Name, Value string }

// Option is one choice of a select.
type Option struct{ Value, Label string }
