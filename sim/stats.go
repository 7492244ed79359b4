package sim

// Stats counts what happened in a run. It is how a green run shows that its
// faults did bite.
type Stats struct {
	MessagesSent       int
	MessagesDelivered  int // handed to a handler, duplicates included
	MessagesDropped    int
	MessagesDuplicated int // copies made by the network
	MessagesCorrupted  int // arrived damaged, and were dropped
	MessagesFiltered   int // dropped by a Filter
	MessagesHeld       int // by a Clog
	BytesSent          int
	TimersExpired      int
	Syncs              int // ended without error
	Boots              int
	Crashes            int
	Exits              int
	UnsyncedBytesLost  int // written, not synced or so in vain, and gone after a crash
	DiskErrors         int // reads, writes and syncs that a fault made fail
	DiskDamage         int // bits flipped, sectors lost or misdirected, syncs that lied
}

// Stats returns the counts so far.
func (w *World) Stats() Stats { return w.stats }
