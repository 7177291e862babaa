package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/jobs"
)

// addJobs declares what runs by time.
func (o *opened) addJobs() {
	add := func(name, label, spec string, run func(ctx context.Context) error) {
		o.Jobs.Add(jobs.Job{Name: name, Label: label, Spec: spec, Run: run})
	}
	add("core.limits", "Remind about time limits", "@every 30s", func(ctx context.Context) error {
		_, err := o.Process.Sweep(ctx)
		return err
	})
	add("core.imports", "Take up imports that were broken off", "@every 30s", o.Imports.Revive)
	add("core.partitions", "Prepare the log for the months ahead", "10 1 * * *", func(ctx context.Context) error {
		return o.DB.Tx(ctx, func(ctx context.Context) error { return o.DB.Exec(ctx, `SELECT core.make_partitions(13)`) })
	})
	add("core.check", "Recompute ledgers, balances and chains", "30 2 * * *", o.selfCheck)
	add("core.tidy", "Forget old sessions and request keys", "0 3 * * *", func(ctx context.Context) error {
		return o.DB.Tx(ctx, func(ctx context.Context) error {
			if err := o.DB.Exec(ctx, `DELETE FROM core.session WHERE expires_at < now() - interval '1 day'`); err != nil {
				return err
			}
			if err := o.DB.Exec(ctx, `DELETE FROM core.login_failure WHERE at < now() - interval '1 day'`); err != nil {
				return err
			}
			if err := o.DB.Exec(ctx, `DELETE FROM core.import_run WHERE state IN ('uploaded', 'checked') AND at < now() - interval '1 day'`); err != nil {
				return err
			}
			return o.DB.Exec(ctx, `DELETE FROM core.idempotency WHERE created_at < now() - interval '7 days'`)
		})
	})
	add("ltc.expire_quotes", "Expire quotes past their date", "5 0 * * *", func(ctx context.Context) error {
		return o.eachCompany(ctx, func(ctx context.Context, day date.Date) error {
			_, err := o.system.sales.ExpireQuotes(ctx, day)
			return err
		})
	})
	add("itr.close_silent", "Close solved cases after days of silence", "20 * * * *", func(ctx context.Context) error {
		_, err := o.system.service.CloseSilent(ctx)
		return err
	})
}

// eachCompany runs work with the calendar day of every company.
func (o *opened) eachCompany(ctx context.Context, run func(ctx context.Context, day date.Date) error) error {
	var all []error
	for id, c := range o.Authz.Directory().Companies {
		all = append(all, run(authz.With(ctx, authz.Subject{Company: id}), date.Of(o.Now().In(c.Location))))
	}
	return errors.Join(all...)
}

// selfCheck is doctor by night: a finding is the outcome the administrator sees.
func (o *opened) selfCheck(ctx context.Context) error {
	var bad []string
	for _, c := range o.AllChecks() {
		found, err := c.Run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		for _, f := range found {
			bad = append(bad, c.Name+": "+f)
		}
	}
	if len(bad) > 0 {
		return errors.New(strings.Join(bad[:min(len(bad), 20)], "; "))
	}
	return nil
}
