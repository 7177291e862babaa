package web

import (
	"net/http"
	"strconv"

	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

// boardCards is how many cards a column shows before "show all".
const boardCards = 50

// board shows the records as cards in the columns of their stages.
func (t *typePages) board(v *view) error {
	q, err := t.listQuery(v)
	if err != nil {
		return err
	}
	b := ui.Board{Label: t.plural(v)}
	filter := ui.List{Path: t.base, Query: q.Q, Hint: v.t("Number, name"), Keep: t.keep(v)}
	if filter.Views, err = t.views(v); err != nil {
		return err
	}
	if err := t.filters(v, &filter); err != nil {
		return err
	}
	b.Filter = &filter
	if b.Columns, err = t.boardColumns(v, q, true); err != nil {
		return err
	}
	actions := ui.Buttons{{Label: v.t("List"), Icon: "list", Href: t.with(v, "as", "")}}
	if !t.info.NoCreate && v.Authz.Can(v.ctx, t.info.Name, "create") {
		actions = append(actions, ui.Action{Label: v.t("New"), Icon: "plus", Href: t.base + "/new", Kind: ui.Primary})
	}
	return v.show(http.StatusOK, t.plural(v), v.t("Drag a card to another stage, or use its menu."), "board", b, actions)
}

func (t *typePages) boardColumns(v *view, q resource.ListQuery, cards bool) ([]ui.Column, error) {
	groups, err := t.d.Groups(v.ctx, q, "stage", t.info.SumBy)
	if err != nil {
		return nil, err
	}
	type sum struct {
		n   int
		sum string
	}
	by := map[string]sum{}
	for _, g := range groups {
		by[g.Key] = sum{g.N, g.Sum}
	}
	var out []ui.Column
	for i, s := range t.info.Process.Stages {
		col := ui.Column{Key: s.Key, Label: v.t(s.Label), Count: group(strconv.Itoa(by[s.Key].n)), Colour: boardColour(i, s)}
		if a, err := money.ParseRounded[money.Cents](by[s.Key].sum); err == nil && t.info.SumBy != "" {
			val, unit := v.short(a.Number())
			col.Sum = v.symbol() + val + unit
		}
		if cards && by[s.Key].n > 0 {
			if col.Cards, err = t.columnCards(v, q, s.Key); err != nil {
				return nil, err
			}
			if by[s.Key].n > boardCards {
				col.More = t.with(v, "as", "", "stage", s.Key)
			}
		}
		out = append(out, col)
	}
	return out, nil
}

func boardColour(i int, s process.Stage) int {
	switch {
	case s.Class == process.Won || s.Class == process.Done:
		return 2
	case i == 0 || s.Class == process.Lost || s.Class == process.Cancelled:
		return 0
	}
	return []int{1, 3, 4}[(i-1)%3]
}

func (t *typePages) columnCards(v *view, q resource.ListQuery, stage string) ([]ui.BoardCard, error) {
	c := q
	c.Filters = map[string][]string{}
	for k, x := range q.Filters {
		c.Filters[k] = x
	}
	c.Filters["stage"], c.Limit, c.Page, c.Total = []string{stage}, boardCards, 0, "none"
	l, err := t.d.ListRows(v.ctx, c)
	if err != nil {
		return nil, err
	}
	return t.cards(v, l.Rows)
}

// cards draws records; the moves of a card are those the reader holds.
func (t *typePages) cards(v *view, rows []resource.Row) ([]ui.BoardCard, error) {
	var sub *resource.Meta
	for _, m := range t.info.Fields {
		if m.Kind == resource.KRef && m.InList && m.Target != "core.user" && sub == nil {
			sub = m
		}
	}
	var metas []*resource.Meta
	if sub != nil {
		metas = append(metas, sub)
	}
	names, err := v.refNames(metas, rows)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.Base().ID
	}
	clocks, err := v.Process.Clocks(v.ctx, t.info.Name, ids)
	if err != nil {
		return nil, err
	}
	out := make([]ui.BoardCard, len(rows))
	for i, r := range rows {
		b := r.Base()
		clock := clocks[b.ID]
		card := ui.BoardCard{ID: strconv.FormatInt(b.ID, 10), Title: r.Title(), Href: recordPath(t.info.Name, b.ID), Owner: v.Authz.Directory().Name(b.OwnerID), Version: b.Version}
		if sub != nil {
			card.Sub = names[sub.Target+"/"+r.Text(sub.Name)]
		}
		if !r.Amount().IsZero() {
			card.Amount = v.money(r.Amount())
		}
		if !clock.Since.IsZero() {
			card.Age = v.span(v.Now().Sub(clock.Since))
		}
		if clock.Late {
			card.Late, card.Age = true, v.t("late by {0}", v.span(v.Now().Sub(clock.Due)))
		}
		card.Moves = t.cardMoves(v, r)
		out[i] = card
	}
	return out, nil
}

func (t *typePages) cardMoves(v *view, r resource.Row) []ui.CardMove {
	var out []ui.CardMove
	for i := range t.info.Process.Moves {
		m := &t.info.Process.Moves[i]
		if m.System || t.info.Process.Move(m.Name, r.Stage()) != m || !v.Authz.Can(v.ctx, t.info.Name, m.Name) || !v.Authz.Covers(v.ctx, t.info.Name, m.Name, r.Base()) {
			continue
		}
		out = append(out, ui.CardMove{Label: v.t(m.Label), To: m.To, Href: recordPath(t.info.Name, r.Base().ID) + "/move/" + m.Name, Dialog: len(t.moveInput(m)) > 0})
	}
	return out
}

// dropped answers a drop: the card as it is now and the heads of the columns.
func (t *typePages) dropped(v *view, id int64) error {
	row, err := t.d.GetRow(v.ctx, id)
	if err != nil {
		return err
	}
	cards, err := t.cards(v, []resource.Row{row})
	if err != nil {
		return err
	}
	cols, err := t.boardColumns(v, resource.ListQuery{Filters: map[string][]string{}}, false)
	if err != nil {
		return err
	}
	return v.fragment(http.StatusOK, ui.BoardChange{Card: cards[0], Columns: cols})
}
