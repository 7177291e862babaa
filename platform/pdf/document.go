package pdf

import (
	"time"

	"meridian/platform/i18n"
)

// Party is a company on a document. Empty fields are not printed.
type Party struct{ Name, TaxNo, Address, Contact, Phone, Bank string }

// Column is a column of the table.
type Column struct {
	Label string
	Width float64 // share of the page width against the other columns; 0 counts as 1
	Right bool    // numbers: right-aligned, never wrapped while there is room to take
}

// Document is what Render prints. Every field may be empty; an empty one takes no room.
type Document struct {
	Lang  i18n.Lang // language of the fixed words: page, tax no., notes
	Title string
	No    string
	// Created is the date in the file's properties. Without it a fixed one is
	// written, so that the same document is always the same bytes.
	Created time.Time

	Seller, Buyer           Party
	SellerLabel, BuyerLabel string
	Facts                   [][2]string // label and value: date, terms, currency

	Columns []Column
	Rows    [][]string
	Totals  [][2]string // label and amount; the last is the one to pay
	Words   string      // the amount in words, see Words

	Notes     []string
	Sign      [2]string // who signs left and right
	Footer    string
	Watermark string // DRAFT, 作废
}

// texts calls f with every text of d.
func (d Document) texts(f func(string)) {
	for _, p := range []Party{d.Seller, d.Buyer} {
		for _, s := range []string{p.Name, p.TaxNo, p.Address, p.Contact, p.Phone, p.Bank} {
			f(s)
		}
	}
	for _, s := range []string{d.Title, d.No, d.SellerLabel, d.BuyerLabel, d.Words, d.Sign[0], d.Sign[1], d.Footer, d.Watermark} {
		f(s)
	}
	for _, c := range d.Columns {
		f(c.Label)
	}
	for _, r := range d.Rows {
		for _, s := range r {
			f(s)
		}
	}
	for _, kv := range [][][2]string{d.Facts, d.Totals} {
		for _, p := range kv {
			f(p[0])
			f(p[1])
		}
	}
	for _, s := range d.Notes {
		f(s)
	}
}

// words are the fixed words of a document.
type words struct {
	no, taxNo, address, contact, phone, bank, notes, amount, date, page string
}

func wordsOf(l i18n.Lang) words {
	if l == i18n.Chinese {
		return words{"编号", "税号", "地址", "联系人", "电话", "开户行及账号", "备注", "金额大写", "日期", "第 %d / %d 页"}
	}
	return words{"No.", "Tax no.", "Address", "Contact", "Phone", "Bank", "Notes", "Amount in words", "Date", "Page %d / %d"}
}
