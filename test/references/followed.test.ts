/** Packages to which own code passes the environment, and which are followed like own code. */
import { describe, expect, test } from "vitest";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { bundle } from "./mapped-bundle.ts";

const OWN = "functions/a/index.ts";
const NPM = "node_modules/pkg/index.js";
const OTHER = "node_modules/@scope/other/index.js";

function shown(lines: Parameters<typeof bundle>[0]) {
	const { references, dynamic } = analyzeReferences(bundle(lines));
	return {
		references: references.map(({ name, file, line }) => `${name} ${file}:${line}`),
		dynamic: dynamic.map(({ file, line }) => `${file}:${line}`),
	};
}

/** In the style of `createEnv` of t3-env. */
const CREATE =
	'function createEnv(opts) { const env = opts.runtimeEnv ?? process.env; if (opts.clean) { for (const [key, value] of Object.entries(env)) if (value === "") delete env[key]; } ' +
	'const parsed = opts.createFinal?.(opts.server)?.["~standard"].validate(env) ?? parseAll(opts.server, env); ' +
	"return new Proxy(parsed.value, { get(target, key) { return Reflect.get(target, key); } }); } " +
	'function parseAll(shape, env) { const value = {}; for (const key in shape) { const result = shape[key]["~standard"].validate(env[key]); value[key] = result.value; } return { value }; }';
const STRING = '({ "~standard": { validate: (value) => ({ value }) } })';

