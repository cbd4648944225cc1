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

// TestCommonTemplates holds the turns of phrase of templates in use.
func TestCommonTemplates(t *testing.T) {
	tests := []struct{ name, template string }{
		{"dates_and_tools", `{{- bos_token }}{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- else %}{%- set date_string = "26 Jul 2024" %}{%- endif %}{%- endif %}{{- "Tools: " + builtin_tools | reject('equalto', 'code_interpreter') | join(", ") + "\n\n"}}{%- for arg_name, arg_val in tool_call.arguments | items %}{{- arg_name + '="' + arg_val + '"' }}{%- if not loop.last %}{{- ", " }}{%- endif %}{%- endfor %}`},
		{"last_query", `{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}{%- if ns.multi_step_tool and message.role == "user" and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{{ messages[ns.last_query_index].content }}{%- endfor %}`},
		{"thinking", `{%- set reasoning = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}{%- set content = content.split('</think>')[-1].lstrip('\n') %}{{- '<|im_start|>' + message.role + '\n' + content }}`},
		{"rejectattr", `{%- for message in loop_messages | rejectattr("role", "equalto", "tool") | selectattr("tool_calls", "undefined") %}{%- if (message["role"] == "user") != (ns.index % 2 == 0) %}{{- raise_exception("roles must alternate") }}{%- endif %}{%- set ns.index = ns.index + 1 %}{%- endfor %}{%- for key, val in tool.items() if key != "return" %}{{- '"' + key + '": ' + val|tojson }}{%- endfor %}`},
		{"types", `{%- macro type_of(spec) %}{%- set basic = {"string": "str", "number": "float"} %}{%- if basic[spec.type] is defined %}{{- basic[spec.type] }}{%- elif spec.type == "array" %}{{- "List[" + type_of(spec|items) + "]" }}{%- elif spec.type is iterable %}{%- for t in spec.type %}{{- type_of({"type": t}) }}{%- endfor %}{%- endif %}{%- endmacro %}`},
		{"nullable", `{%- macro render(param_spec, required_params, is_nullable=false) -%}{%- for name, spec in param_spec.properties.items() -%}{{- name + ("?" if name not in (param_spec.required or []) else "") + ": " }}{{- render(spec, required_params) }}{%- if spec.default is defined -%}{{- ", // default: " ~ spec.default }}{%- endif -%}{%- endfor -%}{%- endmacro -%}{{ render(tools[0].function.parameters, []) }}`},
		{"roles", `{%- set roles = {'user': 'USER', 'assistant': 'GPT'} -%}{%- for m in messages -%}{%- set role = 'model' if m['role'] == 'assistant' else m['role'] -%}{{ roles[m['role']] }}{{ roles[role] }}{%- endfor -%}`},
		{"images", `{% set image_count = namespace(value=0) %}{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|>{% endif %}{% endfor %}`},
		{"calls", `{%- if message.tool_calls is defined and message.tool_calls is not none and message.tool_calls|length > 0 %}{%- set tool_call = message.tool_calls[0].function %}{{- '{"name": "' ~ tool_call.name ~ '", "arguments": ' ~ (tool_call.arguments | tojson(indent=4)) ~ '}' }}{%- endif %}{% do x.append(1) %}{%- break %}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if f := jinja.Judge(tt.template); len(f) > 0 {
				t.Errorf("Judge = %+v; want nothing", f)
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
