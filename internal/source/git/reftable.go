package git

func (l *layout) tables(r *refs) {}
