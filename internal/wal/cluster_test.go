package wal

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOpenCluster(t *testing.T) {
	for name, test := range map[string]struct {
		first, then string
		records     int
		refused     bool
	}{
		"the same":               {"north", "north", 1, false},
		"no name":                {"", "", 1, false},
		"another":                {"north", "south", 1, true},
		"another, nothing in it": {"north", "south", 0, true},
		"now without a name":     {"north", "", 1, true},
		"named too late":         {"", "north", 1, true},
		"named in time":          {"", "north", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			env := newFakeEnv()
			l, _ := open(t, env)
			require.NoError(t, l.OpenCluster(test.first))
			for range test.records {
				appendAll(t, l, "record")
				settle(t, l, env)
				appendAll(t, l, "a record that says so")
			}
			l, _ = open(t, env)
			written := l.written
			if test.first != "" {
				require.Equal(t, test.refused, CheckCluster(env.Disk(), l.name, test.then) != nil)
			}
			require.Equal(t, written, l.written)
			err := l.OpenCluster(test.then)
			var other *ClusterError
			require.Equal(t, test.refused, errors.As(err, &other), "%v", err)
			if test.refused {
				require.Equal(t, ClusterError{What: "the disk", Server: test.then, Other: test.first}, *other)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// The first sync covers the name and whatever was appended since. If the machine
// crashes before it ends, the records may be kept and the name not: that makes no
// stranger of the server.
func TestCrashBeforeTheNameIsDurable(t *testing.T) {
	everyChoice(func(pick func(n int) int) {
		env := newFakeEnv()
		l, _ := open(t, env)
		require.NoError(t, l.OpenCluster("north"))
		l.Flush()
		appendAll(t, l, "record")
		env.disk.crash(pick)
		l, _ = open(t, env)
		require.NoError(t, CheckCluster(env.Disk(), l.name, "north"))
		require.NoError(t, l.OpenCluster("north"))
	})
}
