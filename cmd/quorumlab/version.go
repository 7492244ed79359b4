package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// version tells which program this is: the module's version, where it was installed
// as one, the commit it was built from, where the build knows it, and the Go release.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown build"
	}
	return describe(info)
}

func describe(info *debug.BuildInfo) string {
	set := make(map[string]string)
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	text := cmp.Or(info.Main.Version, "(devel)")
	if revision := set["vcs.revision"]; revision != "" {
		text += fmt.Sprintf(", commit %.12s of %s", revision, cmp.Or(set["vcs.time"], "unknown time"))
		if set["vcs.modified"] == "true" {
			text += " and changes to it"
		}
	}
	if plantedBug != "" {
		text += ", with the bug " + plantedBug + " in it"
	}
	return text + ", built with " + info.GoVersion
}
