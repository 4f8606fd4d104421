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
