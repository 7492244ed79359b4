package node

// Mark is a note that names a situation which a batch of runs should have
// reached, such as "split vote" or "log truncated". A handler that passes through
// the situation notes the mark, and worlds count it. A constant mark costs
// nothing where nobody counts.
type Mark string
