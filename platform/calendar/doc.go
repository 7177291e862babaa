// Package calendar is working time: which instants count, and clocks that count them.
//
// A limit of "16 hours" on a stage, a service level of "4 hours" and a payment
// term of "5 working days" all mean time in which somebody is at work. W, the set
// of those instants, is one time zone, some windows per weekday, and exceptions:
// days that are closed, and days that are worked although the week says otherwise
// (the make-up days, 调休, that the Chinese State Council announces each year).
//
// A window is wall time. Its instants are found day by day in the zone, never as
// midnight plus a duration: that would be an hour wrong on the two days a year on
// which a clock is moved. A wall time that is skipped on such a day stands for the
// instant of the jump, one that happens twice for its first occurrence; so two
// windows that do not overlap on the wall do not overlap in time either, and a
// night shift over the repeated hour is paid that hour.
//
// Everything here is a pure value. Time is an argument; a Calendar is safe for
// concurrent use and is replaced, not changed, when an administrator edits it.
package calendar
