package mq

// Command is what a client asks of the [Machine]: one struct for each kind. Each
// has a method Result that reads the answer.
type Command interface {
	// ReadOnly reports whether the command changes nothing: what to say in
	// rsm.Request.ReadOnly.
	ReadOnly() bool

	kind() kind
	appendTo(b []byte) []byte // the fields, in their order
	apply(m *Machine) ([]byte, *Error)
}

// kind is the byte by which a command is told from others.
type kind byte

const (
	kindDeclareQueue kind = iota + 1
	kindDeleteQueue
	kindPurge
	kindPublish
	kindReceive
	kindAcknowledge
	kindReturn
	kindReject
	kindExtend
	kindStatistics
	kindDeclareExchange
	kindDeleteExchange
	kindBind
	kindUnbind
	kindDeclareLog
	kindDeleteLog
	kindAppend
	kindFetch
	kindDescribeLog
	kindJoin
	kindHeartbeat
	kindLeave
	kindCommit
	kindDescribeGroup
	kindDescribeProducer
)

// change is embedded in the commands that change the state.
type change struct{}

// ReadOnly implements Command.
func (change) ReadOnly() bool { return false }

// question is embedded in the commands that only ask.
type question struct{}

// ReadOnly implements Command.
func (question) ReadOnly() bool { return true }

// Encode returns the command as it goes into an rsm.Request: room for the stamp of
// the server that orders it, the kind, and the fields.
func Encode(c Command) []byte {
	b := make([]byte, stampBytes, 64)
	return c.appendTo(append(b, byte(c.kind())))
}

// Decode reads an encoded command, stamped or not. It shares the memory of b. The
// error is ErrMalformed.
func Decode(b []byte) (Command, error) {
	_, rest, ok := cutStamp(b)
	if !ok || len(rest) == 0 {
		return nil, ErrMalformed
	}
	r := &reader{rest: rest[1:]}
	c := decodeKind(kind(rest[0]), r)
	if c == nil || !r.done() {
		return nil, ErrMalformed
	}
	return c, nil
}

func decodeKind(k kind, r *reader) Command {
	switch k {
	case kindDeclareQueue:
		return decodeDeclareQueue(r)
	case kindDeleteQueue:
		return DeleteQueue{Queue: r.string()}
	case kindPurge:
		return Purge{Queue: r.string()}
	case kindPublish:
		return decodePublish(r)
	case kindReceive:
		return decodeReceive(r)
	case kindAcknowledge:
		return Acknowledge(decodeSettle(r))
	case kindReturn:
		return Return(decodeSettle(r))
	case kindReject:
		return Reject(decodeSettle(r))
	case kindExtend:
		return decodeExtend(r)
	case kindStatistics:
		return Statistics{Queue: r.string()}
	case kindDeclareExchange:
		return DeclareExchange{Exchange: r.string(), Type: ExchangeType(r.byte())}
	case kindDeleteExchange:
		return DeleteExchange{Exchange: r.string()}
	case kindBind:
		return Bind(decodeBinding(r))
	case kindUnbind:
		return Unbind(decodeBinding(r))
	case kindDescribeProducer:
		return DescribeProducer{Producer: ProducerID(r.number())}
	}
	return decodeLogKind(k, r)
}

func decodeLogKind(k kind, r *reader) Command {
	switch k {
	case kindDeclareLog:
		return DeclareLog{Log: r.string(), Options: decodeLogOptions(r)}
	case kindDeleteLog:
		return DeleteLog{Log: r.string()}
	case kindAppend:
		return decodeAppend(r)
	case kindFetch:
		return Fetch{Log: r.string(), Partition: r.number32(), Offset: r.number(), Max: int(r.number32())}
	case kindDescribeLog:
		return DescribeLog{Log: r.string()}
	case kindJoin:
		return Join{Log: r.string(), Group: r.string(), Member: ConsumerID(r.number()), SessionTimeout: r.duration()}
	case kindHeartbeat:
		return Heartbeat(decodeMembership(r))
	case kindLeave:
		return Leave{Log: r.string(), Group: r.string(), Member: ConsumerID(r.number())}
	case kindCommit:
		return decodeCommit(r)
	case kindDescribeGroup:
		return DescribeGroup{Log: r.string(), Group: r.string()}
	}
	return nil
}
