// Package story tells the classic bugs of consensus, and their mends, to a student:
// Figure 8, the membership bug of 2015, the stale lease, the server that rejoins,
// the outage of November 2020, the failed fsync, the duel.
//
// A [Story] is a text and some acts. The text says what to watch, what happens, why,
// and where to read on, and it ends with a question to which it gives no answer. An
// [Act] is a run of the laboratory's own protocols that shows one rule at work, the
// right one or, where it is a matter of settings, the wrong one. Each act promises
// something that can be seen, and says whether it was: a story that does not show what
// it tells of is a lie, and a test looks at every act.
//
// Where the wrong rule is no setting, because nobody should be able to choose it, it
// is kept as a planted bug; the story names the command that shows it.
//
// Stories measure nothing anew that an experiment measures: where one shows the point
// already, the act runs that (package experiment).
package story
