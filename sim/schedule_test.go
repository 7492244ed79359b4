package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// coreFaults has examples of each kind of fault of machines and clocks.
var coreFaults = Schedule{
	Crash{Between(ms, 2*ms), "S1"}, Crash{Between(0, 0), Leader},
	Pause{Between(ms, 2*ms), "S1+S2"},
	SlowCPU{Between(ms, 2*ms), Minority, Mixture(Exponential(ms), 0.01, Pareto(ms, 1.5))},
	Wipe{Between(ms, 2*ms), "S1"}, Wipe{Between(2*ms, 3*ms), "S1"},
	Partition{Between(ms, 0), "S1", Clients, Outward},
	Disturbance{Span: Between(ms, 2*ms), Loss: 0.5},
	ClockSkew{Between(ms, 2*ms), "S1", Duration(-ms)},
	ClockDrift{Between(ms, 2*ms), "S1", -0.015625},
	ClockJump{At(ms), "S1", Duration(ms)},
	ClockStrobe{Between(ms, 2*ms), "S1", Duration(ms), Duration(us)},
	Heal{At(ms), Majority + "+" + Clients},
}

func TestCoreFaultsInFiles(t *testing.T) {
	text, err := json.Marshal(coreFaults)
	require.NoError(t, err)
	read, err := ReadSchedule(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, coreFaults, read)
	for _, f := range coreFaults {
		require.NotEmpty(t, f.Label())
		require.NotContains(t, f.String(), "%!")
		require.Contains(t, string(text), fmt.Sprintf(`"kind":%q`, f.Kind()))
	}
}

func TestCoreFaultsValidate(t *testing.T) {
	span, early, by := Between(ms, 2*ms), Between(-1, ms), Duration(ms)
	const year = 365 * 24 * 3600 * 1e9
	tests := map[string]Fault{
		"(pause): start: -1ns is negative":              Pause{early, "S1"},
		"(pause): target: missing":                      Pause{Span: span},
		"(slow-cpu): start: -1ns":                       SlowCPU{early, "S1", Constant(ms)},
		"(slow-cpu): target: \"X\" is neither":          SlowCPU{span, "X", Constant(ms)},
		"(slow-cpu): perMessage: missing":               SlowCPU{Span: span, Target: "S1"},
		"(slow-cpu): perMessage: constant(-1ns)":        SlowCPU{span, "S1", Constant(-1)},
		"(wipe): end: 1ms is not after the start, 2ms":  Wipe{Between(2*ms, ms), "S1"},
		"(wipe): target: missing":                       Wipe{Span: span},
		"(heal): at: 0s is not positive":                Heal{Target: "S1"},
		"(heal): target: missing":                       Heal{Instant: At(ms)},
		"(clock-skew): start: -1ns":                     ClockSkew{early, "S1", by},
		"(clock-skew): target: missing":                 ClockSkew{Span: span, By: by},
		"(clock-skew): by: missing, or zero":            ClockSkew{Span: span, Target: "S1"},
		"(clock-skew): by: 8760h0m0.000000001s is more": ClockSkew{span, "S1", year + 1},
		"(clock-drift): start: -1ns":                    ClockDrift{early, "S1", 1},
		"(clock-drift): rate: missing, or zero":         ClockDrift{Span: span, Target: "S1"},
		"(clock-drift): rate: -0.91 is not between":     ClockDrift{span, "S1", -0.91},
		"(clock-drift): rate: 11 is not between":        ClockDrift{span, "S1", 11},
		"(clock-jump): at: -1ms is not positive":        ClockJump{At(-ms), "S1", by},
		"(clock-jump): by: missing":                     ClockJump{Instant: At(ms), Target: "S1"},
		"(clock-strobe): start: -1ns":                   ClockStrobe{early, "S1", by, by},
		"(clock-strobe): by: missing":                   ClockStrobe{Span: span, Target: "S1", Every: by},
		"(clock-strobe): every: 0s is not positive":     ClockStrobe{Span: span, Target: "S1", By: by},
	}
	for want, f := range tests {
		require.ErrorContains(t, Schedule{f}.Validate(), "fault 1 "+want)
	}
}

