package sim

import (
	"maps"
	"slices"
)

// kinds decodes a fault's own fields, by its kind.
var kinds = func() map[string]func(fields []member) (Fault, error) {
	all := make(map[string]func([]member) (Fault, error))
	for _, add := range []func(map[string]func([]member) (Fault, error)){
		kind[Crash], kind[Pause], kind[SlowCPU], kind[Wipe],
		kind[Partition], kind[Flapping], kind[Shape], kind[ConstrainedElection],
		kind[Disturbance], kind[SlowNetwork], kind[Bandwidth], kind[Clog], kind[Filter], kind[Echo], kind[Downfall], kind[Restart],
		kind[ClockSkew], kind[ClockDrift], kind[ClockJump], kind[ClockStrobe],
		kind[SlowDisk], kind[FullDisk], kind[DiskErrors], kind[FailedSync], kind[LyingDisk],
		kind[LostWrite], kind[MisdirectedWrite], kind[BitRot],
		kind[Heal],
	} {
		add(all)
	}
	return all
}()

// kind adds how to decode faults of type F.
func kind[F Fault](all map[string]func([]member) (Fault, error)) {
	var zero F
	all[zero.Kind()] = func(fields []member) (Fault, error) {
		var f F
		err := decodeFields(fields, &f)
		return f, err
	}
}

func faultKinds() []string { return slices.Sorted(maps.Keys(kinds)) }
