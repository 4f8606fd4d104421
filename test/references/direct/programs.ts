/** Small programs in which sources of the environment, and the constructor of functions, are used in every way. */

/** The declarations that the programs use. `other` is not known. */
const BEGIN = `import P from "node:process"; import * as M from "node:process";
const NAME = "A", key = "constructor", part = "con"; let i = 0, used, changing = "con";
const table = { a: () => 1 }, fn = () => 1;\n`;

const SOURCES = [
	"Deno",
	"Deno.env",
	"process",
	"process.env",
	"globalThis",
	"globalThis.process.env",
	"import.meta",
	"import.meta.env",
	"require",
	"Function",
	"eval",
	"Worker",
	"P",
	"M.env",
	'(await import("node:process"))',
	'require("process")',
	'require("node:timers")',
	'require("data:text/javascript,1")',
];
/** `_` stands for the source. */
const USES_OF_SOURCES = `
_.A;   _["A"];   _[NAME];   _[other];   _.env.A;   _.env[NAME];   _.env.get("A");   _.get("A");   _.get?.(NAME);   _.get(\`A\`)
_.get(other);   _.get();   _.has("A");   _.toObject().A;   _.set("A", other);   _.A = other;   _.A ||= other;   _.A += other;   _.A++
delete _.A;   typeof _;   _ && _.A;   _?.A;   _ || {};   (_ ?? {}).A;   (0, _).A;   (other ? _ : {}).A;   use(_);   used = [_];   used = { a: _ }
const { A } = _; use(A);   const { A: { a } = {}, B = "d" } = _;   const { ...rest } = _;   const { env: { A: b } } = _;   ({ A: used } = _);   [used] = _
const alias = _; alias.A;   let varying = _; varying = {}; varying.get("A");   const { get } = _; get("A");   const get = _.get; get(NAME)
const f = () => _; f().A;   function f(x = _) { return x.A } f();   function never() { return _.A };   const read = (n) => _.get(n); read("A")
"A" in _;   NAME in _;   other in _;   Object.keys(_);   for (const k in _) use(k);   \`\${_}\`;   _ + "";   _.toString();   _.constructor;   _.constructor("code")
_.call(null, "A");   _("A");   new _("A");   _.hasOwnProperty("A");   export const it = _;   export default _;   if (_) use(1);   switch (_) { case _: use(1) }
await _;   _.nextTick("code");   _.setTimeout("code");   _.serve(() => _.A);   _.then;   throw _;   _.x = use;   _.fetch = use;   _.process = use;   _.prototype;   _.Reflect`
	.split(/;? {3}|\n/)
	.filter(Boolean);

const HOLDERS = ["fn", "table", "other", "(class {})", "[1]"];
const KEYS = [
	".constructor",
	'["constructor"]',
	'[part + "structor"]',
	"[`con${'structor'}`]",
	"[key]",
	"[changing += 'structor']",
	"[changing]",
	"[other]",
	"[i]",
	"[i + 1]",
	'["k-" + other]',
	"[`${other}.`]",
	"[typeof other]",
	"[other ? 0 : key]",
	"[NAME]",
];
/** `_` stands for the value of the property. */
const USES_OF_VALUES = `
_("code");   new _("code");   use(_);   _\`code\`;   const f = _; f("code");   let f; f = _; f("code");   const { call } = _; call.call(_, null, "code")
_.name;   _.call(null, "code");   _["call"](null, "code");   _[part + "structor"]("code");   \`\${_}\`;   if (_) use(1);   _ ||= 1;   use(_ ||= 1);   used = [_];   used = { a: _ }
const [x] = _;   const { a = 1, ...b } = _;   const f = () => _; f()("code");   (_ ?? use)("code");   for (const x of _) use(x);   typeof _;   (await _)("code")
(0, _)("code");   used = _;   _ = use;   _ += 1;   _ = _ ?? {};   export { x as default }; const x = _;   class A extends _ {};   x instanceof _;   throw _;   _.a("code");   ({ a: used } = _)`
	.split(/;? {3}|\n/)
	.filter(Boolean);

const OTHERS = `
setTimeout("code");   setTimeout(other);   setTimeout(() => 1);   setTimeout(fn, 1);   setInterval(NAME);   const later = setTimeout; later("code");   queueMicrotask("code")
new Promise((ok) => setTimeout(ok, 1));   new Promise((ok) => { ok = "code"; setTimeout(ok) });   ((ok) => setTimeout(ok))("code");   setTimeout(...other);   setTimeout.call(null, "code")
import("data:text/javascript,1");   import(other);   import(NAME);   import("node:timers");   export * from "data:text/javascript,1";   import x from "blob:x"
import { setTimeout as later } from "node:timers"; later("code");   import timers from "timers"; timers.setTimeout("code");   Reflect.get(fn, key)("code")
const { constructor } = fn; constructor("code");   const { [key]: make } = fn; make("code");   const { constructor: { name } } = fn;   ({ constructor: used } = fn); used("code")
function f({ constructor: make }) { make("code") } f(fn);   Object.getOwnPropertyDescriptor(Object.getPrototypeOf(fn), key).value("code");   fn[Symbol.iterator]
const from = "node:process"; (await import(from)).env.A;   (await import(\`node:process\`)).env.A;   const from = "process"; require(from).env.A
const from = "process"; var __require = (x) => require(x); __require(from).env.A;   const from = "process"; process.getBuiltinModule(from).env.A
var __require = (x) => import(x); __require("process").env.A;   var __require = (x) => x; const from = "process"; __require(from).env.A
var __require = (x) => require(x); __require("process").env.A;   var __require = (x) => require(x); __require(other);   for (const k of [key]) fn[k]("code")
for (i = 0; i < 2; i++) table[i]("code");   for (i of [key]) fn[i]("code");   [i] = [key]; fn[i]("code");   i += key; fn[i]("code");   i = NAME; fn[i]("code");   i = key; fn[i]("code")`
	.split(/;? {3}|\n/)
	.filter(Boolean);

/** All programs, the shorter ones of two thousand. */
export function directPrograms(): string[] {
	const filled = (uses: readonly string[], fillings: readonly string[]) =>
		fillings.flatMap((filling) => uses.map((use) => use.replaceAll("_", filling)));
	const values = HOLDERS.flatMap((holder) => KEYS.map((key) => holder + key));
	const all = [...filled(USES_OF_SOURCES, SOURCES), ...filled(USES_OF_VALUES, values), ...OTHERS];
	return all.map((code) => `${BEGIN}${code};\n`);
}
