package abd

// The commands and answers, by their first byte.
const (
	read  = 'r'
	write = 'w'
	some  = '='
)

// Read makes the command that reads the register.
func Read() []byte { return []byte{read} }

// Write makes the command that writes the register. There is nothing in its answer.
func Write(value string) []byte { return append([]byte{write}, value...) }

// written returns the value that a command writes, if it does.
func written(command []byte) (value string, writes bool) {
	if len(command) == 0 || command[0] != write {
		return "", false
	}
	return string(command[1:]), true
}

// DecodeRead reads the answer to Read. Found is false if nothing was ever written.
func DecodeRead(answer []byte) (value string, found bool) {
	if len(answer) == 0 {
		return "", false
	}
	return string(answer[1:]), true
}
