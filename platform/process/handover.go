package process

import (
	"context"
	"slices"
	"time"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/trace"
)

// Accept confirms the hand-over of a document into its present stage. Until then
// the work stays on the giver's list. Only a holder of the stage's owner role (or
// the owner of the record) may. Errors: NotFound, Forbidden, Conflict.
func (e *Engine) Accept(ctx context.Context, r trace.Ref) error {
	return e.db.Tx(ctx, func(ctx context.Context) error {
		inst, now, err := e.lock(ctx, r)
		if err != nil {
			return err
		}
		obj, err := e.handlers[r.Type].Lock(ctx, r.ID)
		if err != nil {
			return err
		}
		if !inst.acceptedAt.IsZero() {
			return errs.New(errs.Conflict, "This has been accepted already.")
		}
		if !e.receives(ctx, inst) {
			return errs.New(errs.Forbidden, "Only the receiving role accepts a hand-over.")
		}
		d := e.version(inst.definitionID)
		v := e.event(ctx, d, inst, obj, now)
		v.Kind, v.Move = "accept", "accept"
		inst.acceptedAt = now
		return e.append(ctx, inst, &v)
	})
}

func (e *Engine) receives(ctx context.Context, inst *instance) bool {
	me := authz.Actor(ctx)
	roles := e.authz.Roles(me)
	return inst.ownerID == me || slices.Contains(roles, inst.ownerRole) || slices.Contains(roles, "core.admin")
}

// tell informs the receiver of a stage that asks for acceptance.
func (e *Engine) tell(ctx context.Context, d *Definition, inst *instance, obj Object, v Event) error {
	s := d.Stage(v.To)
	if v.From == v.To || s == nil || !s.Accept {
		return nil
	}
	b := obj.Base()
	people := []int64{inst.ownerID}
	if inst.ownerID == 0 {
		people = e.authz.Directory().Holders(inst.ownerRole, b.CompanyID, b.DeptID, true)
	}
	people = slices.DeleteFunc(people, func(id int64) bool { return id == v.Actor })
	return e.notify(ctx, Notice{Users: people, Kind: "handover", Message: "{0} was handed over to you; please accept it.", Args: []any{obj.Title()}, Object: v.Object})
}

// Reassign follows a change of owner: the work of the present stage moves with it, to
// the owner if the role of the stage is theirs, else to whoever holds it.
func (e *Engine) Reassign(ctx context.Context, r trace.Ref, b *record.Base) error {
	roles := []string{""}
	owner := int64(0)
	if p := e.authz.Directory().People[b.OwnerID]; p != nil {
		owner, roles = b.OwnerID, append(roles, p.Roles...)
	}
	return e.db.Later(ctx, errs.Missing(), `UPDATE core.proc_instance SET owner_id = CASE WHEN owner_role = ANY($3) THEN $4 ELSE 0 END, dept_id = $5, company_id = $6
		WHERE object_type = $1 AND object_id = $2`, r.Type, r.ID, db.Array(roles), owner, b.DeptID, b.CompanyID)
}

// Discard ends the process of a deleted draft; the log says so.
func (e *Engine) Discard(ctx context.Context, r trace.Ref, obj Object) error {
	inst, now, err := e.lock(ctx, r)
	if err != nil {
		return err
	}
	v := e.event(ctx, e.version(inst.definitionID), inst, obj, now)
	v.Kind, v.Move = "delete", "delete"
	inst.ended, inst.dueAt, inst.checkAt = true, time.Time{}, time.Time{}
	return e.append(ctx, inst, &v)
}
