package sim

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFaultsPage reads the schedules of docs/faults.md, which must be valid, and
// between them have every kind of fault.
func TestFaultsPage(t *testing.T) {
	page, err := os.ReadFile("../docs/faults.md")
	require.NoError(t, err)
	shown := map[string]bool{}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		schedule, err := ReadSchedule(strings.NewReader(block[1]))
		require.NoError(t, err)
		for _, f := range schedule {
			shown[f.Kind()] = true
		}
	}
	for _, kind := range faultKinds() {
		require.True(t, shown[kind], "docs/faults.md does not show %s", kind)
	}
}
