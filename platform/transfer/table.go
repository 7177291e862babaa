package transfer

import (
	"errors"
	"io"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

// Cell is one value of a table that is written to a file.
type Cell struct {
	Kind resource.Kind
	Text string
}

// WriteTable writes a table as CSV or XLSX, formulas disarmed. name is that of the sheet.
func WriteTable(w io.Writer, format, name string, heads []string, rows [][]Cell) (err error) {
	if err := knownFormat(format); err != nil {
		return err
	}
	out, err := newSink(w, format, []string{errs.Clip(name, 31)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close(err == nil)) }()
	head := make([]value, len(heads))
	for i, h := range heads {
		head[i].text = disarm(h)
	}
	if err := out.row(0, head); err != nil {
		return err
	}
	for _, r := range rows {
		line := make([]value, len(r))
		for i, c := range r {
			number := (&resource.Meta{Kind: c.Kind}).Number()
			line[i] = value{text: c.Text, number: number}
			if !number {
				line[i].text = disarm(c.Text)
			}
		}
		if err := out.row(0, line); err != nil {
			return err
		}
	}
	return nil
}
