package mqtt

// QoS is a level of quality of service: 0, 1 or 2.
type QoS uint8

// The packets, by the names of the standard.
type (
	// Publish is a message on its way. Packet numbers it at its sender; it is zero with
	// QoS 0.
	Publish struct {
		Packet  uint16
		QoS     QoS
		Dup     bool // it was sent before
		Payload string
	}
	Puback  struct{ Packet uint16 } // QoS 1: the message has arrived
	Pubrec  struct{ Packet uint16 } // QoS 2: the message has arrived, and its number is kept
	Pubrel  struct{ Packet uint16 } // QoS 2: it will not be sent again
	Pubcomp struct{ Packet uint16 } // QoS 2: its number is forgotten
)
