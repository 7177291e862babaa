// Command meridian is the suite: the server and its tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // time zones without those of the machine

	"meridian/platform/app"
)

// command is one sub-command.
type command struct {
	name, args, help string
	run              func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "[--demo]", "run the server; on an empty database --demo loads a demo company", serve},
		{"demo", "[--scale N] [--depth N]", "load the demo company into an empty database; --scale N adds N x (1,000 customers, 10,000 opportunities, 1,000 orders), --depth N adds N x (1,000 customers, 2,000 activities, 500 open and 300 closed opportunities)", demoCompany},
		{"migrate", "", "bring the database to the newest schema", migrate},
		{"import", "--as TYPE --map FILE [--dry-run] DATA | --set NAME DIR", "load files of another system", importFiles},
		{"export", `--as TYPE [--query "field=value&sort=-amount"] [--part lines] [--user U] FILE.csv|FILE.xlsx`, "write a list to a file; - is the standard output as CSV", exportFile},
		{"token", "create --user U [--name N]", "make an API token and print it", token},
		{"user", "create --user U --roles a,b [--name N] [--dept D] --password-stdin", "make a user", user},
		{"doctor", "", "recompute ledgers, balances, chains and permissions; exit 1 when something is wrong", doctor},
		{"backup", "FILE", "write the whole database to a file; - is the standard output", backUp},
		{"restore", "FILE", "load such a file into an empty database; - is the standard input", restore},
		{"version", "", "print the version", version},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "meridian:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func run(ctx context.Context, args []string) error {
	list := commands()
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(list)
		return nil
	}
	i := slices.IndexFunc(list, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		usage(list)
		return fmt.Errorf("there is no command %q", args[0])
	}
	return list[i].run(ctx, args[1:])
}

func usage(list []command) {
	var b strings.Builder
	b.WriteString("Meridian, an ERP suite around the enterprise process map.\n\nUsage: meridian <command>\n\n")
	for _, c := range list {
		fmt.Fprintf(&b, "  %s %s\n      %s\n", c.name, c.args, c.help)
	}
	b.WriteString("\nThe environment configures it; configs/meridian.env.example explains every option.\n")
	fmt.Fprint(os.Stderr, b.String())
}

func version(context.Context, []string) error {
	fmt.Fprintln(os.Stdout, app.Version)
	return nil
}
