package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"meridian/platform/pgrun"
)

// The bare server is the limit of this machine: gin, pgx and the fewest statements
// that keep the same rows, without permissions, checks, process, audit or log.

const bareSchema = `
CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE opportunity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, no text NOT NULL, name text NOT NULL, customer_id bigint NOT NULL, stage text NOT NULL,
	amount numeric(18,2) NOT NULL, probability numeric(18,6) NOT NULL, close_on date, owner_id bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE "order" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, no text NOT NULL, customer_id bigint NOT NULL, opportunity_id bigint, stage text NOT NULL, total numeric(18,2) NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE order_line (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL, product_id bigint NOT NULL, qty numeric(18,6) NOT NULL, price numeric(18,6) NOT NULL, amount numeric(18,2) NOT NULL);
CREATE TABLE stock (product_id bigint PRIMARY KEY, qty numeric(18,6) NOT NULL, reserved numeric(18,6) NOT NULL);
CREATE TABLE stock_move (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product_id bigint NOT NULL, qty numeric(18,6) NOT NULL, order_id bigint NOT NULL);
CREATE TABLE invoice (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL, total numeric(18,2) NOT NULL, stage text NOT NULL);
INSERT INTO customer (name) SELECT 'Factory ' || i FROM generate_series(1, %[1]d * 1000) i;
INSERT INTO opportunity (no, name, customer_id, stage, amount, probability, close_on, owner_id)
	SELECT 'O' || i, 'Servo drives', 1 + i %% (%[1]d * 1000), (ARRAY['won','lost','qualify','propose','negotiate','won','lost','won'])[1 + i %% 8], 1000 + (i::bigint * 7919) %% 90000, 0.5, date '2026-01-01' + i %% 300, i %% 20 FROM generate_series(1, %[1]d * 10000) i;
INSERT INTO "order" (no, customer_id, stage, total) SELECT 'S' || i, 1 + i %% (%[1]d * 1000), 'completed', 3000 FROM generate_series(1, %[1]d * 1000) i;
INSERT INTO order_line (order_id, product_id, qty, price, amount) SELECT i, l, 2, 500, 1000 FROM generate_series(1, %[1]d * 1000) i, generate_series(1, 3) l;
INSERT INTO stock (product_id, qty, reserved) SELECT i, 100000000, 0 FROM generate_series(1, 10) i;
CREATE INDEX ON opportunity (stage, amount DESC, id DESC);
CREATE INDEX ON opportunity (customer_id);
CREATE INDEX ON opportunity (owner_id, updated_at DESC);
CREATE INDEX ON order_line (order_id);
ANALYZE`

// makeBare fills the database of the bare server, once.
func makeBare(ctx context.Context, cluster *pgrun.Cluster, scale int) (err error) {
	if n, err := count(ctx, cluster.DSN("bare"), "opportunity"); err != nil || n >= scale*10000 {
		return err
	}
	admin, err := pgx.Connect(ctx, cluster.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, admin.Close(ctx)) }()
	for _, q := range []string{"DROP DATABASE IF EXISTS bare", "CREATE DATABASE bare"} {
		if _, err := admin.Exec(ctx, q); err != nil {
			return fmt.Errorf("bare database: %w", err)
		}
	}
	c, err := pgx.Connect(ctx, cluster.DSN("bare"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	if _, err := c.PgConn().Exec(ctx, fmt.Sprintf(bareSchema, scale)).ReadAll(); err != nil {
		return fmt.Errorf("bare database: %w", err)
	}
	return nil
}

type bareOpportunity struct {
	ID          int64     `json:"id"`
	No          string    `json:"no"`
	Name        string    `json:"name"`
	CustomerID  int64     `json:"customer_id"`
	Stage       string    `json:"stage"`
	Amount      string    `json:"amount"`
	Probability string    `json:"probability"`
	CloseOn     time.Time `json:"close_on"`
	OwnerID     int64     `json:"owner_id"`
	UpdatedAt   time.Time `json:"updated_at"`
}

type bareLine struct {
	ID        int64  `json:"id"`
	ProductID int64  `json:"product_id"`
	Qty       string `json:"qty"`
	Price     string `json:"price"`
	Amount    string `json:"amount"`
}

type bareOrder struct {
	ID         int64      `json:"id"`
	No         string     `json:"no"`
	CustomerID int64      `json:"customer_id"`
	Stage      string     `json:"stage"`
	Total      string     `json:"total"`
	Lines      []bareLine `json:"lines"`
}

type bareServer struct{ pool *pgxpool.Pool }

func serveBare(ctx context.Context, dsn string) error {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("address: %w", err)
	}
	cfg.MaxConns = 40
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer pool.Close()
	gin.SetMode(gin.ReleaseMode)
	g, b := gin.New(), bareServer{pool}
	for path, do := range map[string]func(ctx context.Context, id int64) (any, error){
		"/create": b.create, "/order": b.order, "/confirm/:id": b.confirm, "/ship/:id": b.ship, "/invoice/:id": b.invoice, "/win/:id": b.win,
	} {
		g.POST(path, b.answer(do))
	}
	g.GET("/list", b.answer(b.list))
	g.GET("/order/:id", b.answer(b.read))
	g.GET("/question/:key/:id", func(c *gin.Context) {
		b.answer(func(ctx context.Context, id int64) (any, error) { return b.question(ctx, c.Param("key"), id) })(c)
	})
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(os.Stdout, "bare listens on %s\n", l.Addr())
	h := &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second}
	go func() { <-ctx.Done(); _ = h.Close() }()
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func (b bareServer) answer(do func(ctx context.Context, id int64) (any, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, _ := strconv.ParseInt(c.Param("id"), 10, 64)
		v, err := do(c.Request.Context(), id)
		if err != nil {
			c.JSON(http.StatusInternalServerError, err.Error())
			return
		}
		c.JSON(http.StatusOK, v)
	}
}

