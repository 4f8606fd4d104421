/** Whether a bundle surely runs no code that is not in it, in ways that begin at no source of the environment. */
import type { Scopes } from "../bundle/scopes.ts";
import type { SourceFiles } from "../bundle/source-files.ts";
import { isFunction, type Node } from "../bundle/syntax.ts";
import { CODE } from "../environment/modules.ts";
import { moduleValue } from "../environment/runtime-apis.ts";
import { FunctionConstructor } from "./function-constructor.ts";
import { constantOf, knownText } from "./known-text.ts";

/** Globals that run a text as code, if they get one. */
const TIMERS = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];
/** A module with the same functions. */
const TIMERS_MODULE = /^(?:node:)?timers$/;
/** The names of esbuild's helper that loads modules. */
const REQUIRE_HELPER = /^__require\d*$/;

/** Whether every module that is loaded is named, and is none that contains code or runs texts. */
export function loadsKnownModules(program: Node, scopes: Scopes): boolean {
	for (const { source } of program.body as Node[]) if (source && isOtherCode(source.value)) return false;
	if (!scopes.dynamicImports.every(({ source }) => isKnownModule(scopes, source))) return false;
	for (const read of scopes.topLevelReads(REQUIRE_HELPER)) {
		const call = read.parent;
		const isCall = call?.type === "CallExpression" && call.callee === read;
		if (!isCall || !isKnownModule(scopes, call.arguments[0])) return false;
	}
	return true;
}

/** Whether own code surely makes no code from text. */
export function makesNoCode(scopes: Scopes, files: SourceFiles): boolean {
	const isOwn = (node: Node) => !files.isDependency(node);
	if (scopes.freeReads("Reflect").some(isOwn)) return false;
	for (const name of TIMERS)
		for (const read of scopes.freeReads(name)) if (isOwn(read) && !startsFunction(scopes, read)) return false;
	const constructors = new FunctionConstructor(scopes);
	return scopes.constructorReads.every((read) => !isOwn(read) || constructors.isHarmlessRead(read));
}

/** Whether a module is known by its name. Modules that lead to the environment are sources if a literal names them. */
function isKnownModule(scopes: Scopes, specifier: Node | undefined): boolean {
	const name = knownText(scopes, specifier);
	if (name === undefined || isOtherCode(name)) return false;
	return specifier?.type === "Literal" || moduleValue(name) === undefined;
}

function isOtherCode(specifier: string): boolean {
	return CODE.test(specifier) || TIMERS_MODULE.test(specifier);
}

/** Whether a timer is called with a function. */
function startsFunction(scopes: Scopes, timer: Node): boolean {
	const call = timer.parent;
	if (call?.type !== "CallExpression" || call.callee !== timer) return false;
	const task = call.arguments[0] as Node | undefined;
	if (task === undefined) return false;
	return isFunction(task) || (task.type === "Identifier" && isFunctionName(scopes, task));
}

/** Whether a name surely stands for a function: a constant, or what a promise passes to its executor. */
function isFunctionName(scopes: Scopes, name: Node): boolean {
	const constant = constantOf(scopes, name);
	if (constant !== undefined) return isFunction(constant);
	const binding = scopes.resolve(name);
	if (binding === undefined || scopes.uses(binding).writes.length > 0) return false;
	const [declaration, ...others] = binding.declarations;
	const fn = declaration?.parent;
	if (fn === undefined || !isFunction(fn) || others.length > 0) return false;
	if (fn.type === "FunctionDeclaration" && fn.id === declaration) return true;
	const promise = fn.parent;
	const isExecutor = promise?.type === "NewExpression" && promise.arguments[0] === fn;
	return isExecutor && promise.callee.name === "Promise" && scopes.resolve(promise.callee) === undefined;
}
