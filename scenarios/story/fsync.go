package story

var fsyncFailure = Story{
	Name:    "fsync-failure",
	Title:   "A sync fails, a second one succeeds, and the data is gone",
	Watch:   `The syncs that failed, and whether a write is lost that was acknowledged.`,
	Happens: `For a fifth of a second every sync of one server fails; half a second later all servers crash at once, so that everybody has to rely on what the disks hold. The server whose sync failed does not try again: it ends itself, is started anew by its supervisor, and takes up what is really there.`,
	Why:     `When a sync fails, many file systems mark the pages as clean all the same. They are still in memory, so that a read shows what was written; a second sync finds nothing to write and succeeds; and a crash shows that it was never there. After a failed sync nothing that a process knows of its disk is worth anything, and a promise that relies on a second try is a lie. PostgreSQL believed such retries for twenty years, as was noticed in 2018.`,
	Read: []string{
		"Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020",
		"sim/failedsync.go: the fault; raft/journal.go and paxos/storage.go: what the servers do",
	},
	Question: `The server ends itself and reads its files anew at the start. What if the pages are still in the cache of the operating system, which has not crashed?`,
	Acts: []Act{
		{Name: "Raft: a server whose sync failed ends itself", Promise: "syncs fail, and nothing is lost", play: measured("storage-faults", 4, "raft/failed-sync")},
		{Name: "Paxos: likewise", Promise: "syncs fail, and nothing is lost", play: measured("storage-faults", 4, "paxos/failed-sync")},
	},
	Bugs: []string{"fsync-retry-believed"},
}