describe("the keys that a package reads of the environment are references of the call", () => {
	test.each([
		["an option", `createEnv({ server: { A_KEY: ${STRING}, B_KEY: ${STRING} }, runtimeEnv: process.env });`],
		[
			"a copy",
			`createEnv({ server: { A_KEY: ${STRING}, B_KEY: ${STRING} }, runtimeEnv: { ...process.env } });`,
		],
		[
			"a helper",
			`const load = (server) => createEnv({ server, clean: true, runtimeEnv: process.env }); load({ A_KEY: ${STRING}, B_KEY: ${STRING} });`,
		],
	])("%s", (_, code) => {
		expect(
			shown([
				[NPM, 1, CREATE],
				[OWN, 7, code],
			]),
		).toEqual({
			references: [`A_KEY ${OWN}:7`, `B_KEY ${OWN}:7`],
			dynamic: [],
		});
	});

	test("a class and its methods", () => {
		const reader =
			"class Reader { constructor(env) { this.env = env; } get(name) { return this.env[name]; } }";
		const own = 'const reader = new Reader(process.env); export default () => reader.get("A_KEY");';
		expect(
			shown([
				[NPM, 1, reader],
				[OWN, 7, own],
			]),
		).toEqual({ references: [`A_KEY ${OWN}:7`], dynamic: [] });
	});

	test("a package to which another one passes it", () => {
		const other = "function pick(from, names) { return names.map((name) => from[name]); }";
		const reader = "function load(env, ...names) { return pick(env, names); }";
		expect(
			shown([
				[OTHER, 1, other],
				[NPM, 1, reader],
				[OWN, 7, 'load(process.env, "A_KEY", "B_KEY");'],
			]),
		).toEqual({ references: [`A_KEY ${OWN}:7`, `B_KEY ${OWN}:7`], dynamic: [] });
	});

	test("a package that takes a function or options", () => {
		const reader =
			"function load(env, spec, how = { color: String }) { const report = typeof how === 'function' ? how : reporterOf(how); const errors = []; const value = {}; " +
			"for (const [key, one] of Object.entries(spec)) { if (env[key] === undefined) errors.push(key); else value[key] = one(env[key]); } " +
			"if (errors.length > 0) throw new Error(report(errors, spec)); return value; } " +
			"function reporterOf({ color = String } = {}) { return (errors, spec) => errors.map((key) => color(key) + spec[key].description).join(); }";
		expect(
			shown([
				[NPM, 1, reader],
				[OWN, 7, "export const { A_KEY } = load(process.env, { A_KEY: String, B_KEY: Number });"],
			]),
		).toEqual({ references: [`A_KEY ${OWN}:7`, `B_KEY ${OWN}:7`], dynamic: [] });
	});

	test("a package of CommonJS modules", () => {
		const reader =
			"var __commonJS = (cb, mod) => () => (mod || cb[Object.keys(cb)[0]]((mod = { exports: {} }).exports, mod), mod.exports); " +
			'var require_variable = __commonJS({ "variable.js"(exports, module) { module.exports = function variable(env, name) { const all = {}; Object.entries({ asString: String }).forEach(([key, convert]) => { all[key] = () => convert(env[name]); }); return all; }; } }); ' +
			'var require_pkg = __commonJS({ "index.js"(exports, module) { const variable = require_variable(); const from = (env) => ({ from, get: (name) => variable(env, name) }); module.exports = from(process.env); } });';
		expect(
			shown([
				[NPM, 1, reader],
				[OWN, 7, "const env = require_pkg().from(Deno.env.toObject());"],
				[OWN, 8, 'export default () => env.get("A_KEY").asString();'],
			]).references,
		).toContain(`A_KEY ${OWN}:8`);
	});

	describe("a schema whose errors hold what it parses", () => {
		const SCHEMAS =
			"var store; function config(own) { return { lang: own?.lang ?? store?.lang }; } function message(lang) { return store?.get(lang)?.get(lang); } " +
			'function textOf(input) { const type = typeof input; if (type === "string") return `"${input}"`; return (input && Object.getPrototypeOf(input)?.constructor?.name) ?? "null"; } ' +
			"function addIssue(context, label, dataset, config, other) { const input = other ? other.input : dataset.value; const issue = { input, message: label + textOf(input), path: other?.path }; " +
			'const own = other?.message ?? context.message ?? message(config.lang); if (own !== undefined) issue.message = typeof own === "function" ? own(issue) : own; dataset.issues = [issue]; } ' +
			'function string(message) { return { kind: "schema", message, run(dataset, config) { if (typeof dataset.value !== "string") addIssue(this, "type", dataset, config); return dataset; } }; } ' +
			'function trim() { return { kind: "transformation", run(dataset) { dataset.value = dataset.value.trim(); return dataset; } }; } ' +
			"function pipe(...all) { return { ...all[0], all, run(dataset, config) { for (const item of all) dataset = item.run(dataset, config); return dataset; } }; } " +
			'function object(entries, message) { return { kind: "schema", entries, message, run(dataset, config) { const input = dataset.value; dataset.value = {}; for (const key in this.entries) { const schema = this.entries[key]; ' +
			"if (key in input) { const inner = schema.run({ value: input[key] }, config); if (inner.issues) dataset.issues = inner.issues; dataset.value[key] = inner.value; } " +
			'else if (schema.fallback !== undefined) dataset.value[key] = typeof schema.fallback === "function" ? schema.fallback(dataset) : schema.fallback; ' +
			'else addIssue(this, "key", dataset, config, { input: undefined, path: [{ input, key }] }); } return dataset; } }; } ' +
			"var Invalid = class extends Error { constructor(issues) { super(issues[0].message); this.issues = issues; } }; " +
			"function parse(schema, input, own) { const dataset = schema.run({ value: input }, config(own)); if (dataset.issues) throw new Invalid(dataset.issues); return dataset.value; } ";
		const SCHEMA = "object({ A_KEY: string(), B_KEY: pipe(string(), trim()) })";

		test.each([
			["the program ends with an error", `var env = parse(${SCHEMA}, Deno.env.toObject());`],
			[
				"the message of an error",
				`var env; try { env = parse(${SCHEMA}, process.env); } catch (error) { console.error(error.message); }`,
			],
			[
				"two schemas",
				"parse(object({ A_KEY: string() }), process.env); parse(object({ B_KEY: string() }), process.env);",
			],
		])("%s", (_, own) => {
			const found = shown([
				[NPM, 1, SCHEMAS],
				[OWN, 7, own],
			]);
			expect(found).toEqual({ references: [`A_KEY ${OWN}:7`, `B_KEY ${OWN}:7`], dynamic: [] });
		});

		test.each([
			[
				"an error that is printed",
				`try { parse(${SCHEMA}, process.env); } catch (error) { console.error(error); }`,
			],
			["an error of a server", `Deno.serve(() => parse(${SCHEMA}, process.env));`],
			[
				"an error that a handler of all errors gets",
				`addEventListener("error", ({ error }) => console.log(error)); parse(${SCHEMA}, process.env);`,
			],
			[
				"a function that makes messages of issues",
				`object({ A_KEY: string() }, (issue) => JSON.stringify(issue)).run({ value: process.env }, {});`,
			],
		])("%s is dynamic", (_, own) => {
			const { dynamic } = shown([
				[NPM, 1, SCHEMAS],
				[OWN, 7, own],
			]);
			expect(dynamic).toEqual([`${OWN}:7`]);
		});

		test("what own code reads of an issue is a reference", () => {
			const own = `try { parse(${SCHEMA}, process.env); } catch (error) { console.log(error.issues[0].path[0].input.C_KEY); }`;
			const { references, dynamic } = shown([
				[NPM, 1, SCHEMAS],
				[OWN, 7, own],
			]);
			expect(dynamic).toEqual([]);
			expect(references).toContain(`C_KEY ${OWN}:7`);
		});
	});

	test("a name that the package reads by itself is its own", () => {
		const reader = "function load(env, name) { return process.env.LEVEL + env[name]; }";
		expect(
			shown([
				[NPM, 1, reader],
				[OWN, 7, 'load(process.env, "A_KEY");'],
			]),
		).toEqual({
			references: [`A_KEY ${OWN}:7`, `LEVEL ${NPM}:1`],
			dynamic: [],
		});
	});
});

