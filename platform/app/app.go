// Package app puts the platform together: every module is built on a Platform,
// and Start readies the database, the processes and the permissions.
package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"meridian/configs"
	"meridian/platform/api"
	"meridian/platform/attach"
	"meridian/platform/audit"
	"meridian/platform/authn"
	"meridian/platform/authz"
	"meridian/platform/calendar"
	"meridian/platform/clock"
	"meridian/platform/comment"
	"meridian/platform/config"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/event"
	"meridian/platform/i18n"
	"meridian/platform/jobs"
	"meridian/platform/kpi"
	"meridian/platform/ledger"
	"meridian/platform/notify"
	"meridian/platform/process"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/sequence"
	"meridian/platform/share"
	"meridian/platform/trace"
	"meridian/platform/transfer"
	"meridian/platform/web/ui"
)

// Platform is what every module stands on.
type Platform struct {
	Config  config.Config
	DB      *db.DB
	Bus     *event.Bus
	Types   *resource.Registry
	Process *process.Engine
	Authz   *authz.Authz
	Authn   *authn.Authn
	Audit   *audit.Log
	Trace   *trace.Trace
	Reports *report.Registry
	Ledger  *ledger.Ledger
	KPI     *kpi.Registry
	Numbers *sequence.Numbers
	Notices *notify.Notices
	// Mail hands a mail to the server; nil when none is configured. It is slow and may
	// fail: call it from work of the queue, never inside a transaction.
	Mail     func(ctx context.Context, m notify.Mail) error
	Jobs     *jobs.Scheduler
	Queue    *jobs.Queue
	Imports  *transfer.Importer
	Exports  *transfer.Exporter
	API      *api.API
	Comments *comment.Comments
	Files    *attach.Files
	Shares   *share.Shares
	Text     *i18n.Catalogue
	Log      *slog.Logger
	Now      clock.Clock
	Modules  []Module
	// LoginNote stands under the sign-in form: where the accounts of a
	// demonstration are found.
	LoginNote string
	Checks    []Check

	Departments *resource.Type[departmentRecord]
	Users       *resource.Type[userRecord]
	Companies   *resource.Type[companyRecord]

	autoStep  *resource.Field[autoStep]
	calendars sync.Map // company id + policy version -> process.Calendar
}

// Version is the version of the program; the release build sets it.
var Version = "dev"

// Module is how a business module presents itself on the process map.
type Module struct {
	Code, Label, Icon string
	Types             []string // document types in menu order
	Help              fs.FS    // README.md and README.zh.md: its concepts
}

// New builds the platform on an open database. Nothing is read yet.
func New(cfg config.Config, d *db.DB, now clock.Clock) (*Platform, error) {
	p := &Platform{Config: cfg, DB: d, Bus: event.NewBus(), KPI: kpi.NewRegistry(), Text: i18n.NewCatalogue(), Log: slog.Default(), Now: now}
	p.Authz = authz.New(d)
	d.Visible, d.Subtree = p.Authz.Visible, func(dept int64) []int64 { return p.Authz.Directory().Subtree(dept) }
	p.Audit = audit.New(d)
	p.Trace = trace.New(d)
	p.Numbers = sequence.New(d, now)
	p.Notices = notify.New(d, now)
	p.Process = process.New(process.Config{DB: d, Authz: p.Authz, Audit: p.Audit, Now: now, Calendar: p.Calendar, Notify: p.Notices.Send})
	p.Types = (&resource.Registry{DB: d, Authz: p.Authz, Engine: p.Process, Trace: p.Trace, Audit: p.Audit, Numbers: p.Numbers, Now: now}).Init()
	p.Reports = &report.Registry{Free: func(name string) bool { _, err := p.Types.Doc(name); return err != nil }, Names: p.Types.Names}
	var err error
	if p.Authn, err = authn.New(d, p.Authz, p.Audit, now); err != nil {
		return nil, err
	}
	for _, fsys := range []fs.FS{text, ui.Text} {
		if err := p.Text.Add(fsys); err != nil {
			return nil, err
		}
	}
	loc, err := time.LoadLocation(cfg.TZ)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	p.Jobs = jobs.New(d, now, loc)
	if p.Queue, err = jobs.NewQueue(d); err != nil {
		return nil, err
	}
	if err := p.sendMail(); err != nil {
		return nil, err
	}
	p.moveData()
	p.Comments = &comment.Comments{DB: d, Authz: p.Authz, Notices: p.Notices}
	p.Files = &attach.Files{DB: d}
	p.Shares = &share.Shares{DB: d, Authz: p.Authz, Types: p.Types, Audit: p.Audit, Notices: p.Notices, Now: now, Location: p.Location}
	p.API = api.New(api.Config{DB: d, Types: p.Types, Authz: p.Authz, Authn: p.Authn, Process: p.Process, Trace: p.Trace, KPI: p.KPI, Notices: p.Notices, Shares: p.Shares, Reports: p.Reports, Text: p.Text, Version: Version})
	p.declare()
	p.declareExports()
	p.declareAutoSteps()
	p.Ledger = ledger.New(d, p.Types)
	p.Ledger.Declare(p.Reports, p.Today)
	p.AddCheck("journal: entries balance", p.Ledger.Check)
	return p, nil
}

