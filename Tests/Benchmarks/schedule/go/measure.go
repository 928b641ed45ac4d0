// A Go library on the corpus: CORPUS MILLISECONDS. The library is whatever file is compiled beside this one.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// What a library makes of a text: the next time after one, zero when there is none.
type next func(time.Time) time.Time

func measure(milliseconds int64, body func(int) int64) float64 {
	calls := 1000
	for {
		start := time.Now()
		sum := body(calls)
		took := time.Since(start)
		if took.Milliseconds() >= milliseconds {
			if sum == 42 {
				fmt.Println()
			}
			return float64(took.Nanoseconds()) / float64(calls)
		}
		calls *= 2
	}
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	milliseconds, _ := strconv.ParseInt(os.Args[2], 10, 64)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		zone, err := time.LoadLocation(cells[2])
		if err != nil {
			continue
		}
		following, err := parse(cells[1])
		if err != nil {
			continue
		}
		year, _ := strconv.Atoi(cells[3])
		first := time.Date(year, 1, 1, 0, 0, 0, 0, zone)
		walk := measure(milliseconds, func(calls int) int64 {
			var sum int64
			instant := first
			for ; calls > 0; calls-- {
				instant = following(instant)
				if instant.IsZero() {
					instant = first
				}
				sum += instant.Unix()
			}
			return sum
		})
		fmt.Printf("%s\twalk\t%f\n", cells[0], walk)
		parse := measure(milliseconds, func(calls int) int64 {
			var sum int64
			for ; calls > 0; calls-- {
				following, _ := parse(cells[1])
				sum += following(first).Unix()
			}
			return sum
		})
		fmt.Printf("%s\tparse\t%f\n", cells[0], parse)
	}
}
