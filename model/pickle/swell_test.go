package pickle_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/pickle"
)

// long1 is an integer of eight bytes.
func long1(n uint64) string {
	b := make([]byte, 0, 10)
	for k := range 8 {
		b = append(b, byte(n>>(8*k)))
	}
	return "\x8a\x07" + string(b[:7])
}

// doubled is a value that holds the one before twice, times over.
func doubled(times int, open, fill string) string {
	text := open + put(0)
	for range times {
		text += strings.NewReplacer("#", get(0)).Replace(fill) + put(0)
	}
	return text
}

func TestWhatLoadingWouldTake(t *testing.T) {
	const tera = 1 << 40
	tests := []struct {
		name, text string
		want       string // rule of the finding, empty for none
	}{
		{"tuples_of_tuples", doubled(60, emptyTuple, "##"+tuple2), "expansion"},
		{"few_tuples_of_tuples", doubled(12, emptyTuple, "##"+tuple2), ""},
		{"lists_of_lists", doubled(60, emptyList, emptyList+mark+"##"+"e"), "expansion"},
		{"lists_that_are_appended_to", doubled(60, emptyList, emptyList+"#a"+"#a"), "expansion"},
		{"dicts_of_dicts", doubled(60, dict, dict+mark+"K\x01#K\x02#"+setItems), "expansion"},
		{"sets_of_tuples", doubled(60, emptyTuple, "##"+tuple2) + "\x8f" + mark + get(0) + "\x90", "expansion"},
		{"a_key_of_tuples", doubled(28, emptyTuple, "##"+tuple2) + dict + get(0) + none + setItem, "expansion"},
		{"a_list_in_itself", emptyList + put(0) + strings.Repeat(get(0)+"a", 100), "expansion"},
		{"by_dup", emptyTuple + strings.Repeat(dup+tuple2, 60), "expansion"},
		{"one_list_many_times", emptyList + put(0) + mark + strings.Repeat("K\x01", 1000) + "e0" + emptyList + mark + strings.Repeat(get(0), 1000) + "e", ""},
		{"a_deep_list", strings.Repeat(emptyList, 1000) + strings.Repeat("a", 999), ""},
		{"values_left_over", strings.Repeat("N", 100), "expansion"},
		{"few_values_left_over", strings.Repeat("N", 10), ""},
		{"bytes_of_a_terabyte", glob("builtins", "bytearray") + long1(tera) + tuple1 + reduce, "call"},
		{"bytes_by_newobj", glob("builtins", "bytes") + long1(tera) + tuple1 + newobj, "call"},
		{"few_bytes", glob("builtins", "bytearray") + "M\x00\x10" + tuple1 + reduce, ""},
		{"a_list_of_count", glob("builtins", "list") + glob("itertools", "count") + emptyTuple + reduce + tuple1 + reduce, "call"},
		{"a_list_of_count_from_one", glob("builtins", "list") + glob("itertools", "count") + "K\x01" + tuple1 + reduce + tuple1 + reduce, "call"},
		{"count_by_itself", glob("itertools", "count") + "K\x01" + tuple1 + reduce, ""},
		{"a_list_of_a_range", glob("builtins", "list") + glob("builtins", "range") + long1(tera) + tuple1 + reduce + tuple1 + reduce, "call"},
		{"a_range_by_itself", glob("builtins", "range") + long1(tera) + tuple1 + reduce, ""},
		{"a_short_range", glob("builtins", "list") + glob("builtins", "range") + "M\x00\x10" + tuple1 + reduce + tuple1 + reduce, ""},
		{"by_enumerate", glob("builtins", "list") + glob("builtins", "enumerate") + glob("itertools", "repeat") + none + tuple1 + reduce + tuple1 + reduce + tuple1 + reduce, "call"},
		{"a_text_many_times", glob("operator", "mul") + sbu("a") + long1(tera) + tuple2 + reduce, "call"},
		{"a_text_twice", glob("operator", "mul") + sbu("a") + "K\x02" + tuple2 + reduce, ""},
		{"doubled_sums", glob("operator", "add") + put(1) + emptyList + emptyList + tuple2 + reduce + put(0) + strings.Repeat(pop+get(1)+get(0)+get(0)+tuple2+reduce+put(0), 40), "call"},
		{"a_power", glob("builtins", "pow") + "K\x0a" + long1(tera) + tuple2 + reduce, "call"},
		{"a_small_power", glob("builtins", "pow") + "K\x0a" + "K\x02" + tuple2 + reduce, ""},
		{"an_array", glob("numpy", "ndarray") + long1(tera) + tuple1 + tuple1 + reduce, "call"},
		{"an_array_to_be_filled", glob("numpy.core.multiarray", "_reconstruct") + glob("numpy", "ndarray") + "K\x00" + tuple1 + "C\x01b" + tuple3 + reduce, ""},
		{"an_array_that_takes_all", glob("numpy.core.multiarray", "_reconstruct") + glob("numpy", "ndarray") + long1(tera) + tuple1 + "C\x01b" + tuple3 + reduce, "call"},
		{"a_fraction", glob("fractions", "Fraction") + sbu("1e1000000000") + tuple1 + reduce, "call"},
		{"a_plain_fraction", glob("fractions", "Fraction") + sbu("1/3") + tuple1 + reduce, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := pickle.Scan(t.Context(), strings.NewReader(proto(4)+tt.text+stop), 0, pickle.Options{})
			if err != nil || !res.Stopped || res.Fault != "" {
				t.Fatalf("Scan = %q at %d, %v; want a pickle that ends", res.Fault, res.FaultAt, err)
			}
			got := ""
			for _, f := range res.Findings {
				if f.Level >= pickle.Unknown {
					got = f.Rule
				}
			}
			if got != tt.want {
				t.Errorf("Scan tells %v; want the rule %q", res.Findings, tt.want)
			}
		})
	}
}

// TestMachinesStartEmpty runs pickles that fill a machine, and one that asks for
// what they left.
func TestMachinesStartEmpty(t *testing.T) {
	fillers := []string{
		proto(4) + glob("os", "system") + put(0) + strings.Repeat(emptyList+memoize, 5000) + mark + mark,
		proto(2) + emptyTuple + strings.Repeat(dup+tuple2+memoize, 60) + strings.Repeat(shell(), 200) + stop,
		heavy(3),
	}
	for _, text := range fillers {
		if _, err := pickle.Scan(t.Context(), strings.NewReader(text), 0, pickle.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, ask := range []string{proto(4) + get(0) + stop, proto(4) + popMark + stop, proto(4) + "a" + stop} {
			res, err := pickle.Scan(t.Context(), strings.NewReader(ask), 0, pickle.Options{})
			if err != nil || res.Fault == "" || len(res.Findings) > 0 || len(res.Globals) > 0 {
				t.Errorf("Scan(%q) = %v %v %q, %v; want a fault and nothing else", ask, res.Findings, res.Globals, res.Fault, err)
			}
		}
	}
}
