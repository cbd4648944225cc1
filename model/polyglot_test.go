package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

// tensorsLike is a file of safetensors with data as its tensor, whose header is
// as long as makes the file begin with a byte.
func tensorsLike(first byte, data string) string {
	head := fmt.Sprintf(`{"a":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}`, len(data), len(data))
	for len(head)%256 != int(first) {
		head += " "
	}
	return safetensors(head, data)
}

func TestFilesThatAreAlsoPickles(t *testing.T) {
	const call = "cposix\nsystem\n(S'true'\ntR."
	tests := []struct {
		name, text, format string
		want               model.Verdict
	}{
		{"the_header_is_a_text", tensorsLike('V', "\n"+call), "safetensors", model.Suspicious},
		{"the_header_is_a_text_of_nothing", tensorsLike('V', "\n."), "safetensors", model.Clean},
		{"the_header_is_a_tuple_of_a_text", tensorsLike('(', "\n"+call), "safetensors", model.Clean},
		{"no_value_at_the_beginning", tensorsLike('W', "\n"+call), "safetensors", model.Clean},
		{"numbers_of_protocol_2", "\x80\x02" + strings.Repeat("N0", 5000) + call, "pickle", model.Dangerous},
		{"marks_that_are_numbers", strings.Repeat("((", 5000) + call, "pickle", model.Dangerous},
		{"a_pickle_in_a_pickle_in_a_pickle", pickleOf(pickleOf(call)), "pickle", model.Suspicious},
		{"data_in_a_pickle_in_a_pickle", pickleOf(pickleOf("K\x01.")), "pickle", model.Clean},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := model.Scan(t.Context(), "m.bin", strings.NewReader(tt.text), int64(len(tt.text)), model.Limits{})
			if err != nil || r.Verdict != tt.want || r.Format != tt.format {
				t.Errorf("Scan = %s %s %v %q, %v; want %s %s", r.Format, r.Verdict, r.Findings, r.Unread, err, tt.format, tt.want)
			}
		})
	}
}

// pickleOf is a pickle that holds another as bytes.
func pickleOf(text string) string {
	text = "\x80\x04" + text + strings.Repeat(" ", 16)
	return "\x80\x04}\x8c\x01aC" + string([]byte{byte(len(text))}) + text + "s."
}
