package sim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// traceObject is what a reader of the Trace Event Format sees.
type traceObject struct {
	Name string
	Cat  string
	Ph   string
	Ts   json.Number
	Pid  *node.ID
	Tid  *node.ID
	ID   uint64
	Bp   string
	S    string
	Args struct {
		Name      string
		SortIndex node.ID `json:"sort_index"`
		Number    uint64
		MessageID uint64
		Fault     string
	}
	at time.Duration
}

// perfettoPicture is what Perfetto makes of a file.
type perfettoPicture struct {
	processes map[node.ID]string
	slices    []traceObject // by begin
	instants  []traceObject
	spans     []perfettoInterval
	arrows    map[uint64]int // ends of the arrow that begins where a message was sent
}

type perfettoInterval struct {
	process    node.ID
	name       string
	begin, end time.Duration
}

// readPerfetto reads a file by the rules of the format, in the order in which
// Perfetto takes the objects: by time, at one instant the ends of slices first and
// then as they are in the file.
func readPerfetto(t require.TestingT, file string) perfettoPicture {
	var content struct{ TraceEvents []traceObject }
	decoder := json.NewDecoder(strings.NewReader(file))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&content))
	objects := content.TraceEvents
	picture := perfettoPicture{processes: map[node.ID]string{}, arrows: map[uint64]int{}}
	for i := range objects {
		o := &objects[i]
		require.NotNil(t, o.Pid)
		require.Equal(t, o.Pid, o.Tid)
		o.at = exactly(t, o.Ts)
		if o.Ph == "M" && o.Name == "process_name" {
			require.NotContains(t, picture.processes, *o.Pid)
			picture.processes[*o.Pid] = o.Args.Name
		}
		require.Contains(t, picture.processes, *o.Pid, "a process is introduced first")
	}
	slices.SortStableFunc(objects, func(a, b traceObject) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(endsFirst(a), endsFirst(b)))
	})
	reader := perfettoReader{picture: &picture, stacks: map[node.ID][]traceObject{}, spans: map[traceSpan]time.Duration{}}
	for _, o := range objects {
		reader.read(t, o)
	}
	for process, stack := range reader.stacks {
		require.Empty(t, stack, "slices of process %d that do not end", process)
	}
	require.Empty(t, reader.spans, "spans that do not end")
	return picture
}

func endsFirst(o traceObject) int {
	if o.Ph == "E" {
		return 0
	}
	return 1
}

// exactly reads microseconds with three decimals, as nanoseconds.
func exactly(t require.TestingT, number json.Number) time.Duration {
	whole, fraction, found := strings.Cut(number.String(), ".")
	require.True(t, found && len(fraction) == 3, "%s", number)
	nanoseconds, err := strconv.ParseInt(whole+fraction, 10, 64)
	require.NoError(t, err)
	return time.Duration(nanoseconds)
}

type perfettoReader struct {
	picture *perfettoPicture
	stacks  map[node.ID][]traceObject
	spans   map[traceSpan]time.Duration
}

type traceSpan struct {
	process   node.ID
	cat, name string
	id        uint64
}

func (r *perfettoReader) read(t require.TestingT, o traceObject) {
	stack := r.stacks[*o.Pid]
	span := traceSpan{*o.Pid, o.Cat, o.Name, o.ID}
	switch o.Ph {
	case "M":
	case "i":
		require.Equal(t, "p", o.S)
		r.picture.instants = append(r.picture.instants, o)
	case "B":
		r.stacks[*o.Pid] = append(stack, o)
		r.picture.slices = append(r.picture.slices, o)
	case "E":
		require.NotEmpty(t, stack, "an end without a slice")
		length := o.at - stack[len(stack)-1].at
		require.True(t, length > 0 && length <= time.Microsecond, "a slice of %v", length)
		r.stacks[*o.Pid] = stack[:len(stack)-1]
	case "s", "f":
		require.NotEmpty(t, stack, "an arrow without a slice")
		slice := stack[len(stack)-1]
		require.Equal(t, slice.at, o.at)
		require.Equal(t, slice.Args.MessageID, o.ID, "the slice is not that of the arrow's message")
		require.Equal(t, []string{"message", "message"}, []string{o.Name, o.Cat})
		_, begun := r.picture.arrows[o.ID]
		require.Equal(t, o.Ph == "f", begun)
		if begun {
			require.Equal(t, "e", o.Bp)
			r.picture.arrows[o.ID]++
		} else {
			r.picture.arrows[o.ID] = 0
		}
	case "b":
		require.NotContains(t, r.spans, span)
		r.spans[span] = o.at
	case "e":
		require.Contains(t, r.spans, span)
		r.picture.spans = append(r.picture.spans, perfettoInterval{*o.Pid, o.Name, r.spans[span], o.at})
		delete(r.spans, span)
	default:
		require.Fail(t, "unknown phase", o.Ph)
	}
}
