package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"time"

	"quorumlab/rsm"
)

// completed is the scenario with everything that Test needs.
func (s Scenario) completed() (Scenario, error) {
	if len(s.Protocols) == 0 && s.Server == nil {
		return s, fmt.Errorf("the scenario has no Server: nothing to test")
	}
	if s.Server != nil {
		s.Protocols = append([]Protocol{implementation(s.Server, s.Invariants)}, s.Protocols...)
	}
	if err := s.completeWorkload(); err != nil {
		return s, err
	}
	if s.Servers == 0 {
		s.Servers = 3
	}
	if s.Seeds == 0 {
		s.Seeds = testSeeds
	}
	if s.Faults == nil && s.Vary == nil {
		return s.swarming()
	}
	if s.Vary == nil {
		if reflect.ValueOf(s.World).IsZero() {
			s.World = localNetwork()
		}
		s = s.filled()
	}
	if s.Name == "" {
		s.Name = "scenario"
	}
	return s, nil
}

// completeWorkload checks a workload of the user's own.
func (s *Scenario) completeWorkload() error {
	w := &s.Workload
	switch {
	case w.Client == nil && w.crew == nil && w.Machine == nil:
		return nil // there is none
	case w.Client == nil && w.crew == nil:
		return errors.New("the Workload has no Client: nobody would ask for anything")
	case w.crew == nil && reflect.ValueOf(w.Model).IsZero():
		return errors.New("the Workload has no Model: nobody could judge the answers")
	case w.Machine == nil && (s.Server == nil || len(s.Protocols) > 1):
		return errors.New("the Workload has no Machine, which Protocols replicate")
	case w.Machine == nil:
		w.Machine = func() rsm.StateMachine { return nil } // Server has its own
	}
	return nil
}

// filled is the scenario with clients who ask for something, for some time.
func (s Scenario) filled() Scenario {
	if s.Workload.Machine == nil {
		s.Workload = KeyValueWorkload(4, false)
	}
	if s.Clients == nil {
		s.Clients = mixedClients()
	}
	if s.Duration == 0 {
		s.Duration = 12 * time.Second
	}
	if s.Bites == nil {
		s.Bites = func(*Result) error { return nil }
	}
	return s
}

// fewAsk is how much is asked where answers are judged by a search: with more, and the
// unknown outcomes of a swarm, that takes for ever.
var fewAsk = map[string]string{"clients": "3", "think": "20ms", "openRate": "0"}

// swarming is the scenario with the swarm's faults.
func (s Scenario) swarming() (Scenario, error) {
	for _, field := range []string{"World", "Settings", "Transfers", "Changes", "Spares", "Roam", "Due"} {
		if !reflect.ValueOf(s).FieldByName(field).IsZero() {
			return s, fmt.Errorf("%s would not be heard: without Faults the swarm draws the world and what is done to it; fix it with Set, or give Faults", field)
		}
	}
	set := map[string]string{"servers": strconv.Itoa(s.Servers), "counter": "false"} // an implementation brings its own machine
	for field, value := range map[string]time.Duration{"duration": s.Duration, "recovery": s.Settle} {
		if value > 0 {
			set[field] = value.String()
		}
	}
	if s.Workload.Machine != nil && s.Workload.crew == nil && s.Workload.Model.Searched() {
		maps.Copy(set, fewAsk)
	}
	maps.Copy(set, s.Set)
	swarm, err := SwarmScenario(set)
	if err != nil {
		return s, err
	}
	if s.Name == "" {
		s.Name = swarm.Name
	}
	own := s
	s.Vary = func(seed uint64) Scenario {
		drawn := swarm.Vary(seed)
		if own.Workload.Machine != nil {
			drawn.Workload = own.Workload
		}
		if own.Clients != nil {
			drawn.Clients = own.Clients
		}
		if own.Bites != nil {
			drawn.Bites = own.Bites
		}
		return drawn
	}
	return s, nil
}

// longEnough is the scenario with time enough, after the faults that it draws from a
// seed, to see whether the service comes back.
func (s Scenario) longEnough(seed uint64) Scenario {
	if s.Vary != nil {
		return s
	}
	if from, judged := s.quiet(s.faultsOf(seed)); judged {
		s.Duration = max(s.Duration, from+2*time.Second)
	}
	return s
}
