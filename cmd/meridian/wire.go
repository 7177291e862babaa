package main

import (
	"meridian/modules/crm/crmapp"
	"meridian/platform/app"
)

// wire builds every module on the platform; the order of the lines is the module
// graph. Who reacts to whose events stands below, on one screen.
func wire(p *app.Platform) {
	_ = crmapp.New(p)
}
