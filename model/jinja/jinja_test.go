package jinja_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/jinja"
)

// worst returns the heaviest finding of a template.
func worst(template string) (w jinja.Weight, what string) {
	for _, f := range jinja.Judge(template) {
		if f.Weight > w {
			w, what = f.Weight, f.What
		}
	}
	return w, what
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name, template string
		want           jinja.Weight
	}{
		{"plain", `{% for m in messages %}{{ m['role'] + ': ' + m.content | trim }}{% endfor %}`, 0},
		{"chatml", `{% if not loop.last %}{{ '<|im_start|>' + message['role'] + '\n' }}{%- endif -%}`, 0},
		{"namespace_index", `{% set ns = namespace(found=false, idx=0) %}{% for m in messages[::-1] %}{% set ns.idx = loop.index0 %}{% set ns.idx = ns.idx - 1 %}{{ messages[ns.idx].content }}{% endfor %}`, 0},
		{"macro", `{% macro render(spec, n=2) -%}{% if spec.type is string and spec.x is not none %}{{ spec.type|tojson(indent=4) }}{% elif spec is mapping or spec is divisibleby 3 %}{% endif %}{%- endmacro %}{{ render(tools[0].function, 3) }}`, 0},
		{"loop_with_condition", `{% for k, v in d.items() if k not in ['a', "b"] and v %}{{ k ~ v }}{% endfor %}`, 0},
		{"dict_and_slices", `{% set x = {'a': {'b': 1}} %}{{ x.a['b'] }}{{ content.split('</think>')[-1].lstrip('\n') }}`, 0},
		{"inline_if_without_else", `{{ 'a' if x }}{{ raise_exception("Roles must alternate: " + m['role']) }}`, 0},
		{"attribute_in_text", `Talk about __class__ and {# {{ x.__class__ }} #}{% raw %}{{ x.__class__ }}{% endraw %}`, 0},
		{"set_block", `{% set content %}{{ m.content }}{% endset %}{% set c | upper %}x{% endset %}`, 0},
		{"python_prompt", `{{ "Write python like: if __name__ == '__main__': main()" }}`, 0},
		{"generation", `{% generation %}{{ m.content }}{% endgeneration %}`, 0},

		{"ladder", `{{ cycler.__init__.__globals__.os.popen('id').read() }}`, jinja.Reach},
		{"subclasses", `{% for c in [].__class__.__base__.__subclasses__() %}{% endfor %}`, jinja.Reach},
		{"item", `{{ x['__class__'] }}`, jinja.Reach},
		{"hex", `{{ x['\x5f\x5fclass\x5f\x5f'] }}`, jinja.Reach},
		{"unicode", `{{ x['\u005f\u005fclass\u005f\u005f'] }}`, jinja.Reach},
		{"octal", `{{ x['\137\137class\137\137'] }}`, jinja.Reach},
		{"concat", `{{ self['__in'~'it__'] }}`, jinja.Reach},
		{"plus", `{{ x['_' + '_cla' + 'ss_' + '_'] }}`, jinja.Reach},
		{"adjacent", `{{ x['_' '_class_' '_'] }}`, jinja.Reach},
		{"join", `{{ x[['_', '_class_', '_']|join] }}`, jinja.Reach},
		{"join_method", `{{ x[''.join(['_', '_class_', '_'])] }}`, jinja.Reach},
		{"format_filter", `{{ x['%s%sclass%s%s'|format('_','_','_','_')] }}`, jinja.Reach},
		{"percent", `{{ x['%c%cclass%c%c' % (95,95,95,95)] }}`, jinja.Reach},
		{"format_method", `{{ x['{0}{0}class{0}{0}'.format('_')] }}`, jinja.Reach},
		{"reverse", `{{ x['__ssalc__'[::-1]] }}`, jinja.Reach},
		{"reverse_filter", `{{ x['__ssalc__'|reverse] }}`, jinja.Reach},
		{"replace", `{{ x['XXclassXX'|replace('X','_')] }}`, jinja.Reach},
		{"lower", `{{ x['__CLASS__'|lower] }}`, jinja.Reach},
		{"times", `{{ x['_'*2 + 'class' + '_'*2] }}`, jinja.Reach},
		{"variable", `{% set a = '_' %}{% set b = a ~ a ~ 'class' ~ a ~ a %}{{ x[b] }}`, jinja.Reach},
		{"namespace_variable", `{% set ns = namespace(a='_') %}{{ x[ns.a + ns.a + 'class' + ns.a + ns.a] }}`, jinja.Reach},
		{"attr_filter", `{{ ()|attr('__class__') }}`, jinja.Reach},
		{"attr_unknown", `{{ ()|attr(request.args.x) }}`, jinja.Reach},
		{"map_attribute", `{{ [1]|map(attribute='__class__')|list }}`, jinja.Reach},
		{"selectattr", `{{ [1]|selectattr('__class__.__name__', 'eq', 1) }}`, jinja.Reach},
		{"format_string", `{{ '{0.__class__.__init__}'.format(x) }}`, jinja.Reach},
		{"builtins_name", `{{ __builtins__['eval']('1') }}`, jinja.Reach},
		{"python_name", `{{ getattr(x, 'y') }}`, jinja.Reach},
		{"frames", `{{ g.gi_frame.f_globals }}`, jinja.Reach},
		{"in_a_broken_tag", `{{ x.__class__ ] ) }}`, jinja.Reach},
		{"unclosed", `{{ x.__class__.__mro__`, jinja.Reach},
		{"after_a_dict", `{{ {'a': {'b': 1}}.__class__ }}`, jinja.Reach},
		{"default_argument", `{% macro f(a=x.__class__) %}{% endmacro %}`, jinja.Reach},
		{"test_argument", `{{ 1 is divisibleby x.__class__ }}`, jinja.Reach},
		{"for_condition", `{% for a in b if a.__class__ %}{% endfor %}`, jinja.Reach},

		{"piece_to_macro", `{% macro m(a,b) %}{{ x[a+b] }}{% endmacro %}{{ m('__cl','ass__') }}`, jinja.Odd},
		{"computed", `{% for a in ['_','x'] %}{{ x[a ~ y ~ a] }}{% endfor %}`, jinja.Odd},
		{"import", `{% import 'x' as y %}`, jinja.Odd},
		{"private", `{{ x._module }}`, jinja.Odd},
		{"endless", `{% for i in range(99999999999) %}{% endfor %}`, jinja.Odd},
		{"broken", `{{ unclosed_bracket`, jinja.Broken},
		{"broken_expression", `{{ a b c }}`, jinja.Broken},
		{"too_deep", `{{ ` + strings.Repeat("(", 5000) + ` }}`, jinja.Broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, what := worst(tt.template); got != tt.want {
				t.Errorf("Judge(%q): worst %d (%s); want %d", tt.template, got, what, tt.want)
			}
		})
	}
}

func FuzzJudge(f *testing.F) {
	f.Add(`{% set a = '_' %}{{ x[a ~ 'b'][::-1] | attr('%s' % (1,)) is not none }}`)
	f.Add(`{{ {'a': [1, 2]}.format('x', y=**2)`)
	f.Add(`{% for a, b in c if d else e recursive %}{% endfor %}{% raw %}`)
	f.Fuzz(func(t *testing.T, s string) { jinja.Judge(s) })
}
