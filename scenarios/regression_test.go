package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

// TestRegressions keeps the first seeds that failed, each with its story. They are
// runs of the swarm: as it draws differently when it learns new faults, a seed may
// come to mean another run, and what it found has a test of its own beside the code
// that was mended.
func TestRegressions(t *testing.T) {
	for _, c := range []struct {
		protocol scenarios.Protocol
		seed     uint64
		story    string
	}{
		{scenarios.Raft, 1, `A clock that strobes back by 200 ms, 180 ms after the start, shows a negative time. ` +
			`The bound that keeps timers from overflowing overflowed itself, and one expired for ever at one instant.`},
		{scenarios.Raft, 2, `A server whose disk failed while it booted ended its process before it had read its log, ` +
			`and the judge took its empty state for amnesia. A process that dies in Start is no longer looked at.`},
		{scenarios.Raft, 41, `The clients' links to the leader stayed cut after a quorum without that leader was healed: ` +
			`nobody was to blame, and liveness was not met. Such cuts now heal.`},
		{scenarios.Paxos, 294, `Every refusal made the client ask again, and the network doubled half of all messages: ` +
			`refusals and requests bred until the run no longer moved. A client now heeds one refusal per request.`},
		{scenarios.Raft, 5, `Clients that were turned away went on to the next server twice, and with one server down ` +
			`went round the others but for the leader. They now go round all.`},
		{scenarios.Paxos, 175, `A server was handed the lead while it learned that it was the only member left. ` +
			`The messages that would have told it so were lost, and it prepared for ever.`},
		{scenarios.Raft, 500, `A server that had stood in vain while it was cut off waited for up to 19 s when it came ` +
			`back, although its log alone allowed it to win. To back off is for candidates now.`},
		{scenarios.Paxos, 2105, `Two members that had been removed sent clients to each other, and these, tired of it, ` +
			`always on to the same third one.`},
		{scenarios.Paxos, 639, `A leader let promises count when it had learned what they knew to be chosen, without ` +
			`what they had reported, and proposed new values in place of accepted ones.`},
		{scenarios.Paxos, 3558, `An old leader's proposal was written over a value that was known to be chosen, in a ballot ` +
			`never promised; after a restart it was taken for that.`},
		{scenarios.Raft, 7986, `Servers thousands of entries behind had to go back one by one, which no bound on the ` +
			`time to recover allows for: the swarm no longer switches fast back-up off.`},
		{scenarios.Paxos, 10909, `An acceptor whose disk was damaged learned what was chosen as far as it mattered. Above, it ` +
			`had lost an acceptance in a ballot that a quorum had passed: the judge demanded that of every later life.`},
		{scenarios.Paxos, 2818, `A server that prepared was handed snapshots of different slots by several others, and each ` +
			`first piece began anew what had come in: it prepared for ever, and they waited for it.`},
		{scenarios.Raft, 601196, `Links with little bandwidth kept everything that was sent: old heartbeats ` +
			`arrived, one after the other, long after all was healed, and held off elections. A full link now drops.`},
		{scenarios.Raft, 22099351, `Messages and disks took so long in the theme "busy" that an election takes as long as ` +
			`its timeout, and its leader was asked to hand over when service was due: five candidates in vain took two ` +
			`seconds. Nobody is asked for that then any more.`},
		{scenarios.Paxos, 50007451, `The same with Paxos: a leader handed over each second.`},
	} {
		s, err := scenarios.ByName("swarm")
		require.NoError(t, err)
		r := scenarios.Run(s, c.protocol, c.seed)
		assert.Equal(t, linearizability.VerdictOK, r.Verdict, "%s\n%s\n%s", c.story, r.Violation, r.Command())
		assert.Less(t, r.Stats.MessagesSent, 1_000_000, "%s\n%s", c.story, r.Command())
	}
}

