package main

import "context"

// loadDemo gives an empty database a demo company.
func (o *opened) loadDemo(context.Context) error { return nil }
