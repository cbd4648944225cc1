package model

import "fmt"

// isCoreML: a specification version, a description, and one of the sorts of
// model. Source: https://github.com/apple/coremltools, mlmodel/format/Model.proto
func isCoreML(w *window, m protoShape) bool {
	if v := m.num(1); v == 0 || v > 50 || len(m.messages(2)) == 0 {
		return false
	}
	for n := range m.of {
		if n >= 200 && n < 4000 && len(m.messages(n)) > 0 {
			return true
		}
	}
	return false
}

// Fields of CoreML that hold code by name.
const (
	coreCustomModel  = 555 // Model.customModel
	coreLinkedModel  = 556 // Model.linkedModel
	coreProgram      = 502 // Model.mlProgram
	coreCustomLayer  = 500 // NeuralNetworkLayer.custom
	coreCustomName   = 10  // CustomLayerParams.className
	coreModelName    = 10  // CustomModel.className
	corePipelineKids = 1   // Pipeline.models
)

// core is one CoreML file on its way.
type core struct {
	*window
	s *scan
	p piece
}

func scanCoreML(s *scan, p piece, m protoShape) {
	c := &core{newWindow(p), s, p}
	s.broken(p, "CoreML", c.fields(m.all, c.model))
}

func (c *core) model(f field) error {
	if !f.bytes() {
		return nil
	}
	switch f.num {
	case coreCustomModel:
		return c.custom(f, coreModelName, "a custom model")
	case coreLinkedModel:
		c.s.find(c.p, Finding{Rule: "path", What: "a linked model", Why: "another file is loaded by name", Offset: f.off, Severity: Medium})
	case 202, 200, 201: // pipelines: of classifiers, of regressors, of anything
		return c.fields(f, c.pipeline)
	case 303, 403, 500: // networks: classifier, regressor, plain
		return c.fields(f, c.layer)
	case coreProgram:
		return c.fields(f, func(f field) error { return c.program(f) })
	}
	return nil
}

// pipeline enters a pipeline, whose models are whole models; those of
// classifiers and regressors wrap one.
func (c *core) pipeline(f field) error {
	if f.num != corePipelineKids || !f.bytes() {
		return nil
	}
	if err := c.fields(f, c.model); err != nil {
		return err
	}
	return c.fields(f, func(f field) error {
		if f.num == corePipelineKids && f.bytes() {
			return c.fields(f, c.model)
		}
		return nil
	})
}

// layer enters the layers of a network and those that hold networks.
func (c *core) layer(f field) error {
	if f.num != 1 || !f.bytes() {
		return nil
	}
	return c.fields(f, func(f field) error {
		switch {
		case !f.bytes():
		case f.num == coreCustomLayer:
			return c.custom(f, coreCustomName, "a custom layer")
		case f.num == 605 || f.num == 615: // branch and loop
			return c.fields(f, func(f field) error {
				if f.bytes() {
					return c.fields(f, c.layer)
				}
				return nil
			})
		}
		return nil
	})
}

func (c *core) custom(f field, name int, what string) error {
	class := ""
	err := c.fields(f, func(g field) error {
		if g.num == name {
			class = c.text(g, 256)
		}
		return nil
	})
	c.s.find(c.p, Finding{Rule: "operator", What: fmt.Sprintf("%s of class %s", what, clipText(class, 80)),
		Why: "the app that loads the model must bring this class, and runs its code", Offset: f.off, Severity: Medium})
	return err
}

// program enters an ML program: functions (a map), blocks (a map), operations.
func (c *core) program(f field) error {
	if f.num != 2 || !f.bytes() { // Program.functions
		return nil
	}
	return c.value(f, func(f field) error { // Function
		if f.num != 3 || !f.bytes() { // the blocks of a Function
			return nil
		}
		return c.value(f, c.block)
	})
}

// value enters the value of an entry of a map.
func (c *core) value(f field, visit func(f field) error) error {
	return c.fields(f, func(f field) error {
		if f.num == 2 && f.bytes() {
			return c.fields(f, visit)
		}
		return nil
	})
}

func (c *core) block(f field) error {
	if f.num != 3 || !f.bytes() { // Block.operations
		return nil
	}
	return c.fields(f, func(f field) error { // Operation
		switch {
		case !f.bytes():
		case f.num == 1:
			if op := c.text(f, 128); op == "custom_layer" || op == "custom" || op == "python" || op == "py_function" {
				c.s.find(c.p, Finding{Rule: "operator", What: "the operator " + op, Why: "it runs code that the loading program must bring", Offset: f.off, Severity: Medium})
			}
		case f.num == 4:
			return c.fields(f, c.block)
		}
		return nil
	})
}
