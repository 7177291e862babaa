package web

import (
	"compress/gzip"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

var writers = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, 5); return w }}

// write sends a finished body, compressed when that pays and the client can read it.
func write(c *gin.Context, status int, contentType string, body []byte) {
	h := c.Writer.Header()
	h.Set("Content-Type", contentType)
	if len(body) < 1400 || !strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		h.Set("Content-Length", strconv.Itoa(len(body)))
		c.Status(status)
		_, _ = c.Writer.Write(body)
		return
	}
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	c.Status(status)
	w := writers.Get().(*gzip.Writer)
	w.Reset(c.Writer)
	_, _ = w.Write(body)
	_ = w.Close()
	writers.Put(w)
}
