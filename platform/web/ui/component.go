package ui

import (
	"context"
	"io"
)

// Every view model is a templ.Component: it renders itself. The templates stand beside the structs.

// Render implements templ.Component.
func (m Access) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m ApprovalSteps) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Approvals) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Blank) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Board) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m BoardCard) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m BoardChange) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Brief) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Button) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Buttons) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Card) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Chart) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Checks) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Cockpit) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Decide) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Detail) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Doc) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Empty) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Entry) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Facts) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Failure) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Field) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Filter) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Form) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m HandOffs) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Import) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Inbox) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m InboxGroup) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m InboxItem) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m KPI) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m LineRow) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m List) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Matrix) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m MatrixDiff) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m MoveForm) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m NoticeMenu) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Notices) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Page) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Pager) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Panel) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Part) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Parts) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m People) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Pill) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Preview) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m ProcessMap) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m ProcessPage) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Profile) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Progress) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Report) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Results) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m SearchPage) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Segment) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m SignIn) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Steps) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Table) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Thread) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Tiles) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Timeline) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Toast) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render implements templ.Component.
func (m Told) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }
