package pickle_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/model/pickle"
)

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		shell() + stop, proto(4) + frame(9) + stackGlobal("posix", "system") + bu("true") + tuple1 + reduce + stop, heavy(1)[:4000],
		mark + bu("x") + "iposix\nsystem\n" + stop, "I0x10\n0L5L\nFinf\nVa\\u0041\nS'x'\n" + mark + "d" + mark + "l.",
		glob("functools", "partial") + glob("builtins", "getattr") + none + tuple2 + reduce + emptyTuple + reduce + stop,
		bin(proto(2) + shell() + stop), "\x82\x01\x83\x01\x02\x84\x01\x02\x03\x04Pid\nNQ\x97\x98\x8f(N\x90(\x91.",
		glob("numpy", "dtype") + bu("V8") + tuple1 + reduce + mark + strings.Repeat("K\x08", 8) + tuple + build + stop,
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, frames bool) {
		depth := 0
		o := pickle.Options{Opcodes: 1 << 20, Memory: 2 << 20, Frames: frames}
		o.Inner = func(in pickle.Inner) {
			if depth++; depth < 4 {
				pickle.Scan(context.Background(), in.R, 0, pickle.Options{Opcodes: 1 << 16})
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		res, err := pickle.Scan(ctx, strings.NewReader(string(data)), 0, o)
		if err != nil {
			t.Fatal(err)
		}
		if !res.Stopped && res.Fault == "" && res.Exhausted == "" {
			t.Errorf("neither stopped nor told why: %+v", res)
		}
		for _, f := range res.Findings {
			if strings.ContainsFunc(f.What, func(r rune) bool { return r < ' ' && r != 0 }) || len(f.What) > 1000 {
				t.Errorf("a finding that is not fit to print: %q", f.What)
			}
		}
	})
}
