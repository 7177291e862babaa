package main

import (
	"fmt"
	"io"
	"time"
)

type row struct {
	name       string
	ours, bare result
}

type report struct {
	clients      int
	idle, loaded int // MB
	rows, pages  []row
}

// print writes the tables of the README.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "\n| %d clients | a second | bare gin + pgx | share | p50 | p99 |\n|---|---|---|---|---|---|\n", r.clients)
	for _, x := range r.rows {
		fmt.Fprintf(w, "| %s | %.0f | %.0f | %.2f | %s | %s |\n", x.name, x.ours.rate(), x.bare.rate(), x.ours.rate()/x.bare.rate(), ms(x.ours.at(0.5)), ms(x.ours.at(0.99)))
	}
	fmt.Fprintf(w, "\n| page, 4 clients | p50 | p99 |\n|---|---|---|\n")
	for _, x := range r.pages {
		fmt.Fprintf(w, "| %s | %s | %s |\n", x.name, ms(x.ours.at(0.5)), ms(x.ours.at(0.99)))
	}
	fmt.Fprintf(w, "\nResident memory of the server: %d MB idle, %d MB after the run.\n", r.idle, r.loaded)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
