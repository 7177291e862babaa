package api

import (
	"context"
	"net/http"
	"strconv"

	"meridian/platform/i18n"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// declareReport makes the operations of one report: what it shows, and its commands.
func (a *API) declareReport(i *report.Info) {
	show := &Op{ID: i.Name + ".show", Method: http.MethodGet, Path: i.Path(), Perm: i.Perm, Summary: "Report: " + i.Label, answer: &schema{Any: true}, status: http.StatusOK, doc: i.Name}
	for _, m := range i.Form {
		show.query = append(show.query, param{Name: m.Name, Type: "string", Help: m.Label, Enum: optionValues(m)})
	}
	show.run = func(ctx context.Context, r *Request) (Response, error) {
		in := resource.Values{}
		for name := range r.Query {
			in[name] = r.Query.Get(name)
		}
		if err := a.Types.CheckForm(ctx, i.Form, in); err != nil {
			return Response{}, err
		}
		res, err := i.Run(ctx, in)
		if err != nil {
			return Response{}, err
		}
		return answer(a.report(ctx, i, res))
	}
	a.add(show)
	for n := range i.Commands {
		c := &i.Commands[n]
		op := &Op{ID: i.Name + "." + c.Name, Method: http.MethodPost, Path: i.Path() + "/" + c.Name, Perm: c.Perm, Summary: c.Label, doc: i.Name,
			body: &schema{Fields: c.Form, Require: true}, answer: &schema{Any: true}, status: http.StatusOK}
		op.run = func(ctx context.Context, r *Request) (Response, error) {
			in, err := decode(r.Body, c.Form)
			if err != nil {
				return Response{}, err
			}
			if err := a.Types.CheckForm(ctx, c.Form, in); err != nil {
				return Response{}, err
			}
			done, err := c.Run(ctx, in)
			if err != nil {
				return Response{}, err
			}
			return answer(map[string]any{"message": i18n.T(ctx, done.Message, done.Args...), "href": done.Href})
		}
		a.add(op)
	}
}

func optionValues(m *resource.Meta) (out []string) {
	for _, o := range m.Options {
		out = append(out, o.Value)
	}
	return out
}

// report is a result as the interface shows it: a row is its cells by column.
func (a *API) report(ctx context.Context, i *report.Info, res *report.Result) map[string]any {
	t := func(s string, args ...any) string {
		if s == "" {
			return ""
		}
		return i18n.T(ctx, s, args...)
	}
	tiles := []map[string]any{}
	for _, x := range res.Tiles {
		tiles = append(tiles, map[string]any{"key": x.Key, "label": t(x.Label), "value": a.cell(ctx, x.Value)})
	}
	tables := []map[string]any{}
	for n := range res.Tables {
		tables = append(tables, a.table(ctx, &res.Tables[n], t))
	}
	return map[string]any{"report": i.Name, "label": t(i.Label), "input": res.Input, "note": t(res.Note, res.Args...), "tiles": tiles, "tables": tables}
}

func (a *API) table(ctx context.Context, x *report.Table, t func(s string, args ...any) string) map[string]any {
	word := func(s string, data bool) string {
		if data {
			return s
		}
		return t(s)
	}
	cells := func(list []report.Cell) map[string]any {
		out := map[string]any{}
		for i, c := range list {
			out[x.Cols[i].Key] = a.cell(ctx, c)
		}
		return out
	}
	cols := []map[string]any{}
	for _, c := range x.Cols {
		cols = append(cols, map[string]any{"key": c.Key, "label": word(c.Label, c.Word), "kind": c.Kind})
	}
	rows := []map[string]any{}
	for _, r := range x.Rows {
		row := map[string]any{"cells": cells(r.Cells)}
		if !r.Ref.IsZero() {
			row["type"], row["id"] = r.Ref.Type, r.Ref.ID
		}
		var acts []map[string]any
		for _, act := range r.Acts {
			m := map[string]any{"command": act.Command, "values": act.Values}
			if act.Blocked != "" {
				m["blocked"] = t(act.Blocked, act.Args...)
			}
			acts = append(acts, m)
		}
		if acts != nil {
			row["acts"] = acts
		}
		rows = append(rows, row)
	}
	out := map[string]any{"key": x.Key, "title": word(x.Title, x.Word), "columns": cols, "rows": rows}
	if len(x.Foot) > 0 {
		out["foot"] = cells(x.Foot)
	}
	return out
}

// cell is one value: whole numbers as numbers, decimals as text, documents as objects.
func (a *API) cell(ctx context.Context, c report.Cell) any {
	switch {
	case c.Word:
		if c.Text == "" {
			return ""
		}
		return i18n.T(ctx, c.Text, c.Args...)
	case !c.Ref.IsZero():
		text := c.Text
		if c.Ref.Type == "core.user" {
			text = a.Authz.Directory().Name(c.Ref.ID)
		}
		return map[string]any{"type": c.Ref.Type, "id": c.Ref.ID, "text": text}
	case c.Text == "" && c.Kind != resource.KText:
		return nil
	case c.Kind == resource.KInt:
		if n, err := strconv.ParseInt(c.Text, 10, 64); err == nil {
			return n
		}
	}
	return c.Text
}
