package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"
)

const (
	formatName   = "format"
	formatText   = "meridian backup 1\n"
	manifestName = "manifest.json"
	maxManifest  = 64 << 20
)

// pieceSize is what one entry of the archive holds at most, but for a longer row:
// an entry needs its length before its body, and a table may be larger than memory
// and disk.
const pieceSize = 4 << 20

// writer writes an archive.
type writer struct {
	gz  *gzip.Writer
	tar *tar.Writer
	at  time.Time
}

func newWriter(w io.Writer, at time.Time) (*writer, error) {
	gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	a := &writer{gz: gz, tar: tar.NewWriter(gz), at: at.Truncate(time.Second)}
	return a, a.entry(formatName, []byte(formatText))
}

func (a *writer) entry(name string, body []byte) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(body)), Mode: 0o600, ModTime: a.at, Format: tar.FormatUSTAR}
	if err := a.tar.WriteHeader(h); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	if _, err := a.tar.Write(body); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// close ends the archive with its manifest.
func (a *writer) close(m Manifest) error {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if err := a.entry(manifestName, append(b, '\n')); err != nil {
		return err
	}
	if err := errors.Join(a.tar.Close(), a.gz.Close()); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// tally counts and sums the text of a table. A row ends with the only line feed
// in it, since COPY escapes those of values.
type tally struct {
	rows, bytes int64
	sum         hash.Hash
}

func newTally() *tally { return &tally{sum: sha256.New()} }

func (t *tally) Write(p []byte) (int, error) {
	t.rows += int64(bytes.Count(p, []byte{'\n'}))
	t.bytes += int64(len(p))
	return t.sum.Write(p)
}

func (t *tally) hex() string { return hex.EncodeToString(t.sum.Sum(nil)) }

// agrees says whether the text was that of want.
func (t *tally) agrees(want Table) bool {
	return t.rows == want.Rows && t.bytes == want.Bytes && t.hex() == want.SHA256
}

// pieces writes the text of a table in entries of bounded size.
type pieces struct {
	*tally
	a    *writer
	name string
	n    int
	buf  []byte
}

func (p *pieces) Write(b []byte) (int, error) {
	p.buf = append(p.buf, b...)
	if len(p.buf) >= pieceSize {
		return len(b), p.flush()
	}
	return len(b), nil
}

func (p *pieces) flush() error {
	if len(p.buf) == 0 {
		return nil
	}
	if _, err := p.tally.Write(p.buf); err != nil {
		return fmt.Errorf("sum: %w", err)
	}
	p.n++
	err := p.a.entry(fmt.Sprintf("%s/%06d.copy", p.name, p.n), p.buf)
	p.buf = p.buf[:0]
	return err
}

// reader reads an archive table by table: next finds a table, Read reads its text.
type reader struct {
	file  *bufio.Reader
	gz    *gzip.Reader
	tar   *tar.Reader
	table string
	entry string
	err   error // why reading stopped, for callers that hide it
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}

func newReader(r io.Reader) (*reader, error) {
	file := bufio.NewReaderSize(r, 1<<20)
	gz, err := gzip.NewReader(file)
	if err != nil {
		return nil, damaged("%w", err)
	}
	gz.Multistream(false)
	a := &reader{file: file, gz: gz, tar: tar.NewReader(gz)}
	if err := a.advance(); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(a.tar, 1<<10))
	if err != nil {
		return nil, damaged("%w", err)
	}
	if a.entry != formatName || string(b) != formatText {
		return nil, damaged("its format is not the one this program knows")
	}
	return a, a.advance()
}

func (a *reader) advance() error {
	h, err := a.tar.Next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		a.err = damaged("%w", err)
		return a.err
	}
	a.entry = h.Name
	return nil
}

// next moves to the next table. It returns false at the manifest.
func (a *reader) next() (string, bool, error) {
	if a.table != "" {
		if _, err := io.Copy(io.Discard, a); err != nil {
			return "", false, err
		}
	}
	if a.entry == manifestName {
		return "", false, nil
	}
	name, _, ok := strings.Cut(a.entry, "/")
	if !ok || name == a.table {
		return "", false, damaged("it holds an unknown entry %q", a.entry)
	}
	a.table = name
	return name, true, nil
}

// Read reads on in the table, over the borders of its entries.
func (a *reader) Read(p []byte) (int, error) {
	for {
		if !strings.HasPrefix(a.entry, a.table+"/") {
			return 0, io.EOF
		}
		n, err := a.tar.Read(p)
		switch {
		case n > 0:
			return n, nil
		case errors.Is(err, io.EOF):
			if err := a.advance(); err != nil {
				return 0, err
			}
		case err != nil:
			a.err = damaged("%w", err)
			return 0, a.err
		}
	}
}

// manifest reads the end of the archive. It must follow a next that found no table.
func (a *reader) manifest() (Manifest, error) {
	var m Manifest
	b, err := io.ReadAll(io.LimitReader(a.tar, maxManifest))
	if err != nil {
		return m, damaged("%w", err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, damaged("%w", err)
	}
	if _, err := a.tar.Next(); !errors.Is(err, io.EOF) {
		return m, damaged("something follows the manifest")
	}
	n, err := io.Copy(io.Discard, a.gz) // to the checksum at the end
	if err != nil {
		return m, damaged("%w", err)
	}
	if _, err := a.file.ReadByte(); n > 0 || !errors.Is(err, io.EOF) {
		return m, damaged("something follows its end")
	}
	return m, nil
}

// Verify reads a whole archive and compares it with its manifest. It fails with
// ErrDamaged.
func Verify(r io.Reader) (Manifest, error) {
	a, err := newReader(r)
	if err != nil {
		return Manifest{}, err
	}
	var names []string
	found := map[string]*tally{}
	for {
		name, more, err := a.next()
		if err != nil {
			return Manifest{}, err
		}
		if !more {
			break
		}
		if found[name] != nil {
			return Manifest{}, damaged("table %s comes twice", name)
		}
		t := newTally()
		if _, err := io.Copy(t, a); err != nil {
			return Manifest{}, err
		}
		found[name], names = t, append(names, name)
	}
	m, err := a.manifest()
	if err != nil {
		return m, err
	}
	var want []string
	for _, t := range m.Tables {
		got := found[t.Name]
		if got != nil {
			want = append(want, t.Name)
		} else {
			got = newTally()
		}
		if !got.agrees(t) {
			return m, damaged("table %s is not what the manifest says", t.Name)
		}
	}
	if !slices.Equal(want, names) {
		return m, damaged("the tables are not those of the manifest")
	}
	return m, nil
}
