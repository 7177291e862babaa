// Package einvoice reads, checks and writes electronic invoices and credit notes: UBL
// 2.1 after EN 16931, the European standard, with the identifiers of Peppol BIS
// Billing 3 where a document can claim them.
//
// It knows the file, not the business: no database, no document type. Whoever sends
// fills a Document and calls Write, whoever receives calls Read. Check says what breaks
// a rule of the standard, by the name of the rule, so that a supplier can be told. All
// numbers are exact decimals; nothing of a file that was read is rounded.
//
// Read takes any prefix and any namespace of the two root elements, since real files
// differ there, and passes over what the model has no place for. A file that is no UBL
// invoice at all is refused with the reason.
package einvoice
