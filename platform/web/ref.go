package web

import (
	"net/http"
	"strconv"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

// ref answers the picker of references: the records of a type the reader may see.
func (v *view) refList(typ, q string) ([]map[string]string, error) {
	d, err := v.Types.Doc(typ)
	if err != nil {
		return nil, err
	}
	if !v.Authz.Can(v.ctx, typ, "read") {
		return nil, errs.Missing()
	}
	l, err := d.ListRows(v.ctx, resource.ListQuery{Q: q, Limit: 20, Total: "none"})
	if err != nil {
		return nil, err
	}
	out := []map[string]string{}
	for _, r := range l.Rows {
		item := map[string]string{"id": strconv.FormatInt(r.Base().ID, 10), "text": r.Title()}
		if r.Title() != r.Base().No {
			item["sub"] = r.Base().No
		}
		out = append(out, item)
	}
	return out, nil
}

func (s *Server) ref(v *view) error {
	out, err := v.refList(v.c.Param("type"), v.c.Query("q"))
	if err != nil {
		return err
	}
	v.c.JSON(http.StatusOK, out)
	return nil
}
