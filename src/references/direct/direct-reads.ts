/**
 * Direct reads: reads of the environment that the syntax alone shows, as `Deno.env.get("NAME")` and `process.env.NAME`
 * do.
 *
 * Each source of the environment is followed to its end: to a read by a known name, or to an operator that makes nothing
 * of the environment of it. The way leads through properties, constants and operators, and never through a call of the
 * code's own functions, an object or an argument. So nothing else in the code has an influence on what is found. The
 * engine takes the same way (`forward/`), and finds the same at its end.
 */
import type { Scopes } from "../bundle/scopes.ts";
import type { SourceFiles } from "../bundle/source-files.ts";
import { isTarget, type Node, staticKey } from "../bundle/syntax.ts";
import { Findings } from "../engine/findings.ts";
import { type RuntimeValue, runtimeValue, type Value } from "../engine/values.ts";
import { CODE } from "../environment/modules.ts";
import {
	globalValue,
	isBuiltInGlobal,
	moduleValue,
	readRuntimeProperty,
} from "../environment/runtime-apis.ts";
import { sourceNodes } from "../environment/source-nodes.ts";
import { knownText } from "./known-text.ts";

/** Properties that the engine models for every value, and that may pass the value on. */
const PASSES_ON = new Set(
	"constructor call apply bind then catch finally hasOwnProperty propertyIsEnumerable toString valueOf __proto__".split(
		" ",
	),
);
/** Nodes that test a value or drop it. */
const ENDS = new Set([
	"ExpressionStatement",
	"UnaryExpression",
	"IfStatement",
	"WhileStatement",
	"DoWhileStatement",
	"ForStatement",
	"SwitchStatement",
	"SwitchCase",
]);

/** @returns undefined if a source leads anywhere else than to a direct read */
export function findDirectReads(scopes: Scopes, files: SourceFiles): Findings | undefined {
	const followed = new DirectReads(scopes, files);
	return sourceNodes(scopes).every(({ value, node }) => followed.follow(value, node))
		? followed.findings
		: undefined;
}

class DirectReads {
	readonly findings = new Findings();
	readonly #scopes: Scopes;
	readonly #files: SourceFiles;
	readonly #seen = new Map<Node, Set<string>>();

	constructor(scopes: Scopes, files: SourceFiles) {
		this.#scopes = scopes;
		this.#files = files;
	}

	/** Follows a value from an expression that has it. @returns whether all its uses are decided */
	follow(value: Value, node: Node): boolean {
		// Functions and modules with models lead to no environment. In own code, they may run other code.
		if (value.kind === "builtin") return this.#files.isDependency(node);
		if (value.kind !== "runtime") return value.kind === "unknown";
		const seen = this.#seen.get(node) ?? new Set();
		if (seen.has(value.api)) return true;
		this.#seen.set(node, seen.add(value.api));
		const parent = node.parent;
		switch (parent?.type) {
			case "ChainExpression":
			case "AwaitExpression":
				return this.follow(value, parent);
			case "SequenceExpression":
				return parent.expressions.at(-1) !== node || this.follow(value, parent);
			case "ConditionalExpression":
				return parent.test === node || this.follow(value, parent);
			case "LogicalExpression":
				return (parent.left === node && parent.operator === "&&") || this.follow(value, parent);
			case "BinaryExpression":
				return this.#decideBinary(value, node, parent);
			case "MemberExpression":
				return parent.object === node && this.#followMember(value, parent);
			case "CallExpression":
			case "NewExpression":
				return parent.callee === node && this.#followCall(value, parent);
			case "VariableDeclarator":
				return this.#followInto(value, parent.id);
			case "AssignmentPattern":
				return parent.right === node && this.#followInto(value, parent.left);
			case "AssignmentExpression":
				return parent.right === node && this.#followInto(value, parent.left) && this.follow(value, parent);
			default:
				return parent !== undefined && ENDS.has(parent.type);
		}
	}

	/** A comparison, or `"NAME" in env`. */
	#decideBinary({ api }: RuntimeValue, node: Node, parent: Node): boolean {
		if (parent.operator !== "in" || parent.right !== node) return true;
		const name = knownText(this.#scopes, parent.left);
		if (name !== undefined && api === "env") this.findings.addReference(name, parent);
		return name !== undefined;
	}

	#followMember(value: RuntimeValue, member: Node): boolean {
		const parent = member.parent;
		const key = staticKey(member.property, member.computed) ?? this.#constantKey(member);
		if (key === undefined || PASSES_ON.has(key) || key.startsWith("@@")) return false;
		if (parent?.type === "UnaryExpression" && parent.operator === "delete") return true;
		const isAssigned = isTarget(member);
		if (isAssigned || parent?.type === "UpdateExpression") {
			if (!this.#isHarmlessAssignment(value, key, member)) return false;
			if (isAssigned && (parent?.type !== "AssignmentExpression" || parent.operator === "=")) return true;
		}
		if (value.api === "env") {
			this.findings.addReference(key, member);
			return true;
		}
		return this.follow(readRuntimeProperty(value, key), member);
	}

	/** The key of `env[NAME]`, where the name is a constant. */
	#constantKey({ computed, property }: Node): string | undefined {
		return computed ? knownText(this.#scopes, property) : undefined;
	}

	/** Whether an assignment replaces nothing that the analysis knows. */
	#isHarmlessAssignment({ api }: RuntimeValue, key: string, member: Node): boolean {
		if (api === "env" || this.#files.isForeign(member)) return true;
		return api === "global" && !isBuiltInGlobal(key);
	}

	#followCall({ api }: RuntimeValue, call: Node): boolean {
		const isNew = call.type === "NewExpression";
		switch (api) {
			case "get":
			case "has": {
				const name = isNew ? undefined : knownText(this.#scopes, call.arguments[0]);
				if (name !== undefined) this.findings.addReference(name, call);
				return name !== undefined;
			}
			case "toObject":
				return !isNew && this.follow(runtimeValue("env"), call);
			case "write":
				return !isNew;
			case "require":
				return !isNew && this.#followModule(call);
			case "createRequire":
				return !isNew && this.follow(runtimeValue("require"), call);
			case "eval":
			case "Function":
			case "other code":
				return this.#files.isDependency(call);
			default:
				return false;
		}
	}

	#followModule(call: Node): boolean {
		const name = knownText(this.#scopes, call.arguments[0]);
		if (name === undefined || CODE.test(name)) return false;
		const module = moduleValue(name);
		return module === undefined || this.follow(module, call);
	}

	/** Follows a value into a variable or pattern that it is assigned to. */
	#followInto(value: RuntimeValue, target: Node): boolean {
		if (target.type === "AssignmentPattern") return this.#followInto(value, target.left);
		if (target.type === "ObjectPattern")
			return (target.properties as Node[]).every((property) => this.#followProperty(value, property));
		const binding = target.type === "Identifier" ? this.#scopes.resolve(target) : undefined;
		if (binding === undefined) return false;
		// The helpers of the bundler have models. Their code is not followed.
		if (globalValue(binding.name, binding) !== undefined) return true;
		return this.#scopes.uses(binding).reads.every((read) => this.follow(value, read));
	}

	/** `{ key: target }` in a pattern. */
	#followProperty(value: RuntimeValue, property: Node): boolean {
		const key = property.type === "Property" ? staticKey(property.key, property.computed) : undefined;
		if (key === undefined || PASSES_ON.has(key) || key.startsWith("@@")) return false;
		if (value.api === "env") {
			this.findings.addReference(key, property);
			return true;
		}
		const found = readRuntimeProperty(value, key);
		if (found.kind === "runtime") return this.#followInto(found, property.value);
		return found.kind === "unknown" || this.#files.isDependency(property);
	}
}
