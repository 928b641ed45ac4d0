package main

import (
	"strings"

	"github.com/robfig/cron/v3"
)

var five = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
var six = cron.NewParser(cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

func parse(text string) (next, error) {
	parser := five
	if len(strings.Fields(text)) == 6 {
		parser = six
	}
	schedule, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	return schedule.Next, nil
}
