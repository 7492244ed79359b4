package planted_test

import (
	"fmt"

	"quorumlab/scenarios/planted"
)

// A patch is a diff with a story above it.
func ExampleParse() {
	bug, err := planted.Parse("eager-leader", `A leader answers before a majority stores the entry.

Breaks: Raft §5.3
Clients: an acknowledged write is gone after an election
Caught by: outside

--- a/raft/commit.go
+++ b/raft/commit.go
@@ -1,2 +1,2 @@
 package raft
-was
+is
`)
	fmt.Println(err)
	fmt.Println(bug.Name, "breaks", bug.Breaks)
	fmt.Println("to be caught by", bug.CaughtBy[0].Judge, "on", bug.Protocols)
	// Output:
	// <nil>
	// eager-leader breaks Raft §5.3
	// to be caught by outside on [raft]
}
