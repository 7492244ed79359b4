package linearizability

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

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
{"client":5,"op":"poll","key":"p","out":[[0,"a"]],"call":7,"return":8,"outcome":"ok"}
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
		on("p", done(5, 7, 8, Consume{}, NewRecords(Record{0, "a"}))),
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
	got, err = ReadHistory(strings.NewReader("\ufeff" + file))
	require.NoError(t, err, "with a byte order mark")
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

// TestWholeCharacters: pairs of halves, and what only looks like an escape.
func TestWholeCharacters(t *testing.T) {
	h, err := ReadHistory(strings.NewReader(`{"client":0,"op":"write","key":"\ud834\udd1e\u0041\\","in":"\\ud800\\\u00e9","out":null,"call":1,"return":2,"outcome":"ok"}`))
	require.NoError(t, err)
	require.Equal(t, "\U0001D11EA\\", h[0].Key)
	require.Equal(t, Write{Value: `\ud800\é`}, h[0].Input)
}

func TestReadHistoryRefuses(t *testing.T) {
	const good = `{"client":0,"op":"read","out":null,"call":1,"return":2,"outcome":"ok"}`
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	tests := []struct{ name, line, want string }{
		{"empty line", "\n" + with(`"client":0`, `"client":1`), "empty"},
		{"not JSON", "read x", "invalid character 'r' looking for beginning of value"},
		{"cut off", good[:30], "unexpected EOF"},
		{"not an object", "[]", "a JSON array is no object"},
		{"two objects", good + good, "more than one JSON object"},
		{"rubbish behind", good + "}", "more than one JSON object"},
		{"not UTF-8", with("null", "\"\xff\""), "not valid UTF-8"},
		{"half a character", with("null", `"a\uD800b"`), `out: \uD800 is one half of a character`},
		{"the other half", with(`"read"`, `"write","in":"\udc00"`), `in: \udc00 is one half of a character`},
		{"halves the wrong way round", with(`"read"`, `"read","key":"\udc00\ud800"`), `key: \udc00 is one half`},
		{"a half and another escape", with(`"read"`, `"read","key":"\ud800\u0041"`), `key: \ud800 is one half`},
		{"half a character within", with(`"read"`, `"cas","in":{"old":"\ud834","new":"b"}`), `in: \ud834 is one half of a character`},
		{"unknown field", with(`"call"`, `"cal"`), `unknown field "cal"`},
		{"no client", with(`"client":0,`, ``), "client: missing"},
		{"client", with(`"client":0`, `"client":-1`), "client: -1 is negative"},
		{"type of client", with(`"client":0`, `"client":"a"`), "client: a JSON string does not fit; want a whole number"},
		{"no call", with(`"call":1,`, ``), "call: missing"},
		{"type of call", with(`"call":1`, `"call":1.5`), "call: a JSON number 1.5 does not fit; want a whole number"},
		{"no return", with(`"return":2,`, ``), "return: missing with outcome ok"},
		{"return", with(`"return":2`, `"return":0`), "return: 0 is before call 1"},
		{"return of unknown", with(`"ok"`, `"unknown"`), "return: an operation of unknown outcome has none"},
		{"no outcome", with(`,"outcome":"ok"`, ``), `outcome: "" is none of ok, failed, unknown`},
		{"outcome", with(`"ok"`, `"fine"`), `outcome: "fine" is none of ok, failed, unknown`},
		{"no op", with(`"op":"read",`, ``), "op: missing"},
		{"op", with(`"read"`, `"peek"`), `op: "peek" is none of acknowledge, acquire, add, cas, command, contains, dequeue, enqueue, expire, insert, poll, read, receive, release, remove, send, write`},
		{"in of a read", with(`"out"`, `"in":"x","out"`), "in: a read has none"},
		{"no out", with(`"out":null,`, ``), "out: missing with outcome ok"},
		{"out of failed", strings.Replace(with(`"ok"`, `"failed"`), `null`, `"a"`, 1), "out: an operation of outcome failed has none"},
		{"type of out", with(`null`, `true`), "out: true is no string, integer or null"},
		{"out is no integer", with(`null`, `1e3`), "out: 1e3 is not an integer of 64 bits"},
		{"out is no plain value", with(`null`, `{}`), "out: {} is no plain value"},
		{"no in", with(`"read"`, `"write"`), "in: missing with op write"},
		{"in of a write", with(`"read"`, `"write","in":true`), "in: true is no string, integer or null"},
		{"answer to a write", strings.Replace(with(`"read"`, `"write","in":"a"`), `null`, `"b"`, 1), `out: write is answered by null, not by "b"`},
		{"in of an add", with(`"read"`, `"add","in":"5"`), `in: "5" is not an integer`},
		{"add out of range", with(`"read"`, `"add","in":9223372036854775808`), "in: 9223372036854775808 is not an integer of 64 bits"},
		{"in of a cas", with(`"read"`, `"cas","in":"a"`), `in: cas takes [old, new], not "a"`},
		{"three values of a cas", with(`"read"`, `"cas","in":["a","b","c"]`), `in: cas takes [old, new], not ["a","b","c"]`},
		{"old of a cas", with(`"read"`, `"cas","in":[[],"b"]`), `in (old): [] is no plain value`},
		{"new of a cas", with(`"read"`, `"cas","in":["a",{}]`), `in (new): {} is no plain value`},
		{"an object of a cas", with(`"read"`, `"cas","in":{"old":"a","to":"b"}`), `in: cas takes [old, new], not {"old":"a","to":"b"}`},
		{"half an object of a cas", with(`"read"`, `"cas","in":{"old":"a"}`), `in: cas takes [old, new], not {"old":"a"}`},
		{"an object of a cas with a name twice", with(`"read"`, `"cas","in":{"old":"a","old":"c","new":"b"}`), `in: cas takes [old, new]`},
		{"out of a cas", strings.Replace(with(`"read"`, `"cas","in":["a","b"]`), `null`, `"a"`, 1), `out: cas is answered by a boolean, not by "a"`},
		{"a name twice", with(`"call":1`, `"call":1,"call":1`), "call: stands there twice"},
		{"a name in other letters", with(`"call"`, `"Call"`), `unknown field "Call"`},
		{"not a number", with(`null`, `NaN`), "invalid character 'N'"},
		{"in of an enqueue", with(`"read"`, `"enqueue","in":5.5`), "in: 5.5 is not an integer of 64 bits"},
		{"in of a send", with(`"read"`, `"send","in":null`), "in: null is neither a string nor an integer"},
		{"in of a poll", with(`"read"`, `"poll","in":"5"`), `in: "5" is not an integer`},
		{"out of a poll without an offset", strings.Replace(with(`"read"`, `"poll"`), `null`, `"a"`, 1), "out: a poll without an offset in in is answered by [offset, value]"},
		{"half a record", strings.Replace(with(`"read"`, `"poll"`), `null`, `[1]`, 1), "out: [1] is not [offset, value]"},
		{"a wrong record", strings.Replace(with(`"read"`, `"poll"`), `null`, `[[1,"a"],[2,null]]`, 1), "out: null is neither a string nor an integer"},
		{"a negative offset", strings.Replace(with(`"read"`, `"poll"`), `null`, `[-1,"a"]`, 1), "out: offset -1 is negative"},
		{"offset of a poll", with(`"read"`, `"poll","in":-5`), "in: offset -5 is negative"},
		{"in of a lock", with(`"read"`, `"acquire","in":true`), "in: true is neither a string nor an integer"},
		{"in of a dequeue", with(`"read"`, `"dequeue","in":"5"`), "in: a dequeue has none"},
		{"overlap", good, "call: 1 is before return 2 of line 1 of the same client 0"},
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

// What others write in other words.
func TestReadHistoryAccepts(t *testing.T) {
	tests := []struct {
		name, line string
		want       Operation
	}{
		{"null for nothing", `"op":"read","in":null,"out":null,"return":2,"outcome":"ok"`, done(0, 1, 2, Read{}, nil)},
		{"null for no answer", `"op":"read","out":null,"return":null,"outcome":"unknown"`, open(0, 1, Read{})},
		{"an integer in a register", `"op":"write","in":5,"return":2,"outcome":"ok"`, done(0, 1, 2, Write{int64(5)}, nil)},
		{"an integer read", `"op":"read","out":5,"return":2,"outcome":"ok"`, done(0, 1, 2, Read{}, int64(5))},
		{"a write answered by its value", `"op":"write","in":5,"out":5,"return":2,"outcome":"ok"`, done(0, 1, 2, Write{int64(5)}, nil)},
		{"an enqueue answered by true", `"op":"enqueue","in":"a","out":true,"return":2,"outcome":"ok"`, done(0, 1, 2, Enqueue{"a"}, nil)},
		{"an enqueue answered by ok", `"op":"enqueue","in":"a","out":"ok","return":2,"outcome":"ok"`, done(0, 1, 2, Enqueue{"a"}, nil)},
		{"an integer in a queue", `"op":"enqueue","in":5,"return":2,"outcome":"ok"`, done(0, 1, 2, Enqueue{"5"}, nil)},
		{"an integer from a queue", `"op":"dequeue","out":5,"return":2,"outcome":"ok"`, done(0, 1, 2, Dequeue{}, "5")},
		{"an object of a cas", `"op":"cas","in":{"new":2,"old":null},"out":true,"return":2,"outcome":"ok"`, done(0, 1, 2, CompareAndSwap{nil, int64(2)}, true)},
		{"another object of a cas", `"op":"cas","in":{"from":1,"to":2},"out":false,"return":2,"outcome":"ok"`, done(0, 1, 2, CompareAndSwap{int64(1), int64(2)}, false)},
		{"a cas that is only acknowledged", `"op":"cas","in":[1,2],"return":2,"outcome":"ok"`, done(0, 1, 2, CompareAndSwap{int64(1), int64(2)}, true)},
		{"a cas that failed", `"op":"cas","in":[1,2],"out":false,"return":2,"outcome":"failed"`, failed(0, 1, 2, CompareAndSwap{int64(1), int64(2)})},
		{"a failure without a return", `"op":"add","in":1,"outcome":"failed"`, failed(0, 1, 1, Add{1})},
		{"an add of one", `"op":"add","out":7,"return":2,"outcome":"ok"`, done(0, 1, 2, Add{1}, int64(7))},
		{"an add that is only acknowledged", `"op":"add","in":3,"out":null,"return":2,"outcome":"ok"`, done(0, 1, 2, Add{3}, nil)},
		{"a send that is only acknowledged", `"op":"send","in":3,"return":2,"outcome":"ok"`, done(0, 1, 2, Send{"3"}, nil)},
		{"a poll at an offset", `"op":"poll","in":4,"out":3,"return":2,"outcome":"ok"`, done(0, 1, 2, Poll{4}, "3")},
		{"nothing at an offset", `"op":"poll","in":4,"out":[],"return":2,"outcome":"ok"`, done(0, 1, 2, Poll{4}, nil)},
		{"a poll of one record", `"op":"poll","out":[4,"a"],"return":2,"outcome":"ok"`, done(0, 1, 2, Consume{}, NewRecords(Record{4, "a"}))},
		{"a poll of records", `"op":"poll","in":4,"out":[[4,"a"],[5,"b"]],"return":2,"outcome":"ok"`,
			done(0, 1, 2, Consume{}, NewRecords(Record{4, "a"}, Record{5, "b"}))},
		{"a poll of no records", `"op":"poll","out":[],"return":2,"outcome":"ok"`, done(0, 1, 2, Consume{}, NewRecords())},
		{"a poll of nothing", `"op":"poll","out":null,"return":2,"outcome":"ok"`, done(0, 1, 2, Consume{}, NewRecords())},
		{"a poll without an answer", `"op":"poll","outcome":"unknown"`, open(0, 1, Consume{})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, err := ReadHistory(strings.NewReader(`{"client":0,"call":1,` + test.line + "}\r\n\n \n"))
			require.NoError(t, err)
			require.Equal(t, History{test.want}, h)
			var written bytes.Buffer
			require.NoError(t, WriteHistory(&written, h))
			again, err := ReadHistory(&written)
			require.NoError(t, err)
			require.Equal(t, h, again)
		})
	}
}

// Integers and texts that look like them may be two values or one.
func TestReadHistoryRefusesToGuess(t *testing.T) {
	const number = `{"client":0,"op":"enqueue","in":7,"call":1,"return":2,"outcome":"ok"}` + "\n"
	const text = `{"client":1,"op":"dequeue","out":"a","call":1,"return":2,"outcome":"ok"}` + "\n"
	const digits = `{"client":2,"op":"dequeue","out":"7","call":1,"return":2,"outcome":"ok"}` + "\n"
	_, err := ReadHistory(strings.NewReader(number + text))
	require.NoError(t, err)
	_, err = ReadHistory(strings.NewReader(number + text + digits))
	require.EqualError(t, err, `line 3: out: "7": values are integers in line 1, but strings of digits in line 3; one or the other`)
}

func TestReadHistoryRefusesNothing(t *testing.T) {
	_, err := ReadHistory(strings.NewReader(""))
	require.EqualError(t, err, "line 1: missing, the file is empty")
	_, err = ReadHistory(strings.NewReader("\n\n"))
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

// The short cut for plain lines reads what the JSON decoder reads.
func FuzzPlainFields(f *testing.F) {
	for line := range strings.Lines(file) {
		f.Add([]byte(line))
	}
	for _, line := range []string{
		` { "client" : -0 , "call":01,"in":[ "a" , [ 1,"]" ] ],"out":false } `, `{"client":1,"return":null}`,
		`{"client":9223372036854775808}`, `{"client":1-2}`, `{"client":-}`, `{"in":[1,]}`, `{"in":[}`, `{"in":tru}`, `{"in":[]x}`, `{}`, `{"in":"\t"}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		fast, plain := parsePlainFields(line)
		if !plain || !utf8.Valid(line) {
			return
		}
		slow, err := parseAnyFields(line)
		require.NoError(t, err)
		require.Equal(t, slow, fast)
	})
}

// Plain lines take the short cut, or reading a million of them takes long.
func TestPlainLinesAreShort(t *testing.T) {
	for line := range strings.Lines(file) {
		_, plain := parsePlainFields([]byte(line))
		require.True(t, plain, line)
	}
}