// question answers one of the statements of the second part.
func (b bareServer) question(ctx context.Context, key string, id int64) (any, error) {
	rows, err := b.pool.Query(ctx, questions[key], id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToMap)
}

func (b bareServer) list(ctx context.Context, _ int64) (any, error) {
	rows, err := b.pool.Query(ctx, `SELECT id, no, name, customer_id, stage, amount::text, probability::text, close_on, owner_id, updated_at FROM opportunity o WHERE stage = $1 ORDER BY o.amount DESC, o.id DESC LIMIT 50`, "negotiate")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[bareOpportunity])
}

func (b bareServer) read(ctx context.Context, id int64) (any, error) {
	var o bareOrder
	if err := b.pool.QueryRow(ctx, `SELECT id, no, customer_id, stage, total::text FROM "order" WHERE id = $1`, id).Scan(&o.ID, &o.No, &o.CustomerID, &o.Stage, &o.Total); err != nil {
		return nil, err
	}
	rows, err := b.pool.Query(ctx, `SELECT id, product_id, qty::text, price::text, amount::text FROM order_line WHERE order_id = $1 ORDER BY id`, id)
	if err != nil {
		return nil, err
	}
	o.Lines, err = pgx.CollectRows(rows, pgx.RowToStructByPos[bareLine])
	return o, err
}

func (b bareServer) create(ctx context.Context, _ int64) (any, error) {
	var id int64
	err := b.pool.QueryRow(ctx, `INSERT INTO opportunity (no, name, customer_id, stage, amount, probability, close_on, owner_id) VALUES ('N', 'Servo drives', $1, 'qualify', 18600, 0.2, current_date, 1) RETURNING id`, 1+rand.IntN(1000)).Scan(&id)
	return gin.H{"id": id}, err
}

// tx runs a step of the deal in a transaction.
func (b bareServer) tx(ctx context.Context, fn func(tx pgx.Tx) (int64, error)) (any, error) {
	var id int64
	err := pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) (err error) { id, err = fn(tx); return err })
	return gin.H{"id": id}, err
}

func (b bareServer) order(ctx context.Context, _ int64) (any, error) {
	return b.tx(ctx, func(tx pgx.Tx) (id int64, err error) {
		if err := tx.QueryRow(ctx, `INSERT INTO "order" (no, customer_id, stage, total) VALUES ('N', $1, 'draft', 3000) RETURNING id`, 1+rand.IntN(1000)).Scan(&id); err != nil {
			return 0, err
		}
		first := rand.IntN(7)
		_, err = tx.Exec(ctx, `INSERT INTO order_line (order_id, product_id, qty, price, amount) VALUES ($1, $2, 2, 500, 1000), ($1, $3, 2, 500, 1000), ($1, $4, 2, 500, 1000)`, id, 1+first, 2+first, 3+first)
		return id, err
	})
}

func (b bareServer) confirm(ctx context.Context, id int64) (any, error) {
	return b.tx(ctx, func(tx pgx.Tx) (int64, error) {
		if _, err := tx.Exec(ctx, `SELECT FROM stock WHERE product_id IN (SELECT product_id FROM order_line WHERE order_id = $1) ORDER BY product_id FOR UPDATE`, id); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `UPDATE stock s SET reserved = s.reserved + l.qty FROM order_line l WHERE l.order_id = $1 AND l.product_id = s.product_id`, id); err != nil {
			return 0, err
		}
		_, err := tx.Exec(ctx, `UPDATE "order" SET stage = 'confirmed', updated_at = now() WHERE id = $1`, id)
		return id, err
	})
}

func (b bareServer) ship(ctx context.Context, id int64) (any, error) {
	return b.tx(ctx, func(tx pgx.Tx) (int64, error) {
		if _, err := tx.Exec(ctx, `SELECT FROM stock WHERE product_id IN (SELECT product_id FROM order_line WHERE order_id = $1) ORDER BY product_id FOR UPDATE`, id); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `UPDATE stock s SET qty = s.qty - l.qty, reserved = s.reserved - l.qty FROM order_line l WHERE l.order_id = $1 AND l.product_id = s.product_id`, id); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO stock_move (product_id, qty, order_id) SELECT product_id, -qty, order_id FROM order_line WHERE order_id = $1`, id); err != nil {
			return 0, err
		}
		_, err := tx.Exec(ctx, `UPDATE "order" SET stage = 'shipped', updated_at = now() WHERE id = $1`, id)
		return id, err
	})
}

func (b bareServer) invoice(ctx context.Context, id int64) (any, error) {
	return b.tx(ctx, func(tx pgx.Tx) (n int64, err error) {
		return n, tx.QueryRow(ctx, `INSERT INTO invoice (order_id, total, stage) SELECT id, total, 'posted' FROM "order" WHERE id = $1 RETURNING id`, id).Scan(&n)
	})
}

func (b bareServer) win(ctx context.Context, id int64) (any, error) {
	return b.tx(ctx, func(tx pgx.Tx) (int64, error) {
		_, err := tx.Exec(ctx, `UPDATE opportunity SET stage = 'won', updated_at = now() WHERE id = $1`, id)
		return id, err
	})
}