func TestWipesThatOverlap(t *testing.T) {
	wipe := func(who Target, start, end int64) Wipe { return Wipe{Span{Duration(start), Duration(end)}, who} }
	tests := []struct {
		schedule Schedule
		want     string
	}{
		{Schedule{wipe("S1", 1, 3), wipe("S1", 2, 4)}, "fault 2 (wipe): overlaps the wipe of S1 in fault 1"},
		{Schedule{wipe("S1", 2, 4), coreFaults[0], wipe("S1", 1, 3)}, "fault 3 (wipe): overlaps the wipe of S1 in fault 1"},
		{Schedule{wipe("S1", 1, 0), wipe("S1", 8, 9)}, "fault 2 (wipe): overlaps the wipe of S1 in fault 1"},
		{Schedule{wipe("S1", 5, 6), wipe("S1", 1, 9), wipe("S2", 1, 9)}, "fault 2 (wipe): overlaps the wipe of S1 in fault 1"},
		{Schedule{wipe("S1", 1, 2), wipe("S1", 2, 3), wipe("S2", 1, 3)}, ""},
	}
	for _, test := range tests {
		err := test.schedule.Validate()
		if test.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, test.want)
		text, err := json.Marshal(test.schedule)
		require.NoError(t, err)
		_, err = ReadSchedule(bytes.NewReader(text))
		require.ErrorContains(t, err, test.want)
		require.ErrorContains(t, err, "schedule: line ")
	}
}

func TestReadScheduleRefuses(t *testing.T) {
	// Alone in its line, the second of two faults.
	second := func(fault string) string {
		return "{\"version\":1,\"faults\":[\n{\"kind\":\"crash\",\"start\":\"1s\",\"target\":\"S1\"},\n  " + fault + "\n]}"
	}
	const crash = `"kind":"crash","start":"1s","target":"S1"`
	tests := map[string]struct{ file, want string }{
		"empty":                {"", "line 1, column 1: ends in the middle"},
		"no JSON":              {"crash S1", "line 1, column 1: invalid character 'c'"},
		"no object":            {"[]", "line 1, column 1: [] is not an object"},
		"no version":           {`{"faults":[]}`, "version: missing"},
		"another version":      {`{"version":2,"faults":[]}`, "line 1, column 2: version: 2 is not supported; want 1"},
		"version as text":      {`{"version":"1","faults":[]}`, `version: "1" is not a whole number`},
		"two versions":         {`{"version":1,"version":1,"faults":[]}`, "line 1, column 14: version: given twice"},
		"no faults":            {`{"version":1}`, "faults: missing"},
		"faults null":          {`{"version":1,"faults":null}`, "column 23: faults: null is not an array"},
		"unknown part":         {`{"version":1,"faults":[],"seed":3}`, `"seed" is unknown; want version, faults`},
		"Version":              {`{"Version":1,"faults":[]}`, `"Version" is unknown`},
		"more":                 {`{"version":1,"faults":[]} {}`, "line 1, column 27: more follows after the end"},
		"more that is no JSON": {"{\"version\":1,\"faults\":[]}\n%", "line 2, column 1: more follows after the end"},
		"a number":             {second("1"), "line 3, column 3: fault 2: 1 is not an object"},
		"no kind":              {second(`{"start":"1s","target":"S1"}`), "line 3, column 3: fault 2: kind: missing"},
		"unknown kind":         {second(`{"kind":"crush"}`), `line 3, column 4: fault 2: kind: "crush" is unknown; want one of bandwidth, bit-rot`},
		"kind of a wrong type": {second(`{"kind":7}`), "fault 2: kind: 7 is not the name of a kind"},
		"negative time":        {second(`{"kind":"crash","start":"-1s","target":"S1"}`), "line 3, column 19: fault 2 (crash): start: -1s is negative"},
		"end before start":     {second("{" + crash + `,"end":"1s"}`), "line 3, column 46: fault 2 (crash): end: 1s is not after the start, 1s"},
		"no duration":          {second(`{"kind":"crash","start":"soon","target":"S1"}`), `column 19: fault 2 (crash): start: "soon" is not a duration such as 1.5s`},
		"number for duration":  {second(`{"kind":"crash","start":1,"target":"S1"}`), "fault 2 (crash): start: a JSON number does not fit"},
		"null":                 {second(`{"kind":"crash","start":null,"target":"S1"}`), "fault 2 (crash): start: null is no value"},
		"no start":             {second(`{"kind":"crash","target":"S1"}`), "line 3, column 3: fault 2 (crash): start: missing"},
		"no target":            {second(`{"kind":"crash","start":"1s"}`), "fault 2 (crash): target: missing"},
		"unknown target":       {second(`{"kind":"crash","start":"1s","target":"boss"}`), `column 32: fault 2 (crash): target: "boss" is neither`},
		"target of wrong type": {second(`{"kind":"crash","start":"1s","target":["S1"]}`), "fault 2 (crash): target: a JSON array does not fit"},
		"unknown field":        {second("{" + crash + `,"by":"1s"}`), `fault 2 (crash): "by" is unknown; want start, end, target`},
		"Target":               {second(`{"kind":"crash","start":"1s","Target":"S1"}`), `"Target" is unknown`},
		"field given twice":    {second("{" + crash + `,"target":"S2"}`), "line 3, column 46: fault 2: target: given twice"},
		"the same, escaped":    {second("{" + crash + `,"\u0074arget":"S2"}`), "target: given twice"},
		"kind given twice":     {second("{" + crash + `,"kind":"pause"}`), "kind: given twice"},
		"no distribution":      {second(`{"kind":"slow-cpu","start":"1s","target":"S1","perMessage":"slow"}`), `fault 2 (slow-cpu): perMessage: "slow"`},
		"no rate":              {second(`{"kind":"clock-drift","start":"1s","target":"S1"}`), "fault 2 (clock-drift): rate: missing"},
		"rate beyond numbers":  {second(`{"kind":"clock-drift","start":"1s","target":"S1","rate":1e999}`), "rate: a JSON number 1e999 does not fit"},
		"no instant":           {second(`{"kind":"heal","target":"S1"}`), "fault 2 (heal): at: missing"},
		"a missing comma":      {"{\"version\":1\n \"faults\":[]}", "line 2, column 2: invalid character '\"' after object key:value pair"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ReadSchedule(strings.NewReader(test.file))
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "schedule: ")
		})
	}
}

