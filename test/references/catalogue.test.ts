/**
 * All types of syntax and all built-in functions: if a name passes through one, the analysis either finds the
 * name or reports a dynamic access. It may never lose the name. New types and functions of later versions are
 * tested automatically.
 */
import { execFileSync } from "node:child_process";
import { visitorKeys } from "oxc-parser";
import { expect, test } from "vitest";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { childKeys } from "../../src/references/bundle/child-keys.ts";
import { parse } from "../../src/references/bundle/parse.ts";
import type { Node } from "../../src/references/bundle/syntax.ts";

/** For each type of syntax, a program in which the name `A` passes through it to an access. */
const SYNTAX: Readonly<Record<string, string>> = {
	AccessorProperty: 'class Box { accessor name = "A"; } Deno.env.get(new Box().name);',
	ArrayExpression: 'Deno.env.get(["A"][0]);',
	ArrayPattern: 'const [name] = ["A"]; Deno.env.get(name);',
	ArrowFunctionExpression: 'Deno.env.get((() => "A")());',
	AssignmentExpression: 'let name; Deno.env.get((name = "A"));',
	AssignmentPattern: 'const { name = "A" } = {}; Deno.env.get(name);',
	AwaitExpression: 'Deno.env.get(await "A");',
	BinaryExpression: 'Deno.env.get("" + "A");',
	BlockStatement: '{ Deno.env.get("A"); }',
	BreakStatement: 'for (const name of ["A"]) { Deno.env.get(name); break; }',
	CallExpression: 'Deno.env.get("A");',
	CatchClause: 'try { throw "A"; } catch (name) { Deno.env.get(name); }',
	ChainExpression: 'Deno.env?.get("A");',
	ClassBody: 'class Box { name = "A"; } Deno.env.get(new Box().name);',
	ClassDeclaration: 'class Box { static name = "A"; } Deno.env.get(Box.name);',
	ClassExpression: 'Deno.env.get(new (class { name = "A"; })().name);',
	ConditionalExpression: 'Deno.env.get(x ? "A" : "B");',
	ContinueStatement: 'for (const name of ["A"]) { Deno.env.get(name); continue; }',
	DebuggerStatement: 'debugger; Deno.env.get("A");',
	Decorator: 'const read = (name) => () => { Deno.env.get(name); }; class Box { @read("A") name; }',
	DoWhileStatement: 'do { Deno.env.get("A"); } while (x);',
	EmptyStatement: '; Deno.env.get("A");',
	ExportAllDeclaration: 'export * from "node:path"; Deno.env.get("A");',
	ExportDefaultDeclaration: 'export default function () { Deno.env.get("A"); }',
	ExportNamedDeclaration: 'export const name = "A"; Deno.env.get(name);',
	ExportSpecifier: 'const name = "A"; export { name }; Deno.env.get(name);',
	ExpressionStatement: 'Deno.env.get("A");',
	ForInStatement: "for (const name in { A: 1 }) Deno.env.get(name);",
	ForOfStatement: 'for (const name of ["A"]) Deno.env.get(name);',
	ForStatement: 'for (let name = "A"; x; ) Deno.env.get(name);',
	FunctionDeclaration: 'function name() { return "A"; } Deno.env.get(name());',
	FunctionExpression: 'Deno.env.get((function () { return "A"; })());',
	Identifier: 'const name = "A"; Deno.env.get(name);',
	IfStatement: 'if (x) Deno.env.get("A");',
	ImportAttribute: 'import data from "./a.json" with { type: "json" }; Deno.env.get(data.name);',
	ImportDeclaration: 'import { name } from "node:a"; Deno.env.get(name);',
	ImportDefaultSpecifier: 'import name from "node:a"; Deno.env.get(name);',
	ImportExpression: 'Deno.env.get((await import("node:a")).name);',
	ImportNamespaceSpecifier: 'import * as all from "node:a"; Deno.env.get(all.name);',
	ImportSpecifier: 'import { a as name } from "node:a"; Deno.env.get(name);',
	LabeledStatement: 'out: for (;;) { Deno.env.get("A"); break out; }',
	Literal: 'Deno.env.get("A");',
	LogicalExpression: 'Deno.env.get(x || "A");',
	MemberExpression: 'Deno.env.get({ name: "A" }.name);',
	MetaProperty: "Deno.env.get(import.meta.url);",
	MethodDefinition: 'class Box { name() { return "A"; } } Deno.env.get(new Box().name());',
	NewExpression: 'Deno.env.get(new String("A"));',
	ObjectExpression: 'Deno.env.get({ name: "A" }.name);',
	ObjectPattern: 'const { name } = { name: "A" }; Deno.env.get(name);',
	PrivateIdentifier: 'class Box { #name = "A"; read() { Deno.env.get(this.#name); } } new Box().read();',
	Program: 'Deno.env.get("A");',
	Property: 'Deno.env.get({ name: "A" }.name);',
	PropertyDefinition: 'class Box { name = "A"; } Deno.env.get(new Box().name);',
	RestElement: 'const [...names] = ["A"]; Deno.env.get(names[0]);',
	ReturnStatement: 'function name() { return "A"; } Deno.env.get(name());',
	SequenceExpression: 'Deno.env.get((0, "A"));',
	SpreadElement: 'Deno.env.get(...["A"]);',
	StaticBlock: 'class Box { static { Deno.env.get("A"); } }',
	Super:
		'class One { name() { return "A"; } } class Two extends One { read() { Deno.env.get(super.name()); } } new Two().read();',
	SwitchCase: 'switch (x) { case 1: Deno.env.get("A"); }',
	SwitchStatement: 'switch (x) { default: Deno.env.get("A"); }',
	TaggedTemplateExpression: "Deno.env.get(String.raw`A`);",
	TemplateElement: "Deno.env.get(`A`);",
	TemplateLiteral: "const part = `A`; Deno.env.get(`${part}`);",
	ThisExpression: 'const box = { name: "A", read() { Deno.env.get(this.name); } }; box.read();',
	ThrowStatement: 'try { throw "A"; } catch (name) { Deno.env.get(name); }',
	TryStatement: 'try { Deno.env.get("A"); } finally { }',
	UnaryExpression: 'Deno.env.get("A" + +"1");',
	UpdateExpression: 'let at = 0; at++; Deno.env.get("A" + at);',
	VariableDeclaration: 'const name = "A"; Deno.env.get(name);',
	VariableDeclarator: 'const name = "A"; Deno.env.get(name);',
	WhileStatement: 'while (x) Deno.env.get("A");',
	YieldExpression: 'function* names() { yield "A"; } for (const name of names()) Deno.env.get(name);',
};
/**
 * Types that no bundle contains: bundlers compile them away, modules forbid them, or the parser never makes
 * them.
 */
