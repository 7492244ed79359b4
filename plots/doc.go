// Package plots draws what happened in a run, as the clients saw it.
//
// A [Run] is plain data: operations, faults, leader changes. Three functions make
// a [Figure] of it, which can be saved as PNG or SVG:
//
//   - [LatencyOverTime]: a point for each operation, and the faults shaded behind
//     them. It answers what a fault did to the clients.
//   - [LatencyDistribution]: the cumulative distribution of latencies of several
//     runs on one sheet. It answers which protocol is faster, and how long the
//     tail is.
//   - [ThroughputOverTime]: operations per second, a panel for each run. It
//     answers how long an outage lasted and what came after it.
//
// [Intervals] draws a [Timeline] instead: few operations, from call to return, and
// which of them are to blame for a violation.
//
// Results that are not a run have two kinds of pictures: [Charts], measured curves
// and the published ones on the same axes, and [Matrices], tables of shaded cells.
//
// What goes on inside a cluster has pictures of its own: [Roles] (who led, in which
// term), [LogReplication], [MessageCounts], and [Gauges] for whatever is read again and
// again, such as the depth of a queue or the error of a clock. [LatencyQuantiles] sums
// up what LatencyOverTime scatters, and [Spreads] shows how the outcome of a sweep
// scatters, as bands or boxes.
//
// A [Diagram] is another thing: the messages between machines, one by one, as a
// space-time diagram. It is written as SVG without gonum/plot, so that a page can find
// its parts again.
//
// # Nothing is hidden
//
// A picture that leaves something out says so in a line under it: when there are
// too many operations to draw each, when some have no place on a logarithmic
// axis, when there are more faults than labels fit. An operation whose outcome is
// unknown is drawn and counted as such, at the time the client gave up, and never
// passes for one that failed.
//
// # One style
//
// Colours, fonts and sizes are in style.go. The colours are those of Okabe
// and Ito, which readers with colour blindness can tell apart; even so, no
// difference is in colour alone: outcomes differ in shape and series in dashes as
// well. Legends and the labels of faults stand above a panel, where they cannot
// cover data.
//
// # Same data, same bytes
//
// A figure depends on nothing but what it was made from: no clock, no random
// number, no order of a map. Drawn twice, it gives the same bytes, so a picture
// can be compared like any other result of a run.
package plots
