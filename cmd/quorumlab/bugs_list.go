package main

import (
	"strings"

	"quorumlab/scenarios/planted"
)

// bugList is what bugs --list prints with --json.
type bugList struct {
	Bugs []listedBug `json:"bugs"`
}

type listedBug struct {
	Name      string   `json:"name"`
	Story     string   `json:"story"`
	Breaks    string   `json:"breaks"`
	SeenIn    string   `json:"seenIn"`
	Clients   string   `json:"clients"`
	Wanted    string   `json:"wanted"`
	Scenario  string   `json:"scenario"`
	Protocols []string `json:"protocols"`
	Set       []string `json:"set"`
}

func listOf(bugs []planted.Bug) bugList {
	list := bugList{Bugs: []listedBug{}}
	for _, b := range bugs {
		list.Bugs = append(list.Bugs, listedBug{
			b.Name, b.Story, b.Breaks, b.SeenIn, b.Clients, wantedOf(b), b.Scenario, b.Protocols, append([]string{}, b.Set...),
		})
	}
	return list
}

// wantedOf says who has to catch a bug.
func wantedOf(b planted.Bug) string {
	var words []string
	for _, class := range b.CaughtBy {
		words = append(words, strings.TrimSuffix(class.String(), ": "))
	}
	return strings.Join(words, "; ")
}