const NOT_IN_BUNDLES = ["ParenthesizedExpression", "V8IntrinsicExpression", "WithStatement"];

function typesIn(code: string): Set<string> {
	const types = new Set<string>();
	const stack: Node[] = [parse(code)];
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		types.add(node.type);
		const keys = new Set([...childKeys(node), ...(visitorKeys[node.type] ?? [])]);
		for (const key of keys) {
			const child = node[key] as Node | (Node | null)[] | null | undefined;
			for (const inner of Array.isArray(child) ? child : [child]) if (inner) stack.push(inner);
		}
	}
	return types;
}

/** Whether an analysis has found no name and no dynamic access. */
function isSilent(code: string): boolean {
	const { references, dynamic } = analyzeReferences({ code });
	return references.length === 0 && dynamic.length === 0;
}

test("there is a program for every type of syntax, and the analysis finds the name in each", () => {
	const types = Object.keys(visitorKeys).filter((type) => !/^(?:TS|JSX)/.test(type));
	expect(types.filter((type) => !(type in SYNTAX) && !NOT_IN_BUNDLES.includes(type))).toEqual([]);
	const wrong = Object.entries(SYNTAX).filter(([type, code]) => !typesIn(code).has(type) || isSilent(code));
	expect(wrong.map(([type]) => type)).toEqual([]);
});

