// Package apitest serves an API to tests that call it as a program outside would.
package apitest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"meridian/platform/api"
)

// Handler serves the operations of a; it declares them, so it is made once.
func Handler(a *api.API) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	a.Mount(e)
	return e
}