// TestReadScheduleRefusesTruncatedFiles, wherever they end.
func TestReadScheduleWithMark(t *testing.T) {
	schedule, err := ReadSchedule(strings.NewReader("\ufeff" + `{"version":1,"faults":[]}`))
	require.NoError(t, err, "a byte order mark at the head does no harm")
	require.Empty(t, schedule)
}

func TestReadScheduleRefusesTruncatedFiles(t *testing.T) {
	text, err := json.Marshal(coreFaults)
	require.NoError(t, err)
	for size := range text {
		_, err := ReadSchedule(bytes.NewReader(text[:size]))
		require.ErrorContains(t, err, "ends in the middle", "after %d bytes", size)
	}
}

// endless is a file without an end, which counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func TestReadScheduleRefusesLargeFiles(t *testing.T) {
	var file endless
	_, err := ReadSchedule(&file)
	require.EqualError(t, err, "schedule: larger than 16777216 bytes")
	require.LessOrEqual(t, file.read, 17<<20)
	_, err = ReadSchedule(io.MultiReader(strings.NewReader("{"), broken{}))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestScheduleValidateFor(t *testing.T) {
	tests := []struct {
		fault            Fault
		servers, clients int
		want             string
	}{
		{Crash{Between(ms, 0), "S5"}, 5, 0, ""},
		{Crash{Between(ms, 0), "S9"}, 5, 0, "fault 1 (crash): target: there is no S9; there are 5 servers"},
		{Pause{Between(ms, 0), "S1+C2"}, 5, 1, "fault 1 (pause): target: there is no C2; there are 1 clients"},
		{Pause{Between(ms, 0), "S1+C1"}, 5, 1, ""},
		{Partition{Span: Between(ms, 0), Side: "S1", Other: "S6"}, 5, 1, "fault 1 (partition): other: there is no S6; there are 5 servers"},
		{Partition{Span: Between(ms, 0), Side: "S1"}, 1, 0, ""},
		{Flapping{Partition{Span: Between(ms, 0), Side: "S3"}, Duration(ms)}, 2, 0, "fault 1 (flapping): side: there is no S3"},
		{Clog{Between(ms, 0), "S1", "C1"}, 5, 0, "fault 1 (clog): to: there is no C1; there are 0 clients"},
		{Crash{Between(ms, 0), Leader}, 0, 1, "fault 1 (crash): target: leader is none of 0 servers"},
		{Crash{Between(ms, 0), All + "+" + Clients}, 0, 0, ""},
		{Crash{Between(-ms, 0), "S1"}, 1, 0, "fault 1 (crash): start: -1ms is negative"},
	}
	for _, test := range tests {
		if err := (Schedule{test.fault}).ValidateFor(test.servers, test.clients); test.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, test.want)
		}
	}
}

// FuzzReadSchedule: no file makes it panic, and what it accepts is valid and is
// read back from what is written.
func FuzzReadSchedule(f *testing.F) {
	for _, schedule := range []Schedule{coreFaults, {}, {networkFaults["filter"][3]}} {
		text, err := json.Marshal(schedule)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"version":1,"faults":[{"kind":"shape","start":"1s","name":"bridge","clients":true}]}`))
	f.Add([]byte(`{"version":1,"faults":[{"kind":"crash","kind":"crash"}]}`))
	f.Add([]byte(` [1] {`))
	f.Fuzz(func(t *testing.T, file []byte) {
		schedule, err := ReadSchedule(bytes.NewReader(file))
		if err != nil {
			return
		}
		require.NoError(t, schedule.Validate())
		text, err := json.Marshal(schedule)
		require.NoError(t, err)
		again, err := ReadSchedule(bytes.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, schedule, again)
	})
}
