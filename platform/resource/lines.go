package resource

import "context"

// LoadLines reads the lines of rows of this type that a list returned without them.
func (t *Type[T]) LoadLines(ctx context.Context, rows []Row) error {
	list := make([]*T, 0, len(rows))
	for _, r := range rows {
		if x, ok := r.(*row[T]); ok {
			list = append(list, x.r)
		}
	}
	return t.Store.LoadLines(ctx, list)
}
