package process

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"meridian/platform/db"
	"meridian/platform/trace"
)

// Event is one row of the log.
type Event struct {
	ID         int64
	At         time.Time
	InstanceID int64
	Seq        int
	Kind       string // move, approval, accept, timer
	Process    string
	Version    int
	Object     trace.Ref
	Move       string
	From, To   string
	FromAt     time.Time
	WorkSecs   int64
	DueAt      time.Time
	Actor      int64
	OnBehalf   int64
	Role       string
	CompanyID  int64
	DeptID     int64
	Flags      string // comma-separated: import, auto, late, override, migrated
	Reason     string
	Data       map[string]string
	Policy     int64
	Hash       []byte
	Links      []trace.Ref // objects the event also concerns
}

// digest chains the event to the one before: every column but id and xid is
// covered. The instance is named by process and object, since the id of a first
// row is not known before it is stored.
func (v *Event) digest(previous []byte) []byte {
	var b bytes.Buffer
	b.Write(previous)
	for _, s := range []string{
		stamp(v.At), strconv.Itoa(v.Seq), v.Kind, v.Process, strconv.Itoa(v.Version), v.Object.String(),
		v.Move, v.From, v.To, stamp(v.FromAt), strconv.FormatInt(v.WorkSecs, 10), stamp(v.DueAt),
		strconv.FormatInt(v.Actor, 10), strconv.FormatInt(v.OnBehalf, 10), v.Role,
		strconv.FormatInt(v.CompanyID, 10), strconv.FormatInt(v.DeptID, 10), v.Flags, v.Reason,
		string(canonical(v.Data)), strconv.FormatInt(v.Policy, 10),
	} {
		b.WriteString(strconv.Itoa(len(s)))
		b.WriteByte(':')
		b.WriteString(s)
	}
	sum := sha256.Sum256(b.Bytes())
	return sum[:]
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.000000Z")
}

// canonical is the JSON of m with sorted keys; values are text, so decimals keep
// their digits.
func canonical(m map[string]string) []byte {
	if len(m) == 0 {
		return []byte("{}")
	}
	b, _ := json.Marshal(m) // a map of strings always marshals, keys sorted
	return b
}

func null(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// insertEvent is shared by the first event of an instance and the later ones.
const insertEvent = `INSERT INTO core.proc_event (at, instance_id, seq, kind, process, version, object_type, object_id, move,
	from_stage, to_stage, from_at, work_secs, due_at, actor, on_behalf_of, role, company_id, dept_id, flags, reason, data, policy_version, hash)
	SELECT $1, %s, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23 %s`

func (v *Event) args() []any {
	return []any{v.At, v.Seq, v.Kind, v.Process, v.Version, v.Object.Type, v.Object.ID, v.Move, v.From, v.To, null(v.FromAt), v.WorkSecs,
		null(v.DueAt), v.Actor, v.OnBehalf, v.Role, v.CompanyID, v.DeptID, v.Flags, v.Reason, string(canonical(v.Data)), v.Policy, v.Hash}
}

// start stores the instance and its first event in one statement.
func (e *Engine) start(ctx context.Context, in *instance, v *Event) error {
	v.Hash = v.digest(nil)
	q := `WITH inst AS (INSERT INTO core.proc_instance (definition_id, process, object_type, object_id, stage, ended, seq, entered_at, due_at, check_at,
		owner_role, owner_id, company_id, dept_id, last_hash, accepted_at)
		VALUES ($24, $4, $6, $7, $10, $25, $2, $1, $13, $26, $27, $28, $17, $18, $23, $29) RETURNING id)
		` + fmt.Sprintf(insertEvent, "inst.id", "FROM inst")
	args := append(v.args(), in.definitionID, in.ended, null(in.checkAt), in.ownerRole, in.ownerID, null(in.acceptedAt))
	if err := e.db.Later(ctx, nil, q, args...); err != nil {
		return fmt.Errorf("start process of %s: %w", v.Object, err)
	}
	return nil
}

// append stores the event and the instance it leads to in one statement.
func (e *Engine) append(ctx context.Context, in *instance, v *Event) error {
	v.Hash = v.digest(in.lastHash)
	q := `WITH ev AS (` + fmt.Sprintf(insertEvent, "$24", "") + `)
		UPDATE core.proc_instance SET stage = $25, ended = $26, seq = $2, entered_at = $27, accepted_at = $28, due_at = $29, check_at = $30,
		owner_role = $31, owner_id = $32, pending_move = $33, company_id = $17, dept_id = $18, last_hash = $23, definition_id = $34, level = $35 WHERE id = $24`
	args := append(v.args(), in.id, in.stage, in.ended, in.enteredAt, null(in.acceptedAt), null(in.dueAt), null(in.checkAt),
		in.ownerRole, in.ownerID, in.pending, in.definitionID, in.level)
	if err := e.db.Later(ctx, nil, q, args...); err != nil {
		return fmt.Errorf("log %s of %s: %w", v.Move, v.Object, err)
	}
	in.lastHash, in.seq = v.Hash, v.Seq
	return nil
}

const eventColumns = `id, at, instance_id, seq, kind, process, version, object_type, object_id, move, from_stage, to_stage, from_at, work_secs, due_at,
	actor, on_behalf_of, role, company_id, dept_id, flags, reason, data, policy_version, hash`

func scanEvent(r *sql.Rows) (Event, error) {
	var v Event
	var fromAt, dueAt sql.NullTime
	var data []byte
	err := r.Scan(&v.ID, &v.At, &v.InstanceID, &v.Seq, &v.Kind, &v.Process, &v.Version, &v.Object.Type, &v.Object.ID, &v.Move, &v.From, &v.To,
		&fromAt, &v.WorkSecs, &dueAt, &v.Actor, &v.OnBehalf, &v.Role, &v.CompanyID, &v.DeptID, &v.Flags, &v.Reason, &data, &v.Policy, &v.Hash)
	if err != nil {
		return v, fmt.Errorf("scan event: %w", err)
	}
	v.FromAt, v.DueAt = fromAt.Time, dueAt.Time
	if err := json.Unmarshal(data, &v.Data); err != nil {
		return v, fmt.Errorf("data of event %d: %w", v.ID, err)
	}
	return v, nil
}

// History returns the events of an object, the first first. The caller has
// checked the right to read the object.
func (e *Engine) History(ctx context.Context, r trace.Ref) ([]Event, error) {
	var out []Event
	err := e.db.Each(ctx, `SELECT `+eventColumns+` FROM core.proc_event WHERE object_type = $1 AND object_id = $2 ORDER BY instance_id, seq`,
		[]any{r.Type, r.ID}, func(rows *sql.Rows) error {
			v, err := scanEvent(rows)
			out = append(out, v)
			return err
		})
	return out, err
}

// Verify recomputes every chain and reports each broken one: a changed byte, a
// gap or double in seq, an instance that does not match its last event.
func (e *Engine) Verify(ctx context.Context) (bad []string, err error) {
	err = e.db.Tx(db.Detach(ctx), func(ctx context.Context) error { // one snapshot for both readings
		if err := e.db.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
			return err
		}
		bad, err = e.verify(ctx)
		return err
	})
	return bad, err
}

