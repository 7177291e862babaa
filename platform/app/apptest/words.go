package apptest

import (
	"meridian/platform/report"
	"meridian/platform/resource"
)

// Words calls say with every text a declaration shows to people, where it stands and
// the key that may translate it otherwise than the text itself, "" for none.
func Words(i *resource.Info, say func(where, key, text string)) {
	say(i.Name, i.Name, i.Label)
	say(i.Name, i.Name+".plural", i.Plural)
	fields := func(prefix string, list []*resource.Meta) {
		for _, f := range list {
			say(prefix, prefix+"."+f.Name, f.Label)
			say(prefix, "", f.Section)
			say(prefix, "", f.Help)
			for _, o := range f.Options {
				say(prefix+"."+f.Name, "", o.Label)
			}
			for _, l := range f.Lines {
				say(prefix+"."+f.Name, prefix+"."+f.Name+"."+l.Name, l.Label)
				for _, o := range l.Options {
					say(prefix+"."+f.Name, "", o.Label)
				}
			}
		}
	}
	fields(i.Name, i.Fields)
	for _, d := range i.Downloads {
		say(i.Name, "", d.Label)
	}
	for move, form := range i.Forms {
		fields(i.Name+"."+move, form)
	}
	if i.Process == nil {
		return
	}
	for _, s := range i.Process.Stages {
		say(i.Name, "", s.Label)
		say(i.Name, "", s.Help)
	}
	for _, m := range i.Process.Moves {
		say(i.Name, "", m.Label)
	}
}

// ReportWords is Words of a report.
func ReportWords(i *report.Info, say func(where, key, text string)) {
	say(i.Name, "", i.Label)
	say(i.Name, "", i.Help)
	form := func(prefix string, list []*resource.Meta) {
		for _, f := range list {
			say(prefix, prefix+"."+f.Name, f.Label)
			say(prefix, "", f.Help)
			for _, o := range f.Options {
				say(prefix+"."+f.Name, "", o.Label)
			}
		}
	}
	form(i.Name, i.Form)
	for _, c := range i.Commands {
		say(i.Name+"."+c.Name, "", c.Label)
		form(i.Name+"."+c.Name, c.Form)
	}
}

// ResultWords is Words of what a report shows.
func ResultWords(name string, r *report.Result, say func(where, key, text string)) {
	say(name, "", r.Note)
	for _, t := range r.Tiles {
		say(name, "", t.Label)
	}
	for _, c := range r.Charts {
		say(name, "", c.Title)
		say(name, "", c.Say)
	}
	for n := range r.Tables {
		t := &r.Tables[n]
		say(name, "", t.Note)
		say(name, "", t.Empty)
		if !t.Word {
			say(name, "", t.Title)
		}
		for _, c := range t.Cols {
			if !c.Word {
				say(name, "", c.Label)
			}
		}
		for _, row := range t.Rows {
			for _, c := range row.Cells {
				if c.Word {
					say(name, "", c.Text)
				}
			}
			for _, a := range row.Acts {
				say(name, "", a.Blocked)
			}
		}
	}
}

// Translated fails the test for every declared word of a module without Chinese.
func (s *Suite) Translated(module string) {
	s.T.Helper()
	need := func(where, key, text string) {
		if text != "" && !s.Text.Has(key) && !s.Text.Has(text) {
			s.T.Errorf("%s: %q has no Chinese", where, text)
		}
	}
	for _, i := range s.Reports.Of(module) {
		ReportWords(i, need)
		if res, err := i.Run(s.Admin, resource.Values{}); err != nil {
			s.T.Errorf("%s without input: %v", i.Name, err)
		} else {
			ResultWords(i.Name, res, need)
		}
	}
	for _, d := range s.Types.Docs() {
		if i := d.Info(); i.Module == module {
			Words(i, need)
		}
	}
}
