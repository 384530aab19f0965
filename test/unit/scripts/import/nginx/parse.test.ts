/** nginx's syntax: what a directive is, in which line, and what is said of a broken file. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: nginx writes its variables so
import { expect, test } from 'vitest';
import { type Directive, NginxSyntaxError, parseNginx } from '../../../../../scripts/import/nginx/parse.ts';

type Plain = [string, string[], number, Plain[]?];
const plain = ({ name, args, line, block }: Directive): Plain =>
  [name, [...args], line, ...(block ? [block.map(plain)] : [])] as Plain;

test.each<[string, string, Plain[]]>([
  ['an empty file', '', []],
  ['comments only', '# one\n  # two', []],
  ['a byte order mark', '\uFEFFa;', [['a', [], 1]]],
  [
    'lines of Windows',
    'a 1;\r\nb 2;\r\n',
    [
      ['a', ['1'], 1],
      ['b', ['2'], 2],
    ],
  ],
  [
    'one directive over lines',
    'log_format\n  main\n  x;\nb;',
    [
      ['log_format', ['main', 'x'], 1],
      ['b', [], 4],
    ],
  ],
  [
    'a comment after a directive',
    'a b; # c;\nd;',
    [
      ['a', ['b'], 1],
      ['d', [], 2],
    ],
  ],
  ['a number sign inside a word', 'a b#c;', [['a', ['b#c'], 1]]],
  ['quotes of both kinds', `a "b c" 'd; }' "";`, [['a', ['b c', 'd; }', ''], 1]]],
  ['escapes in quotes', String.raw`a "b\"c\\d\te";`, [['a', ['b"c\\d\te'], 1]]],
  [
    'a backslash that belongs to a regex',
    String.raw`location ~ \.php$ { }`,
    [['location', ['~', '\\.php$'], 1, []]],
  ],
  [
    'braces of a regex in quotes',
    String.raw`location ~ "^/\d{2,3}$" { }`,
    [['location', ['~', '^/\\d{2,3}$'], 1, []]],
  ],
  [
    'a variable in braces',
    'set $a ${b}c;\nd;',
    [
      ['set', ['$a', '${b}c'], 1],
      ['d', [], 2],
    ],
  ],
  [
    'blocks in blocks',
    'http {\n server { listen 80; }\n}',
    [['http', [], 1, [['server', [], 2, [['listen', ['80'], 2]]]]]],
  ],
  [
    'no space around the signs',
    'a{b c;d{e;}}',
    [
      [
        'a',
        [],
        1,
        [
          ['b', ['c'], 1],
          ['d', [], 1, [['e', [], 1]]],
        ],
      ],
    ],
  ],
  [
    'a line break in quotes',
    "a 'b\nc';\nd;",
    [
      ['a', ['b\nc'], 1],
      ['d', [], 3],
    ],
  ],
  [
    'a map with odd keys',
    "map $a $b { default x; '' y; ~^z w; }",
    [
      [
        'map',
        ['$a', '$b'],
        1,
        [
          ['default', ['x'], 1],
          ['', ['y'], 1],
          ['~^z', ['w'], 1],
        ],
      ],
    ],
  ],
  ...[
    "-- don't close } here",
    'local open = "{"',
    'ngx.say([[ } ]])',
    'local a = {} --[[ } ]] local b = "\\"}"',
    "local c = '{' -- }",
    'x = [==[ ]] } ]==]',
  ].map((lua): [string, string, Plain[]] => [
    `Lua whose texts hold braces: ${lua}`,
    `set_by_lua_block $x {\n ${lua}\n}\nb;`,
    [
      ['set_by_lua_block', ['$x'], 1, []],
      ['b', [], 4],
    ],
  ]),
  [
    'Lua with braces of its own',
    'content_by_lua_block {\n if x then y = {1} end\n}\nb;',
    [
      ['content_by_lua_block', [], 1, []],
      ['b', [], 4],
    ],
  ],
])('%s', (_, text, expected) => {
  expect(parseNginx(text, 'x.conf').map(plain)).toEqual(expected);
});

test.each<[string, string, string]>([
  [
    'a block that is not closed',
    'http {\n server {\n }\n',
    'x.conf:4: the file ends inside http, opened in line 1: a "}" is missing',
  ],
  ['a brace too many', 'a;\n}\n', 'x.conf:2: a "}" without its "{"'],
  ['a semicolon that is missing at the end', 'a b', 'x.conf:1: a of line 1 does not end: a ";" is missing'],
  [
    'a semicolon that is missing before a brace',
    'http {\n a b\n}',
    'x.conf:3: a of line 2 does not end: a ";" is missing',
  ],
  ['a quote that is not closed', 'a;\nb "c;\nd;', 'x.conf:2: the " of this line is not closed'],
  ['text right after a quote', 'a "b"c;', 'x.conf:1: "c" right after a closing "'],
  ['a semicolon alone', 'a;\n;', 'x.conf:2: a ";" without a directive'],
  ['a block without a name', '{ a; }', 'x.conf:1: a "{" without a directive'],
  ['a variable that is not closed', 'set $a ${b;', 'x.conf:1: a ${ without its "}"'],
  ['Lua that is not closed', 'x_by_lua_block { {', 'x.conf:1: x_by_lua_block of line 1 is not closed'],
])('%s is reported with its line', (_, text, message) => {
  expect(() => parseNginx(text, 'x.conf')).toThrow(NginxSyntaxError);
  expect(() => parseNginx(text, 'x.conf')).toThrow(message);
});
