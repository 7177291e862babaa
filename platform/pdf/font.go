package pdf

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed font/cjk.ttf.gz
var fontFile []byte

// typeface is the embedded font: its bytes, and which runes it can draw.
type typeface struct {
	ttf    []byte
	glyphs [1 << 16]bool
}

// face unpacks the font once, at the first document.
var face = sync.OnceValue(func() *typeface {
	z, err := gzip.NewReader(bytes.NewReader(fontFile))
	if err != nil {
		panic(fmt.Sprintf("pdf: embedded font: %v", err))
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Sprintf("pdf: embedded font: %v", err))
	}
	f := &typeface{ttf: b}
	if err := f.readCharacterMap(); err != nil {
		panic(fmt.Sprintf("pdf: embedded font: %v", err))
	}
	return f
})

// readCharacterMap reads the table that fpdf draws from: format 4, the basic plane.
// A rune that is not in it would come out as an empty box, one beyond the plane
// would make fpdf give up the whole document.
func (f *typeface) readCharacterMap() error {
	u16 := func(i int) int { return int(binary.BigEndian.Uint16(f.ttf[i:])) }
	u32 := func(i int) int { return int(binary.BigEndian.Uint32(f.ttf[i:])) }
	cmap := 0
	for i := range u16(4) {
		if r := 12 + 16*i; string(f.ttf[r:r+4]) == "cmap" {
			cmap = u32(r + 8)
		}
	}
	for i := range u16(cmap + 2) {
		t := cmap + u32(cmap+4+8*i+4)
		if u16(t) != 4 {
			continue
		}
		n := u16(t+6) / 2
		ends, starts, deltas, offsets := t+14, t+16+2*n, t+16+4*n, t+16+6*n
		for s := range n {
			first, last := u16(starts+2*s), u16(ends+2*s)
			for r := first; r <= last && r < 0xffff; r++ {
				glyph := r
				if o := u16(offsets + 2*s); o != 0 {
					if glyph = u16(offsets + 2*s + o + 2*(r-first)); glyph == 0 {
						continue
					}
				}
				f.glyphs[r] = (glyph+u16(deltas+2*s))&0xffff != 0
			}
		}
		return nil
	}
	return fmt.Errorf("no character map of format 4")
}

func (f *typeface) draws(r rune) bool { return r >= 0 && r < 0xffff && f.glyphs[r] }

// geta marks a rune that the font cannot draw, as printers in China and Japan
// have always marked a missing type.
const geta = '〓'

// printable returns s with what the font cannot draw replaced, and those runes.
// Line breaks stay; what has no width of its own (joiners, direction marks) goes.
func printable(s string) (string, []rune) {
	f := face()
	var missing []rune
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	out := strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || unicode.Is(unicode.Zs, r) && r != 0x3000:
			return ' '
		case r == 0x2028 || r == 0x2029:
			return '\n'
		case r == 0x2010 || r == 0x2011: // hyphens the font lacks
			return '-'
		case unicode.Is(unicode.Cf, r) || r >= 0xfe00 && r <= 0xfe0f:
			return -1
		case !unicode.IsControl(r) && f.draws(r):
			return r
		}
		missing = append(missing, r)
		return geta
	}, s)
	return out, missing
}

// Missing returns the runes of d that are printed as 〓, each once, in order. The
// caller logs them: a customer's name may need a look.
func Missing(d Document) []rune {
	var all []rune
	d.texts(func(s string) {
		_, m := printable(s)
		all = append(all, m...)
	})
	slices.Sort(all)
	return slices.Compact(all)
}
