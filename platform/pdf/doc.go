// Package pdf makes the documents a company sends: quote, contract, order, invoice,
// purchase order, delivery note. A4, Chinese and English, no browser needed.
//
// The caller gives finished text: amounts are formatted, labels translated, rows
// ordered. The package knows paper, not business, so one look serves all documents.
// Whatever the text is, Render makes a document of it: a rune without a glyph in the
// embedded font is printed as 〓 (see Missing), cells wrap, rows and notes flow over
// pages.
package pdf
