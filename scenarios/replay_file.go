package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/sim"
)

// replayVersion is the version of the file format that is written and read.
const replayVersion = 1

// maxReplayBytes bounds a replay file.
const maxReplayBytes = 32 << 20

// replayFile is a replay as files have it.
type replayFile struct {
	Version     int             `json:"version"`
	Scenario    string          `json:"scenario"`
	Protocol    string          `json:"protocol"`
	Bug         string          `json:"bug,omitempty"`
	Seed        uint64          `json:"seed"`
	Servers     int             `json:"servers"`
	Clients     []loadFile      `json:"clients"`
	Duration    sim.Duration    `json:"duration"`
	OutsideOnly bool            `json:"outsideOnly,omitempty"`
	Only        string          `json:"only,omitempty"`
	Config      *Swarm          `json:"config,omitempty"`
	QueueConfig *QueueSwarm     `json:"queueConfig,omitempty"`
	Schedule    json.RawMessage `json:"schedule"`
	Sentences   []string        `json:"sentences,omitempty"` // the schedule to read
	Failure     *failureFile    `json:"failure,omitempty"`
	Fingerprint string          `json:"fingerprint,omitempty"`
}

type loadFile struct {
	Sessions int          `json:"sessions,omitempty"`
	Think    sim.Duration `json:"think,omitempty"`
	Rate     float64      `json:"rate,omitempty"`
	Calls    []callFile   `json:"calls,omitempty"`
}

type callFile struct {
	At     sim.Duration `json:"at"`
	Number int          `json:"number"`
}

type failureFile struct {
	Class
	Violation string `json:"violation"`
}

// MarshalJSON implements json.Marshaler.
func (f Replay) MarshalJSON() ([]byte, error) {
	schedule, err := f.Schedule.MarshalJSON()
	if err != nil {
		return nil, err
	}
	file := replayFile{
		Version: replayVersion, Scenario: f.Scenario, Protocol: f.Protocol, Bug: f.Bug, Seed: f.Seed,
		Servers: f.Servers, Clients: []loadFile{}, Duration: sim.Duration(f.Duration), OutsideOnly: f.OutsideOnly, Only: f.Only,
		Schedule: schedule, Fingerprint: f.Fingerprint,
	}
	switch c := f.Config.(type) {
	case *Swarm:
		file.Config = c
	case *QueueSwarm:
		file.QueueConfig = c
	}
	for _, load := range f.Clients {
		if load.silent() {
			load = Load{} // in files, an empty list would be none
		}
		written := loadFile{Sessions: load.Sessions, Think: sim.Duration(load.Think), Rate: load.Rate}
		if load.Calls != nil {
			written = loadFile{}
		}
		for _, c := range load.Calls {
			written.Calls = append(written.Calls, callFile{sim.Duration(c.At), c.Number})
		}
		file.Clients = append(file.Clients, written)
	}
	for _, fault := range f.Schedule {
		file.Sentences = append(file.Sentences, fault.String())
	}
	if f.Failure != (Class{}) {
		file.Failure = &failureFile{f.Failure, f.Violation}
	}
	return json.Marshal(file)
}

// WriteFile writes the replay, indented, under a temporary name first.
func (f Replay) WriteFile(path string) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}

