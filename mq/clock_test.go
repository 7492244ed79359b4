package mq_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/mq"
)

// TestTime shows what the machine's time makes of what servers' clocks say.
func TestTime(t *testing.T) {
	type stamp struct {
		term uint64
		now  time.Duration
	}
	const s = time.Second
	tests := map[string]struct {
		stamps []stamp
		want   time.Duration
	}{
		"it begins with the first stamp":         {[]stamp{{1, 100 * s}}, 0},
		"it goes on as a server's clock does":    {[]stamp{{1, 100 * s}, {1, 103 * s}, {1, 105 * s}}, 5 * s},
		"a leader ahead costs nothing":           {[]stamp{{1, 0}, {1, 3 * s}, {2, 900 * s}, {2, 902 * s}}, 5 * s},
		"a leader behind costs nothing":          {[]stamp{{1, 900 * s}, {1, 903 * s}, {2, 0}, {2, 2 * s}}, 5 * s},
		"what passes between leaders is missing": {[]stamp{{1, 0}, {1, 3 * s}, {2, 9 * s}, {2, 10 * s}, {3, 20 * s}, {3, 21 * s}}, 5 * s},
		"a past that turns up has been counted":  {[]stamp{{2, 0}, {2, 3 * s}, {1, 1 * s}, {1, 2 * s}, {3, 4 * s}, {3, 5 * s}, {2, 9 * s}}, 4 * s},
		"a jump ahead counts":                    {[]stamp{{1, 0}, {1, 3 * s}, {1, 903 * s}}, 903 * s},
		"after a jump back it waits":             {[]stamp{{1, 100 * s}, {1, 103 * s}, {1, 3 * s}, {1, 102 * s}, {1, 105 * s}}, 5 * s},
		"to and fro counts once":                 {[]stamp{{1, 0}, {1, 9 * s}, {1, 0}, {1, 9 * s}, {1, 0}, {1, 9 * s}}, 9 * s},
		"no stamp, no time":                      {[]stamp{{1, 0}, {1, 3 * s}, {0, 900 * s}}, 3 * s},
		"clocks may show anything":               {[]stamp{{1, math.MinInt64}, {1, math.MaxInt64}, {1, math.MaxInt64}}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := mq.New()
			before := time.Duration(0)
			for _, x := range test.stamps {
				m.Apply(m.Stamp(mq.Encode(mq.DescribeProducer{}), x.term, x.now))
				assert.GreaterOrEqual(t, m.Now(), before)
				before = m.Now()
			}
			assert.Equal(t, test.want, m.Now())
		})
	}
}

func TestAStampTakesThePlaceOfAnother(t *testing.T) {
	m := mq.New()
	command := mq.Encode(mq.Purge{Queue: "q"})
	forged := m.Stamp(command, 9, time.Hour)
	assert.Equal(t, m.Stamp(command, 1, time.Second), m.Stamp(forged, 1, time.Second))
	assert.Len(t, forged, len(command))
	assert.Equal(t, []byte("short"), m.Stamp([]byte("short"), 1, time.Second))
}
