//go:build !linux && !darwin

package git

// idle does nothing: pages stay until the system takes them.
func (m *mapping) idle() {}
