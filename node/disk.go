package node

import "errors"

// Sync names one sync of a disk. A disk counts them from 1; zero is none.
type Sync uint64

// Errors a disk reports beside fs.ErrNotExist. They may come wrapped: use
// errors.Is.
var (
	// ErrIO is a failed read, write or sync. What a failed write left behind is
	// not known.
	ErrIO = errors.New("input/output error")
	// ErrNoSpace is a write refused because the disk is full. It left nothing.
	ErrNoSpace = errors.New("no space left on device")
)

// Disk is a flat folder of named files. Reads see every write that was made
// before them. Durable is only what a sync covered that ended without error;
// of the rest a crash keeps an arbitrary part.
type Disk interface {
	// Read returns the whole content of a file. The caller may keep the slice
	// but not change it. A file that is not there is fs.ErrNotExist.
	Read(name string) ([]byte, error)
	// List returns the names of all files, sorted.
	List() ([]string, error)
	// Append adds data at the end of a file, which it creates if need be. The
	// data is copied.
	Append(name string, data []byte) error
	// Replace sets the whole content of a file atomically, creating it if need
	// be: after a crash the file holds the old content or the new, never a
	// mixture. It is durable only after a sync, as everything is. The data is
	// copied.
	Replace(name string, data []byte) error
	// Truncate cuts a file to its first size bytes. A file that is not there is
	// fs.ErrNotExist; a size beyond the file's end changes nothing.
	Truncate(name string, size int) error
	// Remove deletes a file. A file that is not there is fs.ErrNotExist.
	Remove(name string) error
	// Sync starts to make all that was written so far durable, in every file.
	// The handler's Synced method tells how it ended. Several syncs may be under
	// way; they end in the order in which they were started.
	Sync() Sync
}
