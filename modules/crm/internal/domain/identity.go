package domain

import (
	"strconv"
	"strings"

	"meridian/platform/money"
)

// PhoneKey is a phone number without what people write differently: its digits,
// without the country code of China and the trunk zero.
func PhoneKey(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune('0' + r - '０')
		}
	}
	d := strings.TrimPrefix(b.String(), "00")
	if len(d) >= 12 {
		d = strings.TrimPrefix(d, "86")
	}
	return strings.TrimPrefix(d, "0")
}

// PhoneOK reports whether a number can be dialled: 7 to 15 digits (E.164).
func PhoneOK(s string) bool { n := len(PhoneKey(s)); return n >= 7 && n <= 15 }

// publicMail are providers whose domain says nothing about the company.
var publicMail = map[string]bool{"gmail.com": true, "outlook.com": true, "hotmail.com": true, "live.com": true, "yahoo.com": true, "icloud.com": true, "gmx.de": true, "proton.me": true,
	"qq.com": true, "foxmail.com": true, "163.com": true, "126.com": true, "yeah.net": true, "sina.com": true, "sina.cn": true, "sohu.com": true, "aliyun.com": true, "139.com": true, "189.cn": true, "tom.com": true}

// MailDomain is the domain of an address, "" for that of a public provider.
func MailDomain(s string) string {
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "@")
	if publicMail[domain] {
		return ""
	}
	return domain
}

// MailOK reports whether an address has a mailbox and a domain with a dot.
func MailOK(s string) bool {
	box, domain, ok := strings.Cut(s, "@")
	host, top, dot := strings.Cut(domain, ".")
	return ok && dot && box != "" && host != "" && top != "" && !strings.ContainsAny(s, " \t") && !strings.Contains(domain, "@")
}

const usccDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// USCC reports whether s is a unified social credit code of China with a right check
// character (GB 32100-2015: weights 3^i mod 31).
func USCC(s string) bool {
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(usccDigits, s[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return usccDigits[(31-sum%31)%31] == s[17]
}

// TaxOK reports whether a tax number can be right. Numbers with the length of a
// Chinese code must carry its check character; of others only the form is known.
func TaxOK(s string) bool {
	if len(s) == 18 {
		return USCC(s)
	}
	return len(s) >= 8 && len(s) <= 20
}

// NameCode writes a normalised name in letters and digits alone, since trigrams of
// the database do not know Chinese: every other character becomes three of base 36.
func NameCode(key string) string {
	var b strings.Builder
	for _, r := range key {
		if r < 128 {
			b.WriteRune(r)
			continue
		}
		s := strconv.FormatInt(int64(r)%46656, 36)
		b.WriteString(strings.Repeat("0", 3-len(s)) + s)
	}
	return b.String()
}

// NameSimilarity is the share of trigrams two normalised names have in common, as
// pg_trgm counts them: of the padded word, each once.
func NameSimilarity(a, b string) money.Ratio {
	x, y := trigrams(a), trigrams(b)
	both := 0
	for t := range x {
		if y[t] {
			both++
		}
	}
	r, _ := money.Share(money.Units(int64(both)), money.Units(int64(len(x)+len(y)-both)))
	return r
}

func trigrams(s string) map[string]bool {
	out := map[string]bool{}
	if s == "" {
		return out
	}
	r := []rune("  " + s + " ")
	for i := 0; i+3 <= len(r); i++ {
		out[string(r[i:i+3])] = true
	}
	return out
}
