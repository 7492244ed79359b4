package insync

import (
	"slices"
	"time"

	"quorumlab/node"
)

// Controller decides who leads and who is in sync. It keeps everything in memory, and
// is not meant to crash.
type Controller struct {
	env       node.Env
	config    Config
	partition Partition
	brokers   []life
	unclean   int
}

// life is what the controller knows of a broker.
type life struct {
	incarnation uint64 // zero: it is dead
	last        uint64 // the last that was heard of
	heard       time.Duration
}

// NewController makes the controller. In the beginning all brokers are in sync, since
// there is nothing in the log.
func NewController(env node.Env, config Config) *Controller {
	return &Controller{
		env: env, config: config, brokers: make([]life, len(config.Brokers)),
		partition: Partition{InSync: slices.Clone(config.Brokers)},
	}
}

// Unclean returns how often somebody was made leader who was not in sync.
func (c *Controller) Unclean() int { return c.unclean }

// Start implements node.Handler.
func (c *Controller) Start() { c.env.SetTimer(SessionTimer, c.config.HeartbeatInterval) }

// Synced implements node.Handler.
func (*Controller) Synced(node.Sync, error) {}

// Timeout implements node.Handler.
func (c *Controller) Timeout(node.Timer) {
	for i, id := range c.config.Brokers {
		if l := c.brokers[i]; l.incarnation != 0 && c.env.Now()-l.heard > c.config.SessionTimeout {
			c.died(id)
		}
	}
	c.elect()
	c.env.SetTimer(SessionTimer, c.config.HeartbeatInterval)
}

// Receive implements node.Handler.
func (c *Controller) Receive(from node.ID, m node.Message) {
	i := slices.Index(c.config.Brokers, from)
	if i < 0 {
		return
	}
	switch m := m.(type) {
	case Heartbeat:
		if old := c.brokers[i].incarnation; old != 0 && old != m.Incarnation {
			c.died(from) // it has been dead in the meantime, and may have forgotten something
		}
		c.brokers[i] = life{m.Incarnation, m.Incarnation, c.env.Now()}
		c.elect()
		c.tell(i)
	case ChangeInSync:
		c.change(from, m)
	}
}

// died takes a broker out of the replicas that are in sync, unless it is the last: then
// nobody else has what it has.
func (c *Controller) died(id node.ID) {
	c.brokers[slices.Index(c.config.Brokers, id)].incarnation = 0
	if len(c.partition.InSync) > 1 && slices.Contains(c.partition.InSync, id) {
		c.partition.InSync = slices.DeleteFunc(slices.Clone(c.partition.InSync), func(other node.ID) bool { return other == id })
		c.publish()
	}
	if c.partition.Leader == id {
		c.partition.Leader = 0
		c.partition.Epoch++
		c.publish()
	}
}

// elect makes somebody leader if nobody is.
func (c *Controller) elect() {
	if c.partition.Leader != 0 {
		return
	}
	leader := c.firstAlive(c.partition.InSync)
	if leader == 0 && c.config.Unclean {
		if leader = c.firstAlive(c.config.Brokers); leader != 0 {
			c.partition.InSync = []node.ID{leader}
			c.unclean++
		}
	}
	if leader != 0 {
		c.partition.Leader = leader
		c.partition.Epoch++
		c.publish()
	}
}

func (c *Controller) firstAlive(brokers []node.ID) node.ID {
	for _, id := range brokers {
		if c.brokers[slices.Index(c.config.Brokers, id)].incarnation != 0 {
			return id
		}
	}
	return 0
}

// change does what the leader proposes, if it knew how things are.
func (c *Controller) change(from node.ID, m ChangeInSync) {
	if from != c.partition.Leader || m.Version != c.partition.Version {
		return
	}
	for i, id := range m.InSync {
		now := c.brokers[slices.Index(c.config.Brokers, id)].incarnation
		if now == 0 || m.Incarnations[i] != 0 && m.Incarnations[i] != now {
			return
		}
	}
	c.partition.InSync = m.InSync
	c.publish()
}

func (c *Controller) publish() {
	c.partition.Version++
	for i := range c.config.Brokers {
		c.tell(i)
	}
}

// tell tells a broker what was decided, also one that is taken for dead.
func (c *Controller) tell(i int) {
	c.env.Send(c.config.Brokers[i], Decided{c.brokers[i].last, c.partition})
}
