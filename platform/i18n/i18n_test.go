package i18n

import (
	"context"
	"testing"
	"testing/fstest"
)

func file(text string) fstest.MapFS { return fstest.MapFS{"zh.json": {Data: []byte(text)}} }

// TestWordsOfModules: a word two modules read differently is that of the module that
// speaks, and of the first one where nobody does; one module gives a word one text.
func TestWordsOfModules(t *testing.T) {
	t.Parallel()
	c := NewCatalogue()
	for _, m := range []struct{ name, text string }{{"crm", `{"Points": "积分", "{0} won": "赢 {0}"}`}, {"ltc", `{"Points": "分数"}`}} {
		if err := c.AddModule(m.name, file(m.text)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := With(context.Background(), c, Chinese)
	for _, x := range []struct{ got, want string }{
		{T(ctx, "Points"), "积分"}, {In(ctx, "ltc", "Points"), "分数"}, {In(ctx, "ltc", "{0} won", 3), "赢 3"}, {In(ctx, "itr", "Points"), "积分"},
		{Label(ctx, "ltc.rule.points", "Points"), "分数"}, {In(With(ctx, c, English), "ltc", "Points"), "Points"}, {T(ctx, "unknown"), "unknown"},
	} {
		if x.got != x.want {
			t.Errorf("got %s, want %s", x.got, x.want)
		}
	}
	if err := c.AddModule("ltc", file(`{"Points": "点数"}`)); err == nil {
		t.Error("a module reads one word in two ways")
	}
	if err := c.Add(file(`{"Points": "点数"}`)); err == nil {
		t.Error("the platform takes a word that is taken")
	}
}
