// Package ledger is the journal every module posts into: a short chart, accounts by
// posting rule, fiscal periods, append-only entries that balance. The general ledger
// proper stays with the accounting program of the company; this one keeps the control
// accounts that sub-ledgers must equal, and the trial balance.
package ledger

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"meridian/configs"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Key is what a line is for; the posting rules of the company turn it into an account.
type Key string

// The keys of the default chart (configs/chart.csv).
const (
	Bank              Key = "bank"
	Receivable        Key = "receivable" // control account: what customers owe
	ContractAsset     Key = "contract_asset"
	ContractLiability Key = "contract_liability"
	OnAccount         Key = "on_account" // control account: money received and not allocated
	Allowance         Key = "allowance"
	Stock             Key = "stock"
	Payable           Key = "payable"
	TaxOut            Key = "tax_out"
	Loyalty           Key = "loyalty"
	Revenue           Key = "revenue"
	OtherIncome       Key = "other_income"
	CostOfSales       Key = "cost_of_sales"
	Selling           Key = "selling"
	BankFee           Key = "bank_fee"
	FX                Key = "fx"
	Difference        Key = "difference"
	BadDebt           Key = "bad_debt"
	ContractLoss      Key = "contract_loss"
	LossProvision     Key = "loss_provision"
)

// Area is what a period is closed for.
type Area string

// The areas.
const (
	AreaStock      Area = "stock"
	AreaPayable    Area = "payable"
	AreaReceivable Area = "receivable"
	AreaRevenue    Area = "revenue"
	AreaBudget     Area = "budget"
)

// Entry is one posting.
type Entry struct {
	Company int64
	Day     date.Date
	Area    Area
	Event   string    // ltc.invoice.posted
	Doc     trace.Ref // the document that caused it
	Note    string
	Key     string // repeating a key posts nothing
	Lines   []Line
}

// Line is one side of an entry, in base currency. Zero lines are left out.
type Line struct {
	Account       Key
	Class         string // product class, "" for the general rule
	Party         int64  // customer or supplier of a control account
	Debit, Credit money.Amount
}

// Dr is a debit line.
func Dr(k Key, a money.Amount) Line { return Line{Account: k, Debit: a} }

// Cr is a credit line.
func Cr(k Key, a money.Amount) Line { return Line{Account: k, Credit: a} }

// Of names the party of a line.
func (l Line) Of(party int64) Line { l.Party = party; return l }

// Ledger posts and reads.
type Ledger struct {
	DB *db.DB

	Accounts *resource.Type[Account]
	Rules    *resource.Type[PostingRule]
	Periods  *resource.Type[Period]
}

// Post writes an entry in the transaction of ctx. Errors: Precondition when the period
// of its day is closed for its area, an error naming the key when no rule has an
// account for it. An entry that does not balance is a defect of the program.
func (l *Ledger) Post(ctx context.Context, e Entry) error {
	if e.Key == "" || e.Day.IsZero() || e.Company == 0 {
		return fmt.Errorf("ledger: entry of %s without key, day or company", e.Doc)
	}
	open, err := l.Open(ctx, e.Company, e.Area, e.Day)
	if err != nil {
		return err
	}
	if !open {
		return errs.New(errs.Precondition, "The period {0} is closed; nothing is posted into it.", e.Day.String()[:7])
	}
	accounts, amounts, parties, err := l.lines(ctx, e)
	if err != nil || len(accounts) == 0 {
		return err
	}
	err = l.DB.Later(ctx, nil, `WITH e AS (INSERT INTO core.journal_entry (company_id, day, event, object_type, object_id, note, actor, idem_key)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (idem_key) DO NOTHING RETURNING id)
		INSERT INTO core.journal_line (entry_id, company_id, day, account_id, party, amount)
		SELECT e.id, $1, $2, x.account, x.party, x.amount::numeric FROM e, unnest($9::bigint[], $10::bigint[], $11::text[]) AS x(account, party, amount)`,
		e.Company, e.Day, e.Event, e.Doc.Type, e.Doc.ID, e.Note, authz.Actor(ctx), e.Key, accounts, parties, amounts)
	if err != nil {
		return fmt.Errorf("post %s: %w", e.Doc, err)
	}
	return nil
}

