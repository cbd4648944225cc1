package report

import (
	"slices"
	"strconv"
	"time"

	"github.com/overgrant/overgrant"
)

// monthChart is a bar for each month, or each year where they are many, in
// which objects were last changed. Positions are percent.
type monthChart struct {
	Bars    []monthBar
	Years   []yearMark
	By      string // month, year
	Top     string // what the highest bar stands for
	Undated string
}

type monthBar struct {
	X, Y, W, H     string
	Tip            string
	Bytes, Objects int64
}

type yearMark struct {
	X, Label string
	End      bool // it stands at the right edge, where it would be cut off
}

// mostMonths is how many months have a bar each; more are told by year.
const mostMonths = 180

// monthChartOf draws the months of an exposure; nil if none is known.
func monthChartOf(e *overgrant.Exposure) *monthChart {
	months := monthsOf(e)
	if len(months) == 0 {
		return nil
	}
	first, last := monthIndex(months[0]), monthIndex(months[len(months)-1])
	c := &monthChart{By: "month"}
	step := 1
	if last-first >= mostMonths {
		c.By, step = "year", 12
		first, last = first/12*12, last/12*12
	}
	sums := make([]overgrant.Tally, (last-first)/step+1)
	for _, m := range months {
		sums[(monthIndex(m)-first)/step].Add(e.Months[m])
	}
	top := slices.MaxFunc(sums, func(a, b overgrant.Tally) int { return int(min(max(a.Bytes-b.Bytes, -1), 1)) }).Bytes
	c.Top = size(top)
	wide := 100 / float64(len(sums))
	every := max(1, (last-first)/12/12+1)
	for i, n := range sums {
		at := first + i*step
		x := float64(i) * wide
		if (at%12 == 0 || i == 0 && first%12 < 7) && at/12%every == 0 {
			c.Years = append(c.Years, yearMark{part(x, 100), strconv.Itoa(at / 12), x > 92})
		}
		if n.Objects == 0 {
			continue
		}
		h := max(shareOf(n.Bytes, top)*100, 1)
		c.Bars = append(c.Bars, monthBar{part(x+wide*0.08, 100), part(100-h, 100), part(wide*0.84, 100), part(h, 100), c.label(at) + ": " + size(n.Bytes) + " in " + plural(n.Objects, "object"), n.Bytes, n.Objects})
	}
	if n := e.Months[undated]; n.Objects > 0 {
		c.Undated = plural(n.Objects, "object") + " without a date"
	}
	return c
}

func (c *monthChart) label(at int) string {
	if c.By == "year" {
		return strconv.Itoa(at / 12)
	}
	return time.Date(at/12, time.Month(at%12+1), 1, 0, 0, 0, 0, time.UTC).Format("January 2006")
}

// monthIndex counts months from the year 0 on.
func monthIndex(s string) int {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return 0
	}
	return t.Year()*12 + int(t.Month()) - 1
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
