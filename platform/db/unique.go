package db

import (
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"meridian/platform/errs"
)

// uniqueError names the field of a duplicate key. Unique constraints are called
// <table>_<columns>_key, so the last column of the name is the field to mark.
func uniqueError(pe *pgconn.PgError, cause error) error {
	field := strings.TrimSuffix(strings.TrimPrefix(pe.ConstraintName, pe.TableName+"_"), "_key")
	field = strings.TrimPrefix(field, "company_id_")
	e := errs.Wrap(errs.Conflict, cause, "Another record already has this value.")
	if field != "" && field != pe.ConstraintName {
		e.Fields = []errs.Field{{Name: field, Message: "Another record already has this value."}}
	}
	return e
}
