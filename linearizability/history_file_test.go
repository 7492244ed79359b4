package linearizability

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// file is a history in its file format, an operation of each kind and outcome.
const file = `{"client":0,"op":"write","key":"x","in":"a","out":null,"call":1,"return":2,"outcome":"ok"}
{"client":1,"op":"write","key":"x","in":null,"call":1,"outcome":"unknown"}
{"client":0,"op":"read","key":"x","out":"a","call":3,"return":4,"outcome":"ok"}
{"client":2,"op":"read","key":"y","out":null,"call":3,"return":9,"outcome":"ok"}
{"client":0,"op":"cas","key":"x","in":["a","b"],"out":true,"call":5,"return":6,"outcome":"ok"}
{"client":2,"op":"cas","key":"y","in":[null,"b"],"call":10,"return":11,"outcome":"failed"}
{"client":0,"op":"add","in":-3,"out":9007199254740993,"call":7,"return":8,"outcome":"ok"}
{"client":3,"op":"read","out":6,"call":-5,"return":-5,"outcome":"ok"}
{"client":4,"op":"enqueue","in":"a","out":null,"call":1,"return":2,"outcome":"ok"}
{"client":4,"op":"dequeue","out":"a","call":3,"return":4,"outcome":"ok"}
{"client":4,"op":"dequeue","out":null,"call":5,"return":6,"outcome":"ok"}
{"client":4,"op":"dequeue","call":7,"outcome":"unknown"}
{"client":5,"op":"send","key":"p","in":"a","out":0,"call":1,"return":2,"outcome":"ok"}
{"client":5,"op":"poll","key":"p","in":0,"out":"a","call":3,"return":4,"outcome":"ok"}
{"client":5,"op":"poll","key":"p","in":1,"out":null,"call":5,"return":6,"outcome":"ok"}
{"client":6,"op":"receive","out":"a","call":1,"return":2,"outcome":"ok"}
{"client":6,"op":"acknowledge","in":"a","out":true,"call":3,"return":4,"outcome":"ok"}
{"client":6,"op":"expire","in":"a","call":5,"outcome":"unknown"}
{"client":7,"op":"insert","in":"a","out":true,"call":1,"return":2,"outcome":"ok"}
{"client":7,"op":"remove","in":"a","out":true,"call":3,"return":4,"outcome":"ok"}
{"client":7,"op":"contains","in":"a","out":false,"call":5,"return":6,"outcome":"ok"}
{"client":7,"op":"acquire","in":"me","out":true,"call":7,"return":8,"outcome":"ok"}
{"client":7,"op":"release","in":"me","out":true,"call":9,"return":10,"outcome":"ok"}
`

func TestHistoryFile(t *testing.T) {
	want := History{
		on("x", done(0, 1, 2, Write{"a"}, nil)),
		on("x", open(1, 1, Write{nil})),
		on("x", done(0, 3, 4, Read{}, "a")),
		on("y", done(2, 3, 9, Read{}, nil)),
		on("x", done(0, 5, 6, CompareAndSwap{"a", "b"}, true)),
		on("y", failed(2, 10, 11, CompareAndSwap{nil, "b"})),
		done(0, 7, 8, Add{-3}, int64(1<<53+1)),
		done(3, -5, -5, Read{}, int64(6)),
		done(4, 1, 2, Enqueue{"a"}, nil),
		done(4, 3, 4, Dequeue{}, "a"),
		done(4, 5, 6, Dequeue{}, nil),
		open(4, 7, Dequeue{}),
		on("p", done(5, 1, 2, Send{"a"}, int64(0))),
		on("p", done(5, 3, 4, Poll{0}, "a")),
		on("p", done(5, 5, 6, Poll{1}, nil)),
		done(6, 1, 2, Receive{}, "a"),
		done(6, 3, 4, Acknowledge{"a"}, true),
		open(6, 5, Expire{"a"}),
		done(7, 1, 2, Insert{"a"}, true),
		done(7, 3, 4, Remove{"a"}, true),
		done(7, 5, 6, Contains{"a"}, false),
		done(7, 7, 8, Acquire{"me"}, true),
		done(7, 9, 10, Release{"me"}, true),
	}
	got, err := ReadHistory(strings.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, want, got)

	var written bytes.Buffer
	require.NoError(t, WriteHistory(&written, want))
	require.Equal(t, file, written.String())
}

func TestHistoryFileRoundTrip(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.model.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := w.history(t)
				for i := range h {
					// Text that JSON has to escape. Only the round trip matters.
					h[i].Key = rapid.String().Draw(t, "key")
					if _, isWrite := h[i].Input.(Write); isWrite {
						h[i].Input = Write{rapid.String().Draw(t, "value")}
					}
				}
				var written bytes.Buffer
				require.NoError(t, WriteHistory(&written, h))
				again, err := ReadHistory(&written)
				require.NoError(t, err)
				require.Equal(t, h, again)
			})
		})
	}
}