// lines finds the accounts and makes sure debit equals credit.
func (l *Ledger) lines(ctx context.Context, e Entry) (accounts []int64, amounts []string, parties []int64, err error) {
	lines := slices.DeleteFunc(slices.Clone(e.Lines), func(x Line) bool { return x.amount().IsZero() })
	found, err := l.accounts(ctx, e.Company, lines)
	if err != nil {
		return nil, nil, nil, err
	}
	var sum money.Amount
	for i, x := range lines {
		sum = sum.Add(x.amount())
		accounts, amounts, parties = append(accounts, found[i]), append(amounts, x.amount().String()), append(parties, x.Party)
	}
	if !sum.IsZero() {
		return nil, nil, nil, fmt.Errorf("ledger: entry %s of %s is out of balance by %s", e.Key, e.Doc, sum)
	}
	return accounts, amounts, parties, nil
}

// amount is the line with its sign: debit positive.
func (l Line) amount() money.Amount { return l.Debit.Sub(l.Credit) }

// accounts are the accounts of lines: the rule of the class before the general one. A
// company without a chart gets the default one.
func (l *Ledger) accounts(ctx context.Context, company int64, lines []Line) ([]int64, error) {
	keys := make([]string, len(lines))
	for i, x := range lines {
		keys[i] = string(x.Account)
	}
	for seeded := false; ; seeded = true {
		rules, err := db.Select[PostingRule](ctx, l.DB, `SELECT key, class, account_id FROM core.posting_rule WHERE company_id = ? AND key = ANY(?) AND archived_at IS NULL`, company, db.Array(keys))
		if err != nil {
			return nil, err
		}
		out, lacking := choose(rules, lines)
		if lacking == "" {
			return out, nil
		}
		if seeded {
			return nil, errs.New(errs.Precondition, "There is no posting rule for {0}; name its account in the posting rules.", string(lacking))
		}
		if err := l.Seed(ctx, company); err != nil {
			return nil, err
		}
	}
}

// choose finds the rule of each line; lacking is a key without one.
func choose(rules []PostingRule, lines []Line) (out []int64, lacking Key) {
	out = make([]int64, len(lines))
	for i, x := range lines {
		for _, r := range rules {
			if r.Key == string(x.Account) && (r.Class == x.Class || r.Class == "" && out[i] == 0) {
				out[i] = r.AccountID
			}
		}
		if out[i] == 0 {
			return nil, x.Account
		}
	}
	return out, ""
}

