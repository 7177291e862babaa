// Package config is the one configuration of the program: defaults in code,
// environment on top, validated at start, passed by value.
package config

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config holds every option. configs/meridian.env.example explains them.
type Config struct {
	Addr          string        `env:"MERIDIAN_ADDR" envDefault:"127.0.0.1:8080"`
	Data          string        `env:"MERIDIAN_DATA"` // where the private cluster and files live
	DatabaseURL   string        `env:"DATABASE_URL"`  // a server of the user's own; empty = private cluster
	DirectURL     string        `env:"MERIDIAN_DIRECT_DSN"`
	AdminPassword string        `env:"MERIDIAN_ADMIN_PASSWORD,unset"` // first start only
	Company       string        `env:"MERIDIAN_COMPANY" envDefault:"Meridian"`
	Currency      string        `env:"MERIDIAN_CURRENCY" envDefault:"CNY"`
	TZ            string        `env:"MERIDIAN_TZ" envDefault:"Asia/Shanghai"`
	Lang          string        `env:"MERIDIAN_LANG" envDefault:"zh"`
	PGBin         string        `env:"MERIDIAN_PG_BIN"`
	PGMirror      string        `env:"MERIDIAN_PG_MIRROR"`
	TLS           bool          `env:"MERIDIAN_BEHIND_TLS"`
	Trusted       []string      `env:"MERIDIAN_TRUSTED_ORIGINS"`
	LogLevel      string        `env:"MERIDIAN_LOG_LEVEL" envDefault:"info"`
	LogJSON       bool          `env:"MERIDIAN_LOG_JSON"`
	MaxConns      int           `env:"MERIDIAN_DB_CONNS" envDefault:"40"`
	Drain         time.Duration `env:"MERIDIAN_DRAIN" envDefault:"15s"`
	URL           string        `env:"MERIDIAN_URL"`            // where people reach the pages; for links in mails
	SMTP          string        `env:"MERIDIAN_SMTP_URL,unset"` // mail server; empty = no mail
	MailFrom      string        `env:"MERIDIAN_MAIL_FROM"`
	WebhookSecret string        `env:"MERIDIAN_WEBHOOK_SECRET,unset"` // signs public web-hooks
}

// Load reads the environment. It returns every mistake at once.
func Load() (Config, error) {
	var c Config
	if err := env.Parse(&c); err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	return c, c.check()
}

// PublicURL is where people reach the pages.
func (c *Config) PublicURL() string {
	if c.URL != "" {
		return c.URL
	}
	return "http://" + c.Addr
}

func (c *Config) check() error {
	var bad []string
	if (c.SMTP == "") != (c.MailFrom == "") {
		bad = append(bad, "MERIDIAN_SMTP_URL and MERIDIAN_MAIL_FROM go together")
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad = append(bad, fmt.Sprintf("MERIDIAN_ADDR %q is not host:port", c.Addr))
	}
	if _, err := time.LoadLocation(c.TZ); err != nil {
		bad = append(bad, fmt.Sprintf("MERIDIAN_TZ %q is no time zone", c.TZ))
	}
	if len(c.Currency) != 3 || strings.ToUpper(c.Currency) != c.Currency {
		bad = append(bad, fmt.Sprintf("MERIDIAN_CURRENCY %q is no ISO code", c.Currency))
	}
	if c.Lang != "zh" && c.Lang != "en" {
		bad = append(bad, fmt.Sprintf("MERIDIAN_LANG %q is neither zh nor en", c.Lang))
	}
	if c.AdminPassword != "" && len(c.AdminPassword) < 10 {
		bad = append(bad, "MERIDIAN_ADMIN_PASSWORD needs at least 10 characters")
	}
	if err := new(slog.Level).UnmarshalText([]byte(c.LogLevel)); err != nil {
		bad = append(bad, fmt.Sprintf("MERIDIAN_LOG_LEVEL %q is unknown", c.LogLevel))
	}
	if c.MaxConns < 4 {
		bad = append(bad, "MERIDIAN_DB_CONNS needs at least 4")
	}
	if len(bad) > 0 {
		return fmt.Errorf("configuration: %s", strings.Join(bad, "; "))
	}
	return nil
}