/** Prints the path of every function of every global, and of every prototype. */
const LIST = `
const paths = [];
const add = (holder, path, end) => {
	for (const key of Object.getOwnPropertyNames(holder)) {
		const { value } = Object.getOwnPropertyDescriptor(holder, key);
		if (/^[A-Za-z_]\\w*$/.test(key) && key !== "constructor" && typeof value === "function")
			paths.push(path + "." + key + end);
	}
};
for (const name of Object.getOwnPropertyNames(globalThis)) {
	const value = globalThis[name];
	if (/^(globalThis|window|self|global)$/.test(name) || !/^[A-Za-z_]\\w*$/.test(name)) continue;
	if (typeof value === "function") paths.push(name);
	if (value === null || !/^(function|object)$/.test(typeof value)) continue;
	add(value, name, "");
	if (typeof value === "function" && value.prototype) add(value.prototype, name + ".prototype", ".call");
}
console.log(JSON.stringify(paths));
`;
/** Built-in functions whose results are numbers, booleans or texts that cannot be names, for these arguments, or that throw. */
const GIVES_NO_NAME =
	/^(?:Math\.\w+|Error\.captureStackTrace|Number(?:\.\w+)?|parseInt|parseFloat|isNaN|isFinite|Boolean|Array\.isArray|btoa|String\.fromCharCode|Object\.hasOwn|Reflect\.(?:has|set|setPrototypeOf|defineProperty)|Object\.prototype\.hasOwnProperty\.call|String\.prototype\.(?:startsWith|endsWith|includes|indexOf|lastIndexOf|isWellFormed|localeCompare|normalize|toLocaleLowerCase|toLocaleUpperCase)\.call)$/;
/** Built-in functions that never call a function argument, or never pass a name to it. */
const CALLS_NOTHING =
	/^(?:setTimeout|setInterval|queueMicrotask|Object|Object\.(?:assign|getOwnPropertyNames|hasOwn|preventExtensions|seal|freeze|keys|entries|fromEntries|values|create|defineProperty|defineProperties|setPrototypeOf|getOwnPropertyDescriptors?|prototype\.hasOwnProperty\.call)|Function\.prototype\.(?:call|apply)\.call|Array|Array\.(?:isArray|of)|Boolean|String|JSON\.(?:parse|stringify)|Response\.json|Iterator\.from|ReadableStream\.from|Promise\.(?:all|allSettled|any|race|resolve|withResolvers)|Symbol|Symbol\.(?:for|keyFor)|\w*Error|Error\.captureStackTrace|Map|Set|WeakMap|WeakSet|Proxy|Reflect\.(?:get|has|ownKeys|set|setPrototypeOf|defineProperty|getOwnPropertyDescriptor)|structuredClone)$/;

test("no built-in function of V8 or Deno hides a name that it gets", async () => {
	const listed = execFileSync(await findDeno(), ["run", "--quiet", "--no-config", "-"], {
		input: LIST,
		encoding: "utf8",
	});
	const paths = JSON.parse(listed) as string[];
	expect(paths.length).toBeGreaterThan(1000);
	const lost = paths.filter((path) => {
		if (!GIVES_NO_NAME.test(path) && isSilent(`Deno.env.get(${path}("A", "B"));`)) return true;
		const read = "(name) => Deno.env.get(name)";
		return !CALLS_NOTHING.test(path) && isSilent(`${path}(${read}, ${read});`);
	});
	expect(lost).toEqual([]);
});

/** Prints the names of the properties of the prototypes of built-in classes that the code may extend. */
const LIST_INHERITED = `
import { EventEmitter } from "node:events";
const classes = { Map, Set, WeakMap, WeakSet, Array, EventTarget, EventEmitter };
console.log(JSON.stringify(Object.entries(classes).flatMap(([name, { prototype }]) =>
	Object.getOwnPropertyNames(prototype).filter((key) => /^[A-Za-z_]\\w*$/.test(key)).map((key) => [name, key]))));
`;

test("no class that extends a built-in one lacks a property that it inherits", async () => {
	const listed = execFileSync(await findDeno(), ["run", "--quiet", "--no-config", "-"], {
		input: LIST_INHERITED,
		encoding: "utf8",
	});
	const inherited = JSON.parse(listed) as [string, string][];
	expect(inherited.length).toBeGreaterThan(100);
	const lacking = inherited.filter(([name, key]) => {
		const imported = name === "EventEmitter" ? 'import { EventEmitter } from "node:events"; ' : "";
		return isSilent(`${imported}class Own extends ${name} {} Deno.env.get(new Own().${key});`);
	});
	expect(lacking).toEqual([]);
});
