package classify

import "github.com/overgrant/overgrant"

var modelFile = Class{
	Name:     "model",
	Title:    "model files",
	Doc:      "Trained models and checkpoints: PyTorch, TensorFlow, Keras, ONNX, GGUF, safetensors, pickles. They are costly to make, may repeat what they were trained on, and may run code where they are loaded: those that were read and would are in a class of their own.",
	Severity: overgrant.Low,
	Unit:     "files",
	Names: []Shape{{
		Look: Model,
		Globs: []string{
			"*.ckpt", "*.pt", "*.pth", "*.safetensors", "*.onnx", "*.gguf", "*.ggml", "*.keras", "*.h5", "*.hdf5", "*.joblib", "*.pkl", "*.pickle", "*.dill", "*.cloudpickle", "saved_model.pb", "frozen_*.pb", "*.tflite", "*.mlmodel", "*.pdparams", "*.pdmodel", "*.pdiparams", "*.caffemodel", "*.nemo", "*.torchscript", "*.ptl", "*.pte", "*.llamafile", "*.trt", "*.dlc", "*.cbm", "*.ubj",
			"*model*.bin", "adapter*.bin", "*weights*.bin", "ggml*.bin", "consolidated.*.bin", "optimizer.bin", "training_args.bin", "*checkpoint*.bin", "model.ckpt*", "variables.data-*",
		},
	}},
}
