package ui

// Kinds of columns, cells, filters and fields. A form ignores the kinds it cannot
// ask for, a table those it cannot show; both fall back to text.
const (
	KindText     = "text"
	KindLink     = "link"     // opens the row
	KindNum      = "num"      // right-aligned number
	KindMoney    = "money"    // right-aligned and strong; typed with grouping commas
	KindPill     = "pill"     // a stage: colour, dot, word
	KindDate     = "date"     // calendar date, value 2026-11-21
	KindTime     = "time"     // date and time of day, value 2026-11-21T09:30
	KindPerson   = "avatar"   // a name with its initial
	KindProgress = "progress" // a bar
	KindBool     = "bool"     // value "true"
	KindCode     = "code"     // monospaced
	KindLong     = "long"     // several lines
	KindInt      = "int"
	KindDecimal  = "decimal" // decimal, money and quantity: text with inputmode
	KindEnum     = "enum"    // select of Options
	KindRef      = "ref"     // select of Options, or fed from Src
	KindFile     = "file"
	KindEmail    = "email"
	KindPassword = "password"
	KindComputed = "computed" // read-only text
)
