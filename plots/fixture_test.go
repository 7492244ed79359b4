package plots

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// leaderCrash is a run of count operations within 20 s whose leader is down from
// 6 s to 8 s: what is asked meanwhile waits, fails, or is given up on.
func leaderCrash(name string, count int) Run {
	const seed = 42
	random := rand.New(rand.NewPCG(seed, 0))
	run := Run{
		Name:   name,
		Length: 20 * time.Second,
		Faults: []Band{
			{Start: 6 * time.Second, End: 8 * time.Second, Label: "crash leader"},
			{Start: 7 * time.Second, End: 11 * time.Second, Label: "partition n1 n2 | n3"},
		},
		LeaderChanges: []time.Duration{200 * time.Millisecond, 8 * time.Second},
	}
	for range count {
		operation := Operation{
			Call:    time.Duration(random.Int64N(int64(run.Length))),
			Latency: time.Duration(3e6 * math.Exp(0.5*random.NormFloat64())),
			Outcome: OK,
		}
		if recovery := 8*time.Second - operation.Call; recovery > 0 && recovery < 2*time.Second {
			switch random.IntN(3) {
			case 0:
				operation.Latency += recovery
			case 1:
				operation.Outcome = Failed
			default:
				operation.Latency, operation.Outcome = time.Second, Unknown
			}
		}
		run.Operations = append(run.Operations, operation)
	}
	return run
}

// generatedOperations draws operations of a run of ten seconds.
func generatedOperations(t *rapid.T, least, most int) []Operation {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Operation {
		return Operation{
			Call:    time.Duration(rapid.Int64Range(0, int64(9*time.Second)).Draw(t, "call")),
			Latency: time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "latency")),
			Outcome: rapid.SampledFrom(outcomes[:]).Draw(t, "outcome"),
		}
	}), least, most).Draw(t, "operations")
}

// texts draws a figure as SVG, which must be well-formed, and returns what is
// written on it, a line for each piece.
func texts(t *testing.T, figure *Figure) string {
	t.Helper()
	data, err := figure.svg()
	require.NoError(t, err)
	require.NotContains(t, string(data), "NaN")
	require.NotContains(t, string(data), "Inf")
	var written strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return written.String()
		}
		require.NoError(t, err, "the SVG is not well-formed")
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "text" {
			var line string
			require.NoError(t, decoder.DecodeElement(&line, &element))
			written.WriteString(line + "\n")
		}
	}
}
