import { describe, expect, test } from "vitest";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { packageOf } from "../../src/references/evidence/package.ts";
import { bundle } from "./mapped-bundle.ts";

const OWN = "functions/a/index.ts";
const NPM = "../../cache/npm/registry.example/pkg/1.2.3/index.js";

function shown(lines: Parameters<typeof bundle>[0]) {
	const { references, dynamic } = analyzeReferences({
		...bundle(lines),
		sourcePath: (path) => (path === NPM ? "npm:pkg@1.2.3/index.js" : path),
	});
	return {
		references: references.map(({ name, file, line }) => `${name} ${file}:${line}`),
		dynamic: dynamic.map(({ file, line }) => `${file}:${line}`),
	};
}

/** How a bundler runs a CommonJS module. */
const COMMON_JS =
	"var __commonJS = (cb, mod) => function () { return mod || (0, cb[Object.keys(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports; };";

describe("dependencies", () => {
	test("their reads count, with their own file", () => {
		expect(shown([[NPM, 7, `var level = process.env.LEVEL;`]])).toEqual({
			references: ["LEVEL npm:pkg@1.2.3/index.js:7"],
			dynamic: [],
		});
	});

	test.each([
		"npm:pkg@1/x.js",
		"jsr:@a/b/x.ts",
		"https://example.com/x.ts",
		"../node_modules/pkg/x.js",
		"coffer:http",
	])("their dynamic accesses do not count: %s", (source) => {
		expect(shown([[source, 1, `Object.keys(process.env).forEach((k) => log(k, process.env[k]));`]])).toEqual({
			references: [],
			dynamic: [],
		});
	});

	test("a name that the function passes to their helper counts at that call", () => {
		expect(
			shown([
				[NPM, 1, `function get(name) { return Deno.env.get(name); }`],
				[OWN, 4, `get("A");`],
				[OWN, 5, `Deno.serve((req) => get(req.name));`],
			]),
		).toEqual({ references: [`A ${OWN}:4`], dynamic: [`${OWN}:5`] });
	});

	test("a package that lists the environment that the function passes to it is dynamic at that place", () => {
		expect(
			shown([
				[NPM, 1, `function clean(env, spec) { for (const k of Object.keys(env)) spec[k]?.(env[k]); }`],
				[OWN, 9, `clean(process.env, { A: String });`],
			]),
		).toEqual({ references: [], dynamic: [`${OWN}:9`] });
	});

	test("a getter that the function passes to them may be called with any name", () => {
		expect(
			shown([
				[NPM, 1, `class Router { get(path, handler) { this.routes[path] = handler; } }`],
				[OWN, 2, `const app = new Router();`],
				[OWN, 3, `app.get("/", (c) => {`],
				[OWN, 4, `  Deno.env.get(c.name); Deno.env.get("A");`],
				[OWN, 5, `});`],
			]),
		).toEqual({ references: [`A ${OWN}:4`], dynamic: [`${OWN}:4`] });
	});

	test("a name in code without a source is a package's: the map of a package may leave lines out", () => {
		const { references } = shown([
			["", 0, `var worker = process.env.WORKER_ID;`],
			[OWN, 1, `go();`],
		]);
		expect(references).toEqual(["WORKER_ID coffer:bundle.js:1"]);
		expect(packageOf("coffer:bundle.js")).toBeDefined();
	});

	test("a constructor in an object of a package that other code gets makes no code out of text", () => {
		// As in React 18 and the AWS SDK: the prototype of a prototype gets a constructor.
		const classes =
			"function C() {} C.prototype.isClass = {}; function D() {} D.prototype = C.prototype; function P() {} var p = P.prototype = new D(); p.constructor = P; var f = Function.call; exports.P = P;";
		expect(
			shown([
				[NPM, 1, COMMON_JS],
				[
					NPM,
					2,
					`var load = __commonJS({ "pkg.js"(exports) { ${classes} exports.make = (type) => ({ type }); } });`,
				],
				[OWN, 4, `var pkg = load(); use(pkg.make("div")); Deno.env.get("A");`],
				[OWN, 5, `use({ Function });`],
			]),
		).toEqual({ references: [`A ${OWN}:4`], dynamic: [`${OWN}:5`] });
	});

	test("accesses in code of the bundler do not count", () => {
		expect(
			shown([
				["", 0, `var all = { ...process.env };`],
				[OWN, 1, `go();`],
			]),
		).toEqual({ references: [], dynamic: [] });
	});
});