// TestFrozenRegressions keeps runs that failed as they were, fault by fault, whatever
// the swarm comes to draw.
func TestFrozenRegressions(t *testing.T) {
	for _, c := range []struct {
		file     string
		protocol scenarios.Protocol
		story    string
	}{
		{"missed-stop", scenarios.Paxos, `A leader missed the end of its configuration, which another had brought about. Its ` +
			`acceptors had gone on and accepted nothing from it, but heard that it was alive, for ever.`},
		{"given-up-records", scenarios.Raft, `A crash brought back a segment of the log that had been given up, but not the one ` +
			`before it: the server read entries that went on from nothing, and never started again.`},
		{"promise-in-a-record", scenarios.Paxos, `A crash kept the record of an acceptance and not the promise written just before ` +
			`it. The server promised as the record said, until a snapshot took its place; the next life promised less.`},
		{"repaired-not-durable", scenarios.Raft, `A server had all back that damage had taken, but not yet on its disk, when another ` +
			`one started: the judge, who counts what is on disks, took its word for it an instant too soon.`},
		{"message-of-an-ended-process", scenarios.Paxos, `A publisher was refused and ended its process. In the same call its producer ` +
			`took the number again for what waited, and the publisher wrote that down as sent. An earlier copy of what was refused ` +
			`came to be stored under the number, and the next life took the others for stored.`},
		{"ballot-of-nobody", scenarios.Paxos, `The only member left was to teach a server that had promised a ballot to one that is ` +
			`no member any more. It gave way to that one and, patient from what it had been through, waited 2 s for it.`},
		{"forgotten-relief", scenarios.Paxos, `The one who was removed was the only one to know who came after it, but for a new ` +
			`member, which said so and then lost it to its disk. Nobody who knew felt called upon to tell the others again.`},
		{"lost-question", scenarios.Raft, `Only one server could win. It had backed off, a message in which it asked for a vote was ` +
			`lost, and it waited 3 s before it asked again.`},
		{"answers-to-answers", scenarios.Paxos, `Servers told one that seemed behind what they knew, and were told in turn. Where ` +
			`messages come again later all seem behind, and each answer brought about more.`},
		{"time-that-stood-still", scenarios.Paxos, `The leader of new members had a lower ballot than those before, of which its ` +
			`acceptors had not heard. The queue took what it said of time for old, so that no lease was ever over.`},
		{"lost-since", scenarios.Raft, `The administrator, who insists when all is healed, went on with what it had asked for before: ` +
			`a member that was lost since. Leaders took turns every second, and none waited for it for the 3 s after which it is given up.`},
		{"members-of-before", scenarios.Paxos, `Nobody led when the administrator began to insist, and it asked for a change of the members ` +
			`that it knew of. One of them was a member no more, and its disk was lost: it was taken for new, and did not learn.`},
		{"catching-up-with-clients", scenarios.Raft, `The only member was to take in another one, sent eight entries at a time, as many as ` +
			`clients had stored meanwhile. It was given up after 3 s, again and again, while somebody asked for more.`},
		{"slow-to-learn", scenarios.Raft, `Two entries a round trip went to who was to join the only member, some 70 a second, of ` +
			`several hundred since the beginning. It came along, and was given up each time, as a round took longer than 3 s.`},
		{"commit-that-came-late", scenarios.Paxos, `A reader of a log gave its session up and committed on in a new one. A copy of what it ` +
			`had committed before came after that, and the group's offset went back: records came again that had been dealt with.`},
		{"watermark-behind", scenarios.InSync, `A leader that had restarted took a follower for in sync that had reached its high ` +
			`watermark. That began at zero, and the follower lacked what had been acknowledged before (KAFKA-7128).`},
		{"retained-uncommitted", scenarios.InSync, `A leader gave up committed records as soon as there were as many behind them as are ` +
			`to be kept. Those were not committed, the next leader did not have them, and next to nothing was left.`},
		{"joined-and-gone", scenarios.InSync, `A broker crashed while the leader proposed it for in sync. The controller, who had not ` +
			`heard, agreed, and the judge held the promise of its last life against the next one.`},
		{"refused-and-stored", scenarios.InSync, `The network doubled a record. One copy was refused, as too few were in sync, and the ` +
			`other one stored a moment later: the judge took the refusal for the last word.`},
	} {
		frozen, err := scenarios.ReadReplayFile("testdata/regressions/" + c.file + ".json")
		require.NoError(t, err)
		s, err := scenarios.ByName(frozen.Scenario)
		require.NoError(t, err)
		r := frozen.Run(s, c.protocol)
		assert.Equal(t, linearizability.VerdictOK, r.Verdict, "%s: %s\n%s", c.file, c.story, r.Violation)
	}
}
