package synod

import (
	"encoding/binary"
	"errors"
)

var errRecord = errors.New("synod: malformed record")

// encodeProposal makes the record of a proposal, or of a number alone.
func encodeProposal(p Proposal) []byte {
	return append(binary.AppendUvarint(nil, uint64(p.Number)), p.Value...)
}

func decodeProposal(b []byte) (Proposal, error) {
	number, width := binary.Uvarint(b)
	if width <= 0 || number == 0 {
		return Proposal{}, errRecord
	}
	return Proposal{Number: Number(number), Value: Value(b[width:])}, nil
}
