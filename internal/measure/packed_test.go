package measure_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"testing"

	"github.com/overgrant/overgrant/internal/measure"
)

func TestPackedMembersAreReadWhole(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	f, err := z.Create("customers.csv")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, "name,email")
	for i := range 2000 {
		fmt.Fprintf(f, "Person %d,person.%d@tailspintoys.com\n", i, i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	service := &memory{perPage: 10}
	service.put("c", "customers.zip", packed.String())
	m := measure.New(service.sorted(), all)
	_, choice := choose(t, m, 0)
	sum := total(walk(t, m, choice.Shards...))
	held := sum.Classes["contact_data"]
	if held == nil {
		t.Fatalf("no contacts found in %d bytes; classes %v", packed.Len(), sum.Classes)
	}
	if n, _ := held.People.Count(); n != 2000 || sum.Coverage.Complete.Objects != 1 {
		t.Errorf("%d people, coverage %+v; want 2000, read whole", n, sum.Coverage)
	}
}
