package sim

import (
	"bufio"
	"encoding/json"
	"io"
	"reflect"
	"time"

	"quorumlab/node"
)

// PerfettoWriter is an observer that writes the trace in the Trace Event Format of
// Chrome, for Perfetto (https://ui.perfetto.dev) or chrome://tracing: a picture on
// a scale of time.
//
// A machine is a process. Its thread shows what happens to messages as slices of
// at most a microsecond, stacked where several fall on one instant, with an arrow
// from each sending to each delivery. Beside it are its down times, and marks for
// what has no duration: timers, syncs, boots, crashes, notes. The faults are a
// process of their own. The arguments of an event give its number in the trace,
// by which to find it among the JSON Lines, and the message's.
type PerfettoWriter struct {
	buffer    *bufio.Writer
	events    *json.Encoder
	separator string
	closed    bool

	now       time.Duration // of the latest event
	processes []*perfettoProcess
	byMachine map[node.ID]*perfettoProcess
	faults    []perfettoFault // under way
	spans     uint64          // begun so far
	firstSent uint64          // the first message seen to be sent; zero: none yet
}

// perfettoProcess is what there is to remember of a machine, or of the faults.
type perfettoProcess struct {
	number  node.ID
	slices  int           // begun and not ended, all at one instant
	sliceAt time.Duration // that instant
	down    *perfettoSpan // nil while the machine is up
}

// perfettoSpan is something with a duration that has begun and not ended.
type perfettoSpan struct {
	process        *perfettoProcess
	category, name string
	number         uint64
}

// perfettoFault is a fault under way.
type perfettoFault struct {
	fault Fault
	span  *perfettoSpan
}

const (
	// sliceLength is how long something without duration shows: arrows can begin and
	// end only at slices.
	sliceLength = time.Microsecond
	// faultsProcess is the number of the faults' process. The others have the IDs of
	// their machines.
	faultsProcess node.ID = 1_000_000
)

// NewPerfettoWriter makes a writer in the Trace Event Format. The file is complete
// only after Close. The writer may join a run late, or be shown its last events
// only.
func NewPerfettoWriter(w io.Writer) *PerfettoWriter {
	buffer := bufio.NewWriter(w)
	buffer.WriteString("{\"traceEvents\":[\n")
	return &PerfettoWriter{buffer: buffer, events: newLineEncoder(buffer), byMachine: make(map[node.ID]*perfettoProcess)}
}

// Observe implements Observer. An error is kept for Close; nothing is written
// after it, nor after Close.
func (p *PerfettoWriter) Observe(e *Event) {
	if p.closed {
		return
	}
	p.now = e.At
	of := p.process(e.Machine)
	p.endSlices(of, e.At)
	switch e.Kind {
	case Sent:
		p.beginSlice(of, e)
		p.beginArrow(of, e)
	case Delivered:
		p.beginSlice(of, e)
		p.endArrow(of, e)
	case Dropped: // its arrow has no end, and so does not show
		p.beginSlice(of, e)
	case Started:
		p.endDown(of)
		p.mark(of, e)
	case Crashed, Exited:
		p.beginDown(of)
		p.mark(of, e)
	case FaultBegan:
		p.beginFault(of, e)
	case FaultEnded:
		p.endFault(e)
	default:
		p.mark(of, e)
	}
}

// Close ends what is under way, completes the file and returns the first error of
// the writer beneath, if there was one. It does not close that writer.
func (p *PerfettoWriter) Close() error {
	if !p.closed {
		p.closed = true
		for _, process := range p.processes {
			p.endSlices(process, p.now+sliceLength)
			p.endDown(process)
		}
		for _, f := range p.faults {
			p.endSpan(f.span)
		}
		p.buffer.WriteString("]}\n")
	}
	return p.buffer.Flush()
}

// write adds an object to the file. A process has one thread, its main one, which
// goes by the same number.
func (p *PerfettoWriter) write(of *perfettoProcess, event perfettoEvent) {
	p.buffer.WriteString(p.separator)
	p.separator = ","
	event.Process, event.Thread = of.number, of.number
	_ = p.events.Encode(&event) // the buffer keeps the error of the writer; an object has no other
}

