package experiment

import (
	"fmt"
	"strconv"
	"strings"

	"quorumlab/plots"
)

// drawLogs draws the logs before, and after s1 or s2 has led, side by side.
func drawLogs(r *Result) []Picture {
	columns := []string{"1", "2", "3", "4"}
	logs := func(heading string, rows ...[]string) plots.Matrix {
		m := plots.Matrix{Heading: heading, Columns: columns}
		for i, words := range rows {
			row := plots.MatrixRow{Name: fmt.Sprintf("s%d", i+1)}
			for _, word := range words {
				n, _ := strconv.Atoi(word[:1])
				row.Cells = append(row.Cells, plots.Cell{Text: word, Shade: plots.Kinds + plots.Shade(n)})
			}
			m.Rows = append(m.Rows, row)
		}
		return m
	}
	var before [][]string
	for _, log := range pastLogs {
		before = append(before, strings.Fields(log))
	}
	paxosAfter, raftAfter := logsAfter(r.Seed)
	f := plots.Matrices("The same logs under Paxos and under Raft: term or ballot, and value",
		logs("before; s3 is gone", before...),
		logs("Paxos: s1 takes ballot 4 with s2's promise", paxosAfter...),
		logs("Raft: s1 cannot win; s2 leads, and old entries keep their terms", raftAfter...))
	f.Caption = "A dot is the entry without a command with which a leader of Raft begins its term."
	return []Picture{{"paxos-raft-logs", f}}
}

// drawKafkaLog draws a matrix of cases and errors.
func drawKafkaLog(r *Result) []Picture {
	m := plots.Matrix{Columns: []string{"gone", "lost", "twice", "conflict", "poll back", "send back", "skipped", "refused"}}
	metrics := []string{goneInTheEnd, "lost-write", "duplicate", "inconsistent", "nonmonotonic-poll", "nonmonotonic-send", "poll-skip", "refused"}
	for _, c := range r.cases {
		row := plots.MatrixRow{Name: c.Name}
		for _, metric := range metrics {
			count, _ := r.value(c.Name, metric)
			cell := plots.Cell{Text: fmt.Sprintf("%.0f", count), Shade: plots.Good}
			switch {
			case count == 0:
			case metric == "lost-write", metric == goneInTheEnd:
				cell.Shade = plots.Bad
			default:
				cell.Shade = plots.Middling
			}
			row.Cells = append(row.Cells, cell)
		}
		m.Rows = append(m.Rows, row)
	}
	f := plots.Matrices("What a log with in-sync replicas loses", m)
	f.Caption = fmt.Sprintf("Errors over %d runs, as the judge of logs names them. Gone: acknowledged, and not in the log in the end; lost: nor read by anybody before. Conflict: another value at an offset than before. Back: not beyond the offset before. Refused: too few replicas were in sync.", r.Trials)
	return []Picture{{"kafka-log", f}}
}
