package commit

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const root = "../../.."

// inTheRealRaft returns the file raft/commit.go with the rule of this package in the
// place of its own.
func inTheRealRaft() (string, error) {
	source, err := os.ReadFile(filepath.Join(root, "raft", "commit.go"))
	if err != nil {
		return "", err
	}
	text := string(source)
	for _, change := range [][2]string{
		{`import "quorumlab/node"`, "import (\n\t\"quorumlab/docs/exercises/commit\"\n\t\"quorumlab/node\"\n)"},
		{`index := Index(s.reached(uint64(s.journal.durable), func(p *peer) uint64 { return uint64(p.match) }))`, `index := s.exercise()`},
		{` || s.log.term(index) != s.term {`, ` {`},
	} {
		if strings.Count(text, change[0]) != 1 {
			return "", fmt.Errorf("raft/commit.go has changed: there is no %q any more", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	return text + `
func (s *Server) exercise() Index {
	index := s.exerciseIn(func(m member) bool { return m.voters })
	if s.configuration().Joint() {
		index = min(index, s.exerciseIn(func(m member) bool { return m.old }))
	}
	return index
}

func (s *Server) exerciseIn(in func(m member) bool) Index {
	l := commit.Leader{
		Term: uint64(s.term), Commit: uint64(s.commitIndex), Last: uint64(s.log.lastIndex()),
		TermOf: func(index uint64) uint64 { return uint64(s.log.term(Index(index))) },
	}
	if in(s.votes) {
		l.Match = append(l.Match, uint64(s.journal.durable))
	}
	for i := range s.peers {
		if p := &s.peers[i]; in(p.votes) {
			l.Match = append(l.Match, uint64(p.match))
		}
	}
	return Index(commit.Index(l))
}
`, nil
}

// withOverlay calls the Go command with the rule in the real Raft.
func withOverlay(arguments ...string) error {
	text, err := inTheRealRaft()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "quorumlab-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file, err := filepath.Abs(filepath.Join(root, "raft", "commit.go"))
	if err != nil {
		return err
	}
	replaced, overlay := filepath.Join(dir, "commit.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {file: replaced}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(replaced, []byte(text), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(overlay, list, 0o644); err != nil {
		return err
	}
	command := exec.Command("go", append([]string{arguments[0], "-overlay", overlay}, arguments[1:]...)...)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%.3000s", err, out)
	}
	return nil
}