func TestReadHistoryRefuses(t *testing.T) {
	const good = `{"client":0,"op":"read","out":null,"call":1,"return":2,"outcome":"ok"}`
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	tests := []struct{ name, line, want string }{
		{"empty line", "", "empty"},
		{"not JSON", "read x", "invalid character 'r' looking for beginning of value"},
		{"cut off", good[:30], "unexpected EOF"},
		{"not an object", "[]", "a JSON array is no object"},
		{"two objects", good + good, "more than one JSON object"},
		{"rubbish behind", good + "}", "more than one JSON object"},
		{"not UTF-8", with("null", "\"\xff\""), "not valid UTF-8"},
		{"unknown field", with(`"call"`, `"cal"`), `unknown field "cal"`},
		{"no client", with(`"client":0,`, ``), "client: missing"},
		{"client", with(`"client":0`, `"client":-1`), "client: -1 is negative"},
		{"type of client", with(`"client":0`, `"client":"a"`), "client: a JSON string does not fit int"},
		{"no call", with(`"call":1,`, ``), "call: missing"},
		{"type of call", with(`"call":1`, `"call":1.5`), "call: a JSON number 1.5 does not fit int64"},
		{"no return", with(`"return":2,`, ``), "return: missing with outcome ok"},
		{"return", with(`"return":2`, `"return":0`), "return: 0 is before call 1"},
		{"return of unknown", with(`"ok"`, `"unknown"`), "return: an operation of unknown outcome has none"},
		{"no outcome", with(`,"outcome":"ok"`, ``), `outcome: "" is none of ok, failed, unknown`},
		{"outcome", with(`"ok"`, `"fine"`), `outcome: "fine" is none of ok, failed, unknown`},
		{"no op", with(`"op":"read",`, ``), "op: missing"},
		{"op", with(`"read"`, `"peek"`), `op: "peek" is none of acknowledge, acquire, add, cas, contains, dequeue, enqueue, expire, insert, poll, read, receive, release, remove, send, write`},
		{"in of a read", with(`"out"`, `"in":null,"out"`), "in: a read has none"},
		{"no out", with(`"out":null,`, ``), "out: missing with outcome ok"},
		{"out of failed", with(`"ok"`, `"failed"`), "out: an operation of outcome failed has none"},
		{"type of out", with(`null`, `true`), "out: true is neither a string nor null"},
		{"out is no integer", with(`null`, `1e3`), "out: 1e3 is not an integer of 64 bits"},
		{"out is no plain value", with(`null`, `{}`), "out: {} is no plain value"},
		{"no in", with(`"read"`, `"write"`), "in: missing with op write"},
		{"in of a write", with(`"read"`, `"write","in":5`), "in: 5 is neither a string nor null"},
		{"in of an add", with(`"read"`, `"add","in":"5"`), `in: add takes an integer, not "5"`},
		{"add out of range", with(`"read"`, `"add","in":9223372036854775808`), "in: 9223372036854775808 is not an integer of 64 bits"},
		{"in of a cas", with(`"read"`, `"cas","in":"a"`), `in: cas takes [old, new], not "a"`},
		{"three values of a cas", with(`"read"`, `"cas","in":["a","b","c"]`), `in: cas takes [old, new], not ["a","b","c"]`},
		{"old of a cas", with(`"read"`, `"cas","in":[[],"b"]`), `in (old): [] is no plain value`},
		{"new of a cas", with(`"read"`, `"cas","in":["a",{}]`), `in (new): {} is no plain value`},
		{"out of a cas", with(`"read"`, `"cas","in":["a","b"]`), "out: cas is answered by a boolean, not by <nil>"},
		{"a name twice", with(`"call":1`, `"call":1,"call":1`), "call: stands there twice"},
		{"a name in other letters", with(`"call"`, `"Call"`), `unknown field "Call"`},
		{"not a number", with(`null`, `NaN`), "invalid character 'N'"},
		{"in of an enqueue", with(`"read"`, `"enqueue","in":5`), "in: enqueue takes a string, not 5"},
		{"in of a send", with(`"read"`, `"send","in":null`), "in: send takes a string, not null"},
		{"in of a poll", with(`"read"`, `"poll","in":"5"`), `in: poll takes an integer, not "5"`},
		{"offset of a poll", with(`"read"`, `"poll","in":-5`), "in: offset -5 is negative"},
		{"in of a lock", with(`"read"`, `"acquire","in":5`), "in: acquire takes a string, not 5"},
		{"in of a dequeue", with(`"read"`, `"dequeue","in":"5"`), "in: a dequeue has none"},
		{"overlap", good, "call: 1 is not after return 2 of line 1 of the same client 0"},
		{"too long", with(`null`, `"`+strings.Repeat("a", maxLineBytes)+`"`), "longer than 262144 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, err := ReadHistory(strings.NewReader(good + "\n" + test.line + "\n"))
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "line 2: ")
			require.Empty(t, h)
		})
	}
	broken := errors.New("broken disk")
	_, err := ReadHistory(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

func TestReadHistoryRefusesNothing(t *testing.T) {
	_, err := ReadHistory(strings.NewReader(""))
	require.EqualError(t, err, "line 1: missing, the file is empty")
}

func TestWriteHistoryRefuses(t *testing.T) {
	var written bytes.Buffer
	err := WriteHistory(&written, History{done(0, 1, 2, Read{}, nil), done(1, 5, 4, Read{}, nil)})
	require.EqualError(t, err, "operation 2: return: 4 is before call 5")
	require.Empty(t, written.String(), "half a file")
}

// Whatever is read is valid and is written such that it reads the same.
func FuzzReadHistory(f *testing.F) {
	f.Add([]byte(file))
	for line := range strings.Lines(file) {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"client":0,"op":"cas","in":[null,"\u0000"],"call":1,"outcome":"unknown"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHistory(bytes.NewReader(data))
		if err != nil {
			return
		}
		require.NoError(t, h.validate())
		var written bytes.Buffer
		require.NoError(t, WriteHistory(&written, h))
		again, err := ReadHistory(&written)
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}
