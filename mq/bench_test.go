package mq_test

import (
	"fmt"
	"testing"
	"time"

	"quorumlab/mq"
)

// BenchmarkMachine measures the bare machine: what it takes to carry out commands as
// they stand in the log, stamped and encoded, that publish, receive and acknowledge
// messages of 16 bytes, so many at a time, while a backlog waits.
//
//	go test ./mq -run '^$' -bench Machine -benchmem
func BenchmarkMachine(b *testing.B) {
	for _, batch := range []int{1, 16} {
		for _, backlog := range []int{0, 1_000_000} {
			b.Run(fmt.Sprintf("batch=%d/backlog=%d", batch, backlog), func(b *testing.B) {
				benchmarkMachine(b, batch, backlog)
			})
		}
	}
}

func benchmarkMachine(b *testing.B, batch, backlog int) {
	s := newService()
	s.fill(backlog)
	publish := s.stamped(mq.Publish{Key: "queue", Messages: bodies(batch)})
	receive := s.stamped(mq.Receive{Queue: "queue", Consumer: 1, Max: batch})
	const rounds = 20_000
	acknowledge := make([][]byte, rounds)
	place, used := uint64(1), time.Duration(0)
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += rounds {
		b.StopTimer()
		for i := range acknowledge { // the places of messages are no secret
			acknowledge[i] = s.stamped(mq.Acknowledge{Queue: "queue", Consumer: 1, Leases: firstLeases(place, batch)})
			place += uint64(batch)
		}
		b.StartTimer()
		began := cpuTime()
		for i := range min(rounds, b.N-done) {
			s.Apply(publish)
			s.Apply(receive)
			if s.Apply(acknowledge[i])[0] != 0 {
				b.Fatal("acknowledgement refused")
			}
		}
		used += cpuTime() - began
	}
	b.ReportMetric(3*float64(b.N)/used.Seconds(), "commands/cpu-s")
	b.ReportMetric(float64(batch)*float64(b.N)/used.Seconds(), "messages/cpu-s")
}

// firstLeases returns the leases of messages that are delivered for the first time.
func firstLeases(place uint64, n int) []mq.Lease {
	leases := make([]mq.Lease, n)
	for i := range leases {
		leases[i] = mq.Lease{Message: place + uint64(i), Attempt: 1}
	}
	return leases
}

// fill makes a queue and puts messages into it.
func (s *service) fill(n int) {
	s.do(mq.DeclareQueue{Queue: "queue"})
	publish := s.stamped(mq.Publish{Key: "queue", Messages: bodies(1000)})
	for range n / 1000 {
		s.Apply(publish)
	}
}

func (s *service) stamped(c mq.Command) []byte { return s.Stamp(mq.Encode(c), 1, s.now) }

func bodies(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = fmt.Appendf(nil, "message %8d", i)
	}
	return list
}

func leasesOf(r mq.Received) []mq.Lease {
	leases := make([]mq.Lease, len(r.Deliveries))
	for i, d := range r.Deliveries {
		leases[i] = d.Lease
	}
	return leases
}

// BenchmarkSnapshot measures snapshots of a queue with a million messages, between
// which a thousand messages are published, received and acknowledged.
//
//	go test ./mq -run '^$' -bench Snapshot -benchmem
func BenchmarkSnapshot(b *testing.B) {
	work := func(s *service) {
		publish := s.stamped(mq.Publish{Key: "queue", Messages: bodies(1000)})
		receive := mq.Receive{Queue: "queue", Consumer: 1, Max: 1000}
		s.Apply(publish)
		received, _ := receive.Result(s.do(receive))
		s.do(mq.Acknowledge{Queue: "queue", Consumer: 1, Leases: leasesOf(received)})
	}
	for _, kind := range []string{"whole", "pieces", "none"} {
		b.Run(kind, func(b *testing.B) {
			s := newService()
			s.fill(1_000_000)
			s.SnapshotPieces()
			b.ReportAllocs()
			for b.Loop() {
				work(s)
				switch kind {
				case "whole":
					s.Snapshot()
				case "pieces":
					s.SnapshotPieces()
				}
			}
		})
	}
}
