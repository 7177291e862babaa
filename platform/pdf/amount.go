package pdf

import "strings"

var (
	digitWords = [10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}
	placeWords = [4]string{"仟", "佰", "拾", ""}
)

// Words returns a decimal string of yuan in the financial numerals that Chinese
// invoices and contracts must carry, rounded to the fen half away from zero:
// "123.45" is 壹佰贰拾叁元肆角伍分. The rules are those of the People's Bank for bills:
// 整 after yuan or jiao but not after fen, one 零 for zeros between digits, 零 for a
// missing jiao. A negative amount starts with 负. What is not a plain decimal
// number gives "".
func Words(amount string) string {
	s, negative := strings.TrimSpace(amount), false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole+frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return ""
	}
	frac += "000"
	digits := []byte("0" + whole + frac[:2])
	if frac[2] >= '5' {
		i := len(digits) - 1
		for ; digits[i] == '9'; i-- {
			digits[i] = '0'
		}
		digits[i]++
	}
	n := len(digits) - 2
	yuan, jiao, fen := strings.TrimLeft(string(digits[:n]), "0"), digits[n]-'0', digits[n+1]-'0'

	var b strings.Builder
	if negative && (yuan != "" || jiao+fen > 0) {
		b.WriteString("负")
	}
	if yuan != "" {
		b.WriteString(integerWords(yuan) + "元")
	}
	switch {
	case jiao > 0:
		b.WriteString(digitWords[jiao] + "角")
	case fen > 0 && yuan != "":
		b.WriteString("零")
	case yuan == "" && fen == 0:
		b.WriteString("零元")
	}
	if fen > 0 {
		return b.String() + digitWords[fen] + "分"
	}
	return b.String() + "整"
}

// integerWords reads digits without leading zeros. From 亿 on the groups nest: what
// stands before the last eight digits is a number of its own.
func integerWords(s string) string {
	if len(s) > 8 {
		high, low := s[:len(s)-8], s[len(s)-8:]
		return integerWords(high) + "亿" + rest(low)
	}
	if len(s) > 4 {
		high, low := s[:len(s)-4], s[len(s)-4:]
		return groupWords(high) + "万" + rest(low)
	}
	return groupWords(s)
}

// rest reads the digits after 亿 or 万, with 零 for leading zeros.
func rest(s string) string {
	t := strings.TrimLeft(s, "0")
	switch {
	case t == "":
		return ""
	case len(t) < len(s):
		return "零" + integerWords(t)
	}
	return integerWords(t)
}

// groupWords reads up to four digits.
func groupWords(s string) string {
	var b strings.Builder
	zero := false
	for i := range len(s) {
		d := s[i] - '0'
		if d == 0 {
			zero = true
			continue
		}
		if zero {
			b.WriteString("零")
			zero = false
		}
		b.WriteString(digitWords[d] + placeWords[4-len(s)+i])
	}
	return b.String()
}
