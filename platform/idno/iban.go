// Package idno tells whether numbers that name a company or an account can be right: it
// knows their form and check digits, not whether anybody holds them.
package idno

import "strings"

// ibans are the forms of account numbers behind country and check digits (ISO 13616
// registry): n digits, a letters, c either.
var ibans = map[string]string{
	"AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20c", "BA": "16n", "BE": "12n", "BG": "4a6n8c", "BH": "4a14c", "BI": "23n", "BR": "23n1a1c", "BY": "4c4n16c",
	"CH": "5n12c", "CR": "18n", "CY": "8n16c", "CZ": "20n", "DE": "18n", "DJ": "23n", "DK": "14n", "DO": "4c20n", "EE": "16n", "EG": "25n", "ES": "20n", "FI": "14n",
	"FK": "2a12n", "FO": "14n", "FR": "10n11c2n", "GB": "4a14n", "GE": "2a16n", "GI": "4a15c", "GL": "14n", "GR": "7n16c", "GT": "24c", "HN": "4a20n", "HR": "17n", "HU": "24n",
	"IE": "4a14n", "IL": "19n", "IQ": "4a15n", "IS": "22n", "IT": "1a10n12c", "JO": "4a4n18c", "KW": "4a22c", "KZ": "3n13c", "LB": "4n20c", "LC": "4a24c", "LI": "5n12c", "LT": "16n",
	"LU": "3n13c", "LV": "4a13c", "LY": "21n", "MC": "10n11c2n", "MD": "20c", "ME": "18n", "MK": "3n10c2n", "MN": "16n", "MR": "23n", "MT": "4a5n18c", "MU": "4a19n3a", "NI": "4a20n",
	"NL": "4a10n", "NO": "11n", "OM": "3n16c", "PK": "4a16c", "PL": "24n", "PS": "4a21c", "PT": "21n", "QA": "4a21c", "RO": "4a16c", "RS": "18n", "RU": "14n15c", "SA": "2n18c",
	"SC": "4a20n3a", "SD": "14n", "SE": "20n", "SI": "15n", "SK": "20n", "SM": "1a10n12c", "SO": "19n", "ST": "21n", "SV": "4a20n", "TL": "19n", "TN": "20n", "TR": "6n16c",
	"UA": "6n19c", "VA": "18n", "VG": "4a16n", "XK": "16n", "YE": "4a4n18c",
}

// compact is a number without the blanks and signs people put between its groups.
func compact(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", ".", "", "\u00a0", "", "/", "").Replace(s))
}

// LooksLikeIBAN reports whether a text is meant as an IBAN: two letters and two
// check digits in front of at least eight letters or digits, and nothing else.
func LooksLikeIBAN(s string) bool {
	s = compact(s)
	if len(s) < 12 || s[2] < '0' || s[2] > '9' || s[3] < '0' || s[3] > '9' {
		return false
	}
	for i := range len(s) {
		if !letter(s[i]) && !digit(s[i]) {
			return false
		}
	}
	return letter(s[0]) && letter(s[1])
}

// IBAN reports whether an account number is right by ISO 13616: country, form and the
// remainder of 97. Spain, whose own check digits are well known, is held to those too.
func IBAN(s string) bool {
	s = compact(s)
	if !LooksLikeIBAN(s) || !fits(s[4:], ibans[s[:2]]) || s[:2] == "ES" && !spanish(s[4:]) {
		return false
	}
	sum := 0
	for _, r := range s[4:] + s[:4] {
		if r >= 'A' {
			sum = (sum*100 + int(r-'A') + 10) % 97
		} else {
			sum = (sum*10 + int(r-'0')) % 97
		}
	}
	return sum == 1
}

// fits reports whether a number has a form like 4a10n; nothing fits no form.
func fits(s, form string) bool {
	n := 0
	for i := range len(form) {
		if digit(form[i]) {
			n = n*10 + int(form[i]-'0')
			continue
		}
		if len(s) < n {
			return false
		}
		for j := range n {
			if form[i] == 'n' && !digit(s[j]) || form[i] == 'a' && !letter(s[j]) {
				return false
			}
		}
		s, n = s[n:], 0
	}
	return s == "" && form != ""
}

// spanish checks the two digits in the middle of a Spanish account: over bank and branch,
// and over the account.
func spanish(s string) bool {
	return spanishDigit("00"+s[:8]) == s[8] && spanishDigit(s[10:]) == s[9]
}

func spanishDigit(s string) byte {
	sum := 0
	for i, w := range []int{1, 2, 4, 8, 5, 10, 9, 7, 3, 6} {
		sum += w * int(s[i]-'0')
	}
	switch d := 11 - sum%11; d {
	case 10:
		return '1'
	case 11:
		return '0'
	default:
		return byte('0' + d)
	}
}

func letter(b byte) bool { return b >= 'A' && b <= 'Z' }
func digit(b byte) bool  { return b >= '0' && b <= '9' }