// Start readies a migrated database: processes, default roles, the first company
// and administrator. It reports what a fresh start made.
func (p *Platform) Start(ctx context.Context) (Fresh, error) {
	if err := p.Types.Check(ctx); err != nil {
		return Fresh{}, err
	}
	if err := p.DB.Tx(ctx, func(ctx context.Context) error {
		return p.DB.Exec(ctx, `SELECT core.make_partitions(13)`)
	}); err != nil {
		return Fresh{}, err
	}
	p.offerAutoSteps()
	if err := p.Process.Sync(ctx); err != nil {
		return Fresh{}, err
	}
	roles, err := configs.FS.Open("roles.csv")
	if err != nil {
		return Fresh{}, fmt.Errorf("open default roles: %w", err)
	}
	defer func() { _ = roles.Close() }()
	if err := p.Authz.Seed(ctx, roles); err != nil {
		return Fresh{}, err
	}
	fresh, err := p.bootstrap(ctx)
	if err != nil {
		return fresh, err
	}
	return fresh, p.Authz.Reload(ctx)
}

// Calendar returns the working calendar of a company; without an own definition
// the usual one: Monday to Friday, 09:00 to 12:00 and 13:00 to 18:00.
func (p *Platform) Calendar(company int64) process.Calendar {
	key := fmt.Sprintf("%d/%d", company, p.Authz.Version())
	if c, ok := p.calendars.Load(key); ok {
		return c.(process.Calendar)
	}
	loc := time.UTC
	var cal *calendar.Calendar
	if c := p.Authz.Directory().Companies[company]; c != nil {
		loc = c.Location
		if len(c.Calendar) > 2 {
			own := new(calendar.Calendar)
			if err := json.Unmarshal(c.Calendar, own); err != nil {
				p.Log.Error("calendar of company is unreadable", slog.Int64("company", company), slog.Any("error", err))
			} else {
				cal = own
			}
		}
	}
	if cal == nil {
		cal = calendar.Must(calendar.New(loc, calendar.MondayToFriday(calendar.Window{From: 9 * 60, To: 12 * 60}, calendar.Window{From: 13 * 60, To: 18 * 60})))
	}
	p.calendars.Store(key, cal)
	return cal
}

// Location is the time zone of the actor's company.
func (p *Platform) Location(ctx context.Context) *time.Location {
	s, _ := authz.Of(ctx)
	if c := p.Authz.Directory().Companies[s.Company]; c != nil {
		return c.Location
	}
	return time.UTC
}

// Today is the day in the time zone of the actor's company.
func (p *Platform) Today(ctx context.Context) date.Date { return date.Of(p.Now().In(p.Location(ctx))) }

// AddModule puts a module on the process map and its texts into the catalogue. It
// panics when a text is unreadable or contradicts another.
func (p *Platform) AddModule(m Module, texts fs.FS) {
	p.Modules = append(p.Modules, m)
	if err := p.Text.AddModule(m.Code, texts); err != nil {
		panic(err)
	}
}

// Check is a self-check of a ledger or balance: it returns what is wrong.
type Check struct {
	Name string
	Run  func(ctx context.Context) ([]string, error)
}

// AddCheck adds a self-check; `meridian doctor` and the nightly job run them all.
func (p *Platform) AddCheck(name string, run func(ctx context.Context) ([]string, error)) {
	p.Checks = append(p.Checks, Check{name, run})
}

// AllChecks are the self-checks of the platform and of every module.
func (p *Platform) AllChecks() []Check {
	return append([]Check{
		{"log: hash chains and stages", p.Process.Verify},
		{"permissions: compiled rules agree with casbin", p.checkRules},
	}, p.Checks...)
}

// checkRules asks casbin and the snapshot the same questions.
func (p *Platform) checkRules(ctx context.Context) ([]string, error) {
	var bad []string
	for id, who := range p.Authz.Directory().People {
		asked := 0
		for _, d := range p.Types.Docs() {
			for _, act := range d.Info().Actions() {
				if asked++; asked%7 != int(id)%7 { // a seventh of the questions per person
					continue
				}
				want, err := p.Authz.Enforce(id, d.Info().Name, act)
				if err != nil {
					return nil, err
				}
				got := p.Authz.Can(authz.With(context.WithoutCancel(ctx), authz.Subject{User: id}), d.Info().Name, act)
				if authz.IsSystem(ctx) {
					got = len(p.Authz.Explain(id, d.Info().Name, act)) > 0
				}
				if got != want {
					bad = append(bad, fmt.Sprintf("%s %s:%s is %v, casbin says %v", who.Username, d.Info().Name, act, got, want))
				}
			}
		}
	}
	return bad, nil
}