// Seed gives a company without accounts the default chart. Repeating it does nothing.
func (l *Ledger) Seed(ctx context.Context, company int64) error {
	f, err := configs.FS.Open("chart.csv")
	if err != nil {
		return fmt.Errorf("open default chart: %w", err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("read default chart: %w", err)
	}
	return l.DB.Tx(ctx, func(ctx context.Context) error {
		if err := l.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('meridian chart'), $1::int)`, company); err != nil {
			return err
		}
		var n, name int
		if _, err := l.DB.Row(ctx, `SELECT (SELECT count(*) FROM core.account WHERE company_id = $1), CASE lang WHEN 'zh' THEN 2 ELSE 1 END FROM core.company WHERE id = $1`, []any{company}, &n, &name); err != nil || n > 0 {
			return err
		}
		ctx = authz.System(ctx, "default chart of accounts")
		for _, r := range rows[1:] {
			a := &Account{Code: r[0], Name: r[name], Kind: r[3], Control: r[4]}
			a.CompanyID = company
			if err := l.Accounts.Create(ctx, a); err != nil {
				return fmt.Errorf("account %s: %w", r[0], err)
			}
			for _, k := range strings.Fields(r[5]) {
				p := &PostingRule{Key: k, AccountID: a.ID}
				p.CompanyID = company
				if err := l.Rules.Create(ctx, p); err != nil {
					return fmt.Errorf("posting rule %s: %w", k, err)
				}
			}
		}
		return nil
	})
}

// Open reports whether a day may be posted into for an area. Inside a transaction the
// period cannot close before the commit.
func (l *Ledger) Open(ctx context.Context, company int64, area Area, day date.Date) (bool, error) {
	lock := ""
	if db.InTx(ctx) {
		lock = " FOR SHARE"
	}
	var stage string
	ok, err := l.DB.Row(ctx, `SELECT stage FROM core.period WHERE company_id = $1 AND area = $2 AND month = $3 AND archived_at IS NULL`+lock,
		[]any{company, string(area), day.MonthStart()}, &stage)
	return !ok || stage == string(PeriodOpen), err
}

// OpenDay is day when its period is open, else the first day of the next open one:
// what came too late for a closed period is caught up there.
func (l *Ledger) OpenDay(ctx context.Context, company int64, area Area, day date.Date) (date.Date, error) {
	for d := day; ; d = d.MonthStart().AddMonths(1) {
		open, err := l.Open(ctx, company, area, d)
		if err != nil || open {
			return d, err
		}
		if d.Sub(day) > 3700 {
			return d, errs.New(errs.Precondition, "No open period follows {0}.", day)
		}
	}
}

// Balance is the sum of a control account on a day, debit positive; party 0 is all.
func (l *Ledger) Balance(ctx context.Context, company int64, control string, party int64, day date.Date) (money.Amount, error) {
	var a money.Amount
	_, err := l.DB.Row(ctx, `SELECT coalesce(sum(j.amount), 0) FROM core.journal_line j JOIN core.account a ON a.id = j.account_id
		WHERE j.company_id = $1 AND a.control = $2 AND j.day <= $3 AND ($4 = 0 OR j.party = $4)`, []any{company, control, day, party}, &a)
	return a, err
}

// Parties is the balance of a control account by party, those of zero left out.
func (l *Ledger) Parties(ctx context.Context, company int64, control string, day date.Date) (map[int64]money.Amount, error) {
	rows, err := db.Select[struct {
		Party  int64
		Amount money.Amount
	}](ctx, l.DB, `SELECT j.party, sum(j.amount) AS amount FROM core.journal_line j JOIN core.account a ON a.id = j.account_id
		WHERE j.company_id = ? AND a.control = ? AND j.day <= ? GROUP BY 1 HAVING sum(j.amount) <> 0`, company, control, day)
	out := map[int64]money.Amount{}
	for _, r := range rows {
		out[r.Party] = r.Amount
	}
	return out, err
}

// Journal is one line of the journal for people.
type Journal struct {
	Day       date.Date
	Event     string
	Code      string
	Name      string
	Note      string
	Amount    money.Amount
	Doc       trace.Ref `gorm:"embedded;embeddedPrefix:doc_"`
	Party     int64
	CreatedAt time.Time
}

// Of lists the lines posted for a document, in their order.
func (l *Ledger) Of(ctx context.Context, doc trace.Ref) ([]Journal, error) {
	return db.Select[Journal](ctx, l.DB, `SELECT e.day, e.event, a.code, a.name, e.note, j.amount, e.object_type AS doc_type, e.object_id AS doc_id, j.party, e.at AS created_at
		FROM core.journal_entry e JOIN core.journal_line j ON j.entry_id = e.id JOIN core.account a ON a.id = j.account_id
		WHERE e.object_type = ? AND e.object_id = ? ORDER BY e.id, j.id`, doc.Type, doc.ID)
}

// Check is the self-check of the journal: entries balance and their lines agree with
// them on company and day; every account exists.
func (l *Ledger) Check(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, l.DB, `SELECT 'entry ' || e.id || ' of ' || e.object_type || '/' || e.object_id || ' does not balance' AS line
		FROM core.journal_entry e LEFT JOIN core.journal_line j ON j.entry_id = e.id GROUP BY e.id
		HAVING coalesce(sum(j.amount), 1) <> 0 OR bool_or(j.day <> e.day OR j.company_id <> e.company_id)
		UNION ALL SELECT 'entry ' || j.entry_id || ' names an account that does not exist' FROM core.journal_line j WHERE NOT EXISTS (SELECT FROM core.account WHERE id = j.account_id)`)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, err
}
