package main

import (
	"strings"

	"github.com/gorhill/cronexpr"
)

func parse(text string) (next, error) {
	if len(strings.Fields(text)) == 6 {
		// Its sixth field is the year, the seventh the second before all others.
		text += " *"
	}
	expression, err := cronexpr.Parse(text)
	if err != nil {
		return nil, err
	}
	return expression.Next, nil
}
