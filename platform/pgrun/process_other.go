//go:build !unix

package pgrun

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const supported = false

var errUnsupported = errors.New("the built-in PostgreSQL does not run on this system")

func attributes(account, bool) *syscall.SysProcAttr { return nil }
func interrupt(int) error                           { return errUnsupported }
func quitNow(int) error                             { return errUnsupported }
func flock(*os.File, bool) (bool, error)            { return false, errUnsupported }
func ownerOf(fs.FileInfo) (int, bool)               { return 0, false }
func groupOf(fs.FileInfo) (int, bool)               { return 0, false }
func commandLine(int) []string                      { return nil }
func syncTree(string) error                         { return nil }
func reapOrphans()                                  {}
func removeOpenFiles(string)                        {}

const initdbSyncs = true
