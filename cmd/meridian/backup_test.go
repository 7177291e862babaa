package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"meridian/migrations"
	"meridian/platform/app"
	"meridian/platform/backup"
	"meridian/platform/clock"
	"meridian/platform/config"
	"meridian/platform/db"
	"meridian/platform/db/dbtest"
	"meridian/platform/web"
)

// TestBackup carries a company through a file into another database and goes on
// working there.
func TestBackup(t *testing.T) {
	w := newWalker(t)
	order := w.dealForBackup()
	w.sound()
	file := filepath.Join(t.TempDir(), "company.backup")
	want, err := backup.File(t.Context(), ownerOf(t, w.dsn), file, "test")
	if err != nil {
		t.Fatal(err)
	}

	// The target has had its first start: company, admin, roles, processes.
	dsn := dbtest.DSN(t)
	first := openSuite(t, dsn)
	_, before := stored(t, dsn)
	if err := restoreInto(t, dsn, file); !errors.Is(err, backup.ErrInUse) {
		t.Errorf("a restore beside a running program answers %v, want ErrInUse", err)
	}
	first.stop()
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{"flipped": flipped(archive), "cut": archive[:len(archive)*2/3]} {
		bad := filepath.Join(t.TempDir(), what)
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := restoreInto(t, dsn, bad); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("a %s file answers %v, want ErrDamaged", what, err)
		}
	}
	if _, after := stored(t, dsn); fmt.Sprint(after.Tables) != fmt.Sprint(before.Tables) {
		t.Error("a refused restore changed something")
	}

	if err := restoreInto(t, dsn, file); err != nil {
		t.Fatal(err)
	}
	if err := restoreInto(t, dsn, file); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("a restore over a company answers %v, want ErrNotEmpty", err)
	}
	_, got := stored(t, dsn)
	for i, x := range want.Tables {
		if g := got.Tables[i]; g.Name != x.Name || g.Rows != x.Rows || g.SHA256 != x.SHA256 {
			t.Errorf("%s has %d rows %.8s, want %s %d %.8s", g.Name, g.Rows, g.SHA256, x.Name, x.Rows, x.SHA256)
		}
	}

	second := &walker{suite: openSuite(t, dsn).suite, admin: w.admin, second: w.second}
	second.sound()
	for _, path := range []string{"ltc.order", "ltc.invoice", "ltc.opportunity", "crm.customer", "isc.shipment"} {
		if a, b := w.list(path, ""), second.list(path, ""); fmt.Sprint(a) != fmt.Sprint(b) || len(a) == 0 {
			t.Errorf("%s is %v, want %v", path, b, a)
		}
	}
	if a, b := w.get("ltc.order", id(order)), second.get("ltc.order", id(order)); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the order is %v, want %v", b, a)
	}
	lead := second.create("ltc.lead", doc{"company": "Next", "name": "Wang", "phone": "13900000000"})
	if want := int64(len(w.list("ltc.lead", ""))) + 1; id(lead) != want {
		t.Errorf("the next lead has id %d, want %d", id(lead), want)
	}
	second.move("ltc.lead", id(lead), "assign", doc{"owner": 1})
	second.sound()
}

// dealForBackup makes an order that is bought for, shipped, invoiced and paid.
func (w *walker) dealForBackup() doc {
	w.t.Helper()
	drive := w.create("ipd.product", doc{"name": "SV-750W servo drive", "kind": "goods", "unit": "pcs", "tax_rate": "0.13"})
	w.move("ipd.product", id(drive), "release", nil)
	w.create("ltc.price", doc{"product_id": id(drive), "price": "1860", "valid_from": inDays(-10)})
	house := w.create("isc.warehouse", doc{"name": "Main", "is_default": true})
	count := w.create("isc.adjustment", doc{"cause": "opening", "day": today(), "product_id": id(drive), "warehouse_id": id(house), "qty": "6", "unit_cost": "900"})
	w.move("isc.adjustment", id(count), "post", nil)
	supplier := w.create("proc.supplier", doc{"name": "Suzhou Motors", "payment_days": 30})
	w.moveAs(w.second, "proc.supplier", id(supplier), "qualify", nil)
	lead := w.create("ltc.lead", doc{"company": "华东精密制造有限公司", "name": "Li Wei", "phone": "13800138000"})
	deal := w.salesProcess(lead)
	return w.orderToCash(deal, drive, supplier, house)
}

func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 1
	return b
}

func ownerOf(t *testing.T, dsn string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), dsn, db.Options{Owner: true, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// stored backs up to memory.
func stored(t *testing.T, dsn string) ([]byte, backup.Manifest) {
	t.Helper()
	d := ownerOf(t, dsn)
	var b bytes.Buffer
	m, err := backup.Write(t.Context(), d, &b, "test")
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

func restoreInto(t *testing.T, dsn, file string) error {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	d := ownerOf(t, dsn)
	_, err = backup.Restore(t.Context(), d, f, migrations.FS)
	return errors.Join(err, d.Close(), f.Close())
}

// started is a suite on a database that is there already.
type started struct {
	*suite
	stop func()
}

func openSuite(t *testing.T, dsn string) started {
	t.Helper()
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{Company: "Bootstrap", Currency: "CNY", TZ: "Asia/Shanghai", Lang: "zh", AdminPassword: testPassword, WebhookSecret: "webhook secret"}
	o := &opened{dsn: dsn}
	if o.Platform, err = app.New(cfg, d, clock.System); err != nil {
		t.Fatal(err)
	}
	o.system = wire(o.Platform)
	if o.fresh, err = o.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := web.New(o.Platform)
	h := httptest.NewServer(srv.Handler())
	stop := func() { srv.Close(); h.CloseClientConnections(); h.Close(); _ = d.Close() }
	t.Cleanup(stop)
	return started{suite: &suite{opened: o, t: t, url: h.URL}, stop: stop}
}

// TestBackupCommands runs the commands on the server of DATABASE_URL.
func TestBackupCommands(t *testing.T) {
	from, to, file := dbtest.DSN(t), dbtest.DSN(t), filepath.Join(t.TempDir(), "x.backup")
	openSuite(t, from).stop()
	ctx := context.WithoutCancel(t.Context())
	t.Setenv("DATABASE_URL", from)
	if err := run(ctx, []string{"backup", file}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL", to)
	if err := run(ctx, []string{"restore", file}); err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, []string{"restore"}); err == nil {
		t.Error("restore without a file succeeds")
	}
	if fresh := openSuite(t, to).fresh; fresh.Admin != 0 {
		t.Error("the restored database has no admin")
	}
}
