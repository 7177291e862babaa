package main

import (
	"os"
	"strings"
	"testing"
)

// TestEveryIconIsDrawn: the icon of a type, a report or a module is in the sprite; one
// that is not would leave an empty place in the menu.
func TestEveryIconIsDrawn(t *testing.T) {
	sprite, err := os.ReadFile("../../platform/web/asset/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	s := newSuite(t)
	need := func(where, icon string) {
		if !strings.Contains(string(sprite), `<symbol id="`+icon+`" `) {
			t.Errorf("%s: there is no icon %q", where, icon)
		}
	}
	for _, d := range s.Types.Docs() {
		need(d.Info().Name, d.Info().Icon)
		for _, f := range d.Info().Downloads {
			need(d.Info().Name+" "+f.Name, f.Icon)
		}
	}
	for _, r := range s.Reports.All() {
		need(r.Name, r.Icon)
	}
	for _, m := range s.Modules {
		need(m.Code, m.Icon)
	}
}