// ReadReplayFile reads a replay from a file, see [ReadReplay].
func ReadReplayFile(path string) (Replay, error) {
	file, err := os.Open(path)
	if err != nil {
		return Replay{}, err
	}
	defer file.Close()
	f, err := ReadReplay(file)
	if err != nil {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// ReadReplay reads a replay and checks it. A file of another version of the
// format is refused, and so is a field that is unknown; an error names the field
// that is wrong.
func ReadReplay(r io.Reader) (Replay, error) {
	source, err := io.ReadAll(io.LimitReader(r, maxReplayBytes+1))
	if err != nil {
		return Replay{}, fmt.Errorf("replay: %w", err)
	}
	if len(source) > maxReplayBytes {
		return Replay{}, fmt.Errorf("replay: larger than %d bytes", maxReplayBytes)
	}
	f, err := parseReplay(source)
	if err != nil {
		return Replay{}, fmt.Errorf("replay: %w", err)
	}
	return f, nil
}

func parseReplay(source []byte) (f Replay, err error) {
	source = bytes.TrimPrefix(source, []byte("\ufeff")) // some editors put it there
	if err := checkVersion(source); err != nil {
		return f, err
	}
	var file replayFile
	if err := fitsTo(source, reflect.TypeFor[replayFile](), ""); err != nil {
		return f, err
	}
	if err := json.Unmarshal(source, &file); err != nil {
		return f, err
	}
	if len(file.Schedule) == 0 {
		return f, errors.New("schedule: missing")
	}
	schedule, err := sim.ReadSchedule(bytes.NewReader(file.Schedule))
	if err != nil {
		return f, err
	}
	f = Replay{
		Scenario: file.Scenario, Protocol: file.Protocol, Bug: file.Bug, Seed: file.Seed,
		Servers: file.Servers, Duration: time.Duration(file.Duration), Schedule: schedule, OutsideOnly: file.OutsideOnly, Only: file.Only,
		Fingerprint: file.Fingerprint,
	}
	if f.Config, err = file.configuration(); err != nil {
		return f, err
	}
	for _, load := range file.Clients {
		read := Load{Sessions: load.Sessions, Think: time.Duration(load.Think), Rate: load.Rate}
		for _, c := range load.Calls {
			read.Calls = append(read.Calls, Call{time.Duration(c.At), c.Number})
		}
		f.Clients = append(f.Clients, read)
	}
	if file.Failure != nil {
		f.Failure, f.Violation = file.Failure.Class, file.Failure.Violation
		if err := f.Failure.validate(); err != nil {
			return f, fmt.Errorf("failure: %w", err)
		}
	}
	return f, f.validate()
}

// configuration returns the one configuration that the file has, if any. Which sort it is the
// scenario says, if it is one of the laboratory's swarms.
func (f replayFile) configuration() (configuration, error) {
	switch {
	case f.Config != nil && f.QueueConfig != nil:
		return nil, errors.New("config, queueConfig: a run has one of them")
	case f.Config != nil && f.Scenario == queueSwarmName:
		return nil, fmt.Errorf("config: is of %s, not of %s", swarmName, queueSwarmName)
	case f.QueueConfig != nil && f.Scenario == swarmName:
		return nil, fmt.Errorf("queueConfig: is of %s, not of %s", queueSwarmName, swarmName)
	case f.Config != nil:
		return f.Config, nil
	case f.QueueConfig != nil:
		return f.QueueConfig, nil
	}
	return nil, nil
}

// checkVersion refuses what is not a file of this format, or one of another version.
func checkVersion(source []byte) error {
	var head struct {
		Version json.RawMessage `json:"version"`
	}
	if err := json.Unmarshal(source, &head); err != nil {
		return notAReplay(err)
	}
	var version int
	switch err := json.Unmarshal(head.Version, &version); {
	case len(head.Version) == 0 || string(head.Version) == "null":
		return errors.New("version: missing; want a file that run --out or shrink wrote")
	case err != nil:
		return fmt.Errorf("version: %.40s does not fit; want a whole number", head.Version)
	case version < replayVersion:
		return fmt.Errorf("version: %d is older than %d, which this program reads; run its seed anew", version, replayVersion)
	case version > replayVersion:
		return fmt.Errorf("version: %d is newer than %d, which this program reads", version, replayVersion)
	}
	return nil
}

// notAReplay puts an error of the JSON decoder into the words of a file.
func notAReplay(err error) error {
	var mistyped *json.UnmarshalTypeError
	var broken *json.SyntaxError
	switch {
	case errors.As(err, &mistyped):
		return fmt.Errorf("a JSON %s; want the object that run --out or shrink wrote", mistyped.Value)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), err.Error() == "unexpected end of JSON input":
		return errors.New("ends in the middle")
	case errors.As(err, &broken):
		return fmt.Errorf("after %d bytes: %w; want one JSON object, as run --out or shrink wrote it", broken.Offset, err)
	}
	return err
}

// validate reports the first field that is wrong.
func (f Replay) validate() error {
	switch {
	case f.Scenario == "":
		return errors.New("scenario: missing")
	case f.Protocol == "":
		return errors.New("protocol: missing")
	case f.Servers < 1 || f.Servers > 15:
		return fmt.Errorf("servers: %d is not between 1 and 15", f.Servers)
	case len(f.Clients) > 100:
		return fmt.Errorf("clients: %d are more than 100", len(f.Clients))
	case f.Duration < time.Millisecond || f.Duration > time.Hour:
		return fmt.Errorf("duration: %v is not between 1ms and 1h", f.Duration)
	}
	for i, load := range f.Clients {
		if err := load.validate(); err != nil {
			return fmt.Errorf("clients: client %d: %w", i+1, err)
		}
	}
	if f.Config != nil {
		if err := f.Config.Validate(); err != nil {
			return fmt.Errorf("config: %w", err)
		}
	}
	servers := f.Servers
	if f.Config != nil {
		servers += f.Config.spares()
	}
	return f.Schedule.ValidateFor(servers, len(f.Clients))
}