// process returns the process of a machine, or of the faults, which are no
// machine's. The first time it says in the file what the process is called, and
// where it stands: the faults first.
func (p *PerfettoWriter) process(id node.ID) *perfettoProcess {
	if process := p.byMachine[id]; process != nil {
		return process
	}
	process, name, place := &perfettoProcess{number: id}, Name(id), id
	if id == 0 {
		process.number, name, place = faultsProcess, "faults", -1
	}
	p.byMachine[id] = process
	p.processes = append(p.processes, process)
	p.write(process, perfettoEvent{Name: "process_name", Phase: phaseMetadata, Args: &perfettoParameters{Name: name}})
	p.write(process, perfettoEvent{Name: "process_sort_index", Phase: phaseMetadata, Args: &perfettoParameters{SortIndex: place}})
	return process
}

// mark shows what has no duration, beside the thread.
func (p *PerfettoWriter) mark(of *perfettoProcess, e *Event) {
	p.write(of, perfettoEvent{Name: caption(e), Category: e.Kind.String(), Phase: phaseInstant, At: microseconds(e.At),
		Scope: scopeProcess, Args: &perfettoParameters{Number: e.Number}})
}

// beginSlice shows what happens to a message. Perfetto sorts the objects of one
// instant such that the ends of slices come first. A slice must therefore not end
// at the instant at which it begins, and those of one instant are stacked.
func (p *PerfettoWriter) beginSlice(of *perfettoProcess, e *Event) {
	of.slices++
	of.sliceAt = e.At
	p.write(of, perfettoEvent{Name: caption(e), Category: "message", Phase: phaseSliceBegin, At: microseconds(e.At),
		Args: &perfettoParameters{Number: e.Number, MessageID: e.MessageID}})
}

// endSlices ends the slices of an earlier instant, in time for those of now.
func (p *PerfettoWriter) endSlices(of *perfettoProcess, now time.Duration) {
	if of.sliceAt == now {
		return
	}
	end := min(of.sliceAt+sliceLength, now)
	for ; of.slices > 0; of.slices-- {
		p.write(of, perfettoEvent{Phase: phaseSliceEnd, At: microseconds(end)})
	}
}

// beginArrow lets an arrow begin at the slice that was begun last.
func (p *PerfettoWriter) beginArrow(of *perfettoProcess, e *Event) {
	if p.firstSent == 0 {
		p.firstSent = e.MessageID
	}
	p.write(of, perfettoEvent{Name: "message", Category: "message", Phase: phaseArrowBegin, At: microseconds(e.At),
		ID: e.MessageID})
}

// endArrow lets an arrow end at the slice that was begun last, unless the message
// was sent before the writer looked: messages are numbered as they are sent.
func (p *PerfettoWriter) endArrow(of *perfettoProcess, e *Event) {
	if p.firstSent == 0 || e.MessageID < p.firstSent {
		return
	}
	p.write(of, perfettoEvent{Name: "message", Category: "message", Phase: phaseArrowEnd, At: microseconds(e.At),
		ID: e.MessageID, Binding: bindToEnclosing})
}

// beginSpan shows something with a duration, above the thread.
func (p *PerfettoWriter) beginSpan(of *perfettoProcess, category, name string, parameters *perfettoParameters) *perfettoSpan {
	p.spans++
	p.write(of, perfettoEvent{Name: name, Category: category, Phase: phaseSpanBegin, At: microseconds(p.now),
		ID: p.spans, Args: parameters})
	return &perfettoSpan{of, category, name, p.spans}
}

func (p *PerfettoWriter) endSpan(s *perfettoSpan) {
	p.write(s.process, perfettoEvent{Name: s.name, Category: s.category, Phase: phaseSpanEnd, At: microseconds(p.now),
		ID: s.number})
}

// beginDown shows a machine down, unless it is so already: a machine may crash
// whose process had ended itself.
func (p *PerfettoWriter) beginDown(of *perfettoProcess) {
	if of.down == nil {
		of.down = p.beginSpan(of, "down", "down", nil)
	}
}

func (p *PerfettoWriter) endDown(of *perfettoProcess) {
	if of.down != nil {
		p.endSpan(of.down)
		of.down = nil
	}
}

func (p *PerfettoWriter) beginFault(of *perfettoProcess, e *Event) {
	fault := e.Note.(Fault)
	span := p.beginSpan(of, "fault", fault.Label(), &perfettoParameters{Number: e.Number, Fault: fault.String()})
	p.faults = append(p.faults, perfettoFault{fault, span})
}

func (p *PerfettoWriter) endFault(e *Event) {
	for i, f := range p.faults {
		if reflect.DeepEqual(f.fault, e.Note) { // == would panic if a fault held a slice
			p.endSpan(f.span)
			p.faults = append(p.faults[:i], p.faults[i+1:]...)
			return
		}
	}
}
