package apptest

import "meridian/platform/resource"

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

// Translated fails the test for every declared word of a module without Chinese.
func (s *Suite) Translated(module string) {
	s.T.Helper()
	for _, d := range s.Types.Docs() {
		if i := d.Info(); i.Module == module {
			Words(i, func(where, key, text string) {
				if text != "" && !s.Text.Has(key) && !s.Text.Has(text) {
					s.T.Errorf("%s: %q has no Chinese", where, text)
				}
			})
		}
	}
}