describe("positions", () => {
	test("a line without a mapping belongs to the one before it", () => {
		expect(
			shown([
				[OWN, 3, `const a = f(`],
				["", 0, `  Deno.env.get("A"));`],
			]),
		).toEqual({ references: [`A ${OWN}:3`], dynamic: [] });
	});

	test("of two mappings of one column the first counts", () => {
		const sourceMap = JSON.stringify({
			version: 3,
			sources: [OWN],
			names: [],
			mappings: `${"AAEA"},${"AAGA"}`,
		});
		expect(analyzeReferences({ code: `Deno.env.get("A");`, sourceMap }).references).toMatchObject([
			{ line: 3 },
		]);
	});

	test("the nearest mapping before an access counts", () => {
		const sourceMap = JSON.stringify({ version: 3, sources: [OWN], names: [], mappings: "AAAA,UACA,UACA" });
		const code = `f(1     );Deno.env.get("A");Deno.env.get("B")`;
		expect(analyzeReferences({ code, sourceMap }).references.map(({ line }) => line)).toEqual([2, 3]);
	});

	test.each(["", "{}", "null", "[]", `{"sources":[],"mappings":5}`, "not json"])(
		"an invalid source map is ignored: %j",
		(sourceMap) => {
			expect(analyzeReferences({ code: `\nDeno.env.get("A");`, sourceMap }).references).toEqual([
				{ name: "A", file: "bundle.js", line: 2, how: "static" },
			]);
		},
	);

	test("each place is listed once, sorted by name, file and line", () => {
		const lines = [
			["b.ts", 2, `Deno.env.get("B"), Deno.env.get("B");`],
			["b.ts", 10, `Deno.env.get("A");`],
			["b.ts", 9, `Deno.env.get("A");`],
			["a.ts", 11, `Deno.env.get("A");`],
			["b.ts", 9, `Deno.env.get("A"); x(Deno.env); x(process.env);`],
		] as const;
		expect(shown(lines)).toEqual({
			references: ["A a.ts:11", "A b.ts:9", "A b.ts:10", "B b.ts:2"],
			dynamic: ["b.ts:9"],
		});
	});

	test("more names from the upload's own code than are told apart", () => {
		const calls = Array.from({ length: 300 }, (_, i) => `read("K${i}");`).join(" ");
		const { dynamic } = shown([
			[NPM, 1, "var read = (name) => process.env[name];"],
			[OWN, 3, calls],
		]);
		expect(dynamic).toEqual([`${OWN}:3`]);
	});

	test.each([
		[
			"a method that a package's class calls",
			"class Mine extends Base { name() { return String(new Error()); } } new Mine().run();",
		],
		["a callback that a package calls", "with_(() => String(new Error()));"],
	])("a name that a package gets from own code, which is not known: %s", (_, code) => {
		const { dynamic } = shown([
			[NPM, 1, "class Base { run() { return process.env[this.name()]; } }"],
			[NPM, 2, "var with_ = (name) => process.env[name()];"],
			[OWN, 3, code],
		]);
		expect(dynamic).toEqual([`${OWN}:3`]);
	});

	test("a name that own code reads and a package's helper makes, which is not known", () => {
		const { dynamic } = shown([
			[NPM, 1, "var box = {}; var put = (name) => { box.key = name; }; put(load());"],
			[OWN, 3, "Deno.env.get(box.key);"],
		]);
		expect(dynamic).toEqual([`${OWN}:3`]);
	});

	test.each([
		["assigns", "var Base; Base = class { run(name) { return Deno.env.get(name); } };"],
		["chooses", "var Base = x ? undefined : class { run(name) { return Deno.env.get(name); } };"],
	])("a name that own code gives a class that a package %s", (_, code) => {
		const { references } = shown([
			[NPM, 1, code],
			[OWN, 3, 'new Base().run("A");'],
		]);
		expect(references).toEqual([`A ${OWN}:3`]);
	});

	test.each([
		["a built-in function", '["A"].forEach(function (name) { this.key = name; }, box);'],
		["call", 'function put(name) { this.key = name; } put.call(box, "A");'],
		[
			"a call of a method of another object",
			'var other = { put(name) { this.key = name; } }; other.put.call(box, "A");',
		],
		["a method that is assigned", 'box.put = function (name) { this.key = name; }; box.put("A");'],
	])("a name that a package stores in what its function gets as this: %s", (_, code) => {
		const { references } = shown([
			[NPM, 1, `var box = { key: "B" }; ${code}`],
			[OWN, 3, "Deno.env.get(box.key);"],
		]);
		expect(references.map((reference) => reference.split(" ")[0])).toEqual(["A", "B"]);
	});

	test.each([
		["an async function", "try { await load(); } catch (name) { Deno.env.get(name); }"],
		["a handler of its promise", "load().catch((name) => Deno.env.get(name));"],
		["a promise", "try { await loaded; } catch (name) { Deno.env.get(name); }"],
		["a name that waits for its promise", "Deno.env.get(await loaded.catch((name) => name));"],
		["an accessor", "try { held.name; } catch (name) { Deno.env.get(name); }"],
	])("what a package throws is not known: %s", (_, code) => {
		const { dynamic } = shown([
			[
				NPM,
				1,
				'var load = async () => { throw "A"; }; var loaded = (async () => { if (x) throw "A"; return "B"; })();',
			],
			[NPM, 2, 'var held = { get name() { throw "A"; } };'],
			[OWN, 3, code],
		]);
		expect(dynamic).toEqual([`${OWN}:3`]);
	});
});
