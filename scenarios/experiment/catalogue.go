package experiment

// All lists the experiments of the laboratory.
func All() []Experiment {
	return []Experiment{
		constantDelay, quorumLatency, queueing, splitVotes,
		raftFigure16, raftWAN, raftRefloated, paxosRaftLogs, partialConnectivity,
		duelingProposers, figure8, membership2015, readSafety, flexiblePaxos, storageFaults,
		queueDelivery, queueRules, kafkaLog, mqttQoS,
	}
}
