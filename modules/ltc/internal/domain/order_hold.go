package domain

// Holds are the reasons an order stands still, whatever its stage: each is the sentence
// that says why, empty when there is none.
type Holds struct {
	CreditHold   string
	PriceHold    string
	DataHold     string
	CustomerHold string
}

// defaults completes what an order leaves open.
func (o *Order) defaults() {
	if o.Acceptance == "" {
		o.Acceptance = AcceptRequired
	}
	if o.Channel == "" {
		o.Channel = "inside"
	}
	if o.Revision == 0 {
		o.Revision = 1
	}
}