describe("the function stays dynamic", () => {
	test.each([
		["arguments that are listed", "function load() { return Object.entries(arguments[0]); }"],
		[
			"a list of arguments",
			"function load(...all) { return inner(...all); } function inner(first, ...more) { return JSON.stringify([first, more]); }",
		],
		["a copy", "function load(env) { return Object.assign({}, env); }"],
		["an exception", "function load(env) { throw Object.assign(new Error(), { env }); }"],
		[
			"a generator",
			"function load(env) { return [...each(env)]; } function* each(env) { for (const key in env) yield env[key]; }",
		],
		[
			"a variable of the module",
			"let kept; function load(env) { kept = env; return () => Object.keys(kept); }",
		],
		["a callback of a timer", "function load(env) { setTimeout((e) => console.log(e), 0, env); }"],
		["code made from text", 'function load(env) { return new Function("env", "return env.A")(env); }'],
		["a name that it computes", "function load(env) { return env[new Date().toString()]; }"],
		["a result with the environment", "function load(env) { return { env }; }"],
		["a function of a global", "function load(env) { return globalThis.hook(env); }"],
	])("%s", (_, code) => {
		const { dynamic } = shown([
			[NPM, 1, code],
			[OWN, 7, "export default (give) => give(load(process.env));"],
		]);
		expect(dynamic).toEqual([`${OWN}:7`]);
	});

	test("a package that is too long", () => {
		const long = `function load(env, name) { return env[name]; } var filler = "${"x".repeat(40_000)}";`;
		expect(
			shown([
				[NPM, 1, long],
				[OWN, 7, 'load(process.env, "A_KEY");'],
			]).dynamic,
		).toEqual([`${OWN}:7`]);
	});

	test("another access", () => {
		const own = 'load(process.env, "A_KEY"); Deno.serve(({ url }) => Deno.env.get(url));';
		const { dynamic } = shown([
			[NPM, 1, "function load(env, name) { return env[name]; }"],
			[OWN, 7, own],
		]);
		expect(dynamic).toEqual([`${OWN}:7`]);
	});
});