func (e *Engine) verify(ctx context.Context) ([]string, error) {
	var bad []string
	type tail struct {
		seq  int
		hash []byte
		last Event
	}
	tails := map[int64]*tail{}
	err := e.db.Each(ctx, `SELECT `+eventColumns+` FROM core.proc_event ORDER BY instance_id, seq`, nil, func(rows *sql.Rows) error {
		v, err := scanEvent(rows)
		if err != nil {
			return err
		}
		t := tails[v.InstanceID]
		if t == nil {
			t = &tail{}
			tails[v.InstanceID] = t
		}
		if v.Seq != t.seq+1 {
			bad = append(bad, fmt.Sprintf("%s: event %d follows %d", v.Object, v.Seq, t.seq))
		}
		if !bytes.Equal(v.digest(t.hash), v.Hash) {
			bad = append(bad, fmt.Sprintf("%s: event %d was changed after it was written", v.Object, v.Seq))
		}
		t.seq, t.hash, t.last = v.Seq, v.Hash, v
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("verify the log: %w", err)
	}
	err = e.db.Each(ctx, `SELECT id, object_type, object_id, seq, last_hash, stage, EXISTS (SELECT FROM core.proc_def WHERE id = definition_id) FROM core.proc_instance`, nil, func(r *sql.Rows) error {
		var id int64
		var ref trace.Ref
		var seq int
		var hash []byte
		var stage string
		var defined bool
		if err := r.Scan(&id, &ref.Type, &ref.ID, &seq, &hash, &stage, &defined); err != nil {
			return err
		}
		if !defined {
			bad = append(bad, fmt.Sprintf("%s: its process is not defined", ref))
		}
		t := tails[id]
		if t == nil || t.seq != seq || !bytes.Equal(t.hash, hash) || t.last.To != stage {
			bad = append(bad, fmt.Sprintf("%s: the log does not lead to its present state", ref))
		}
		delete(tails, id)
		return nil
	})
	for id := range tails {
		bad = append(bad, fmt.Sprintf("instance %d: events without an instance", id))
	}
	return bad, err
}

func flags(list ...string) string {
	var out []string
	for _, f := range list {
		if f != "" {
			out = append(out, f)
		}
	}
	return strings.Join(out, ",")
}
