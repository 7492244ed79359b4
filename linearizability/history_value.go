package linearizability

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// isNull reports whether a field is absent or null.
func isNull(raw json.RawMessage) bool { return raw == nil || raw[0] == 'n' }

func isList(raw json.RawMessage) bool { return raw != nil && raw[0] == '[' }

func isEmptyList(raw json.RawMessage) bool {
	return isList(raw) && len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0
}

// text reads a string, or an integer as its digits.
func (p *lineParser) text(field string, raw json.RawMessage) (string, error) {
	value, err := parseScalar(field, raw)
	if err != nil {
		return "", err
	}
	var text string
	switch value := value.(type) {
	case string:
		text = value
		if p.digits == 0 && isInteger(text) {
			p.digits = p.line
		}
	case int64:
		text = strconv.FormatInt(value, 10)
		if p.number == 0 {
			p.number = p.line
		}
	default:
		return "", fmt.Errorf("%s: %s is neither a string nor an integer", field, raw)
	}
	if p.number > 0 && p.digits > 0 {
		return "", fmt.Errorf("%s: %s: values are integers in line %d, but strings of digits in line %d; one or the other",
			field, raw, p.number, p.digits)
	}
	return text, nil
}

// isInteger reports whether a text is the digits of an integer.
func isInteger(text string) bool {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == text
}

func parseInteger(field string, raw json.RawMessage) (int64, error) {
	value, err := parseScalar(field, raw)
	if err != nil {
		return 0, err
	}
	n, isInteger := value.(int64)
	if !isInteger {
		return 0, fmt.Errorf("%s: %s is not an integer", field, raw)
	}
	return n, nil
}

// parseScalar reads null, a boolean, a string or an integer as nil, bool, string
// or int64.
func parseScalar(field string, raw json.RawMessage) (any, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case 't', 'f':
		return raw[0] == 't', nil
	case '"':
		if bytes.IndexByte(raw, '\\') < 0 {
			return string(raw[1 : len(raw)-1]), nil
		}
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case '[', '{':
		return nil, fmt.Errorf("%s: %s is no plain value", field, raw)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %s is not an integer of 64 bits", field, raw)
	}
	return n, nil
}
