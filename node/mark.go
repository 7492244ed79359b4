package node

// Mark names a situation that a batch of runs should have reached, such as a
// split vote. A handler passes it to Env.Note where the situation arises; what a
// batch has not reached it has not tested. Marks are constants.
type Mark string
