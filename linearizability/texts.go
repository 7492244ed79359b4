package linearizability

import (
	"strconv"
	"strings"
)

// texts is a list of strings as one string, each behind its length. So states that
// hold lists can be compared with == and hashed, as the search needs.
type texts string

func (l texts) append(text string) texts {
	return l + texts(strconv.Itoa(len(text))) + ":" + texts(text)
}

// first splits off the first string of a list that is not empty.
func (l texts) first() (text string, rest texts) {
	length, rest, _ := cutTexts(l)
	return string(rest[:length]), rest[length:]
}

func cutTexts(l texts) (length int, rest texts, found bool) {
	digits, behind, found := strings.Cut(string(l), ":")
	length, _ = strconv.Atoi(digits)
	return length, texts(behind), found
}

// String lists the strings for people.
func (l texts) String() string {
	quoted := []string{}
	for l != "" {
		var text string
		text, l = l.first()
		quoted = append(quoted, strconv.Quote(text))
	}
	return "[" + strings.Join(quoted, " ") + "]"
}
