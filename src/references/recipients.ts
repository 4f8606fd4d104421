/** Finds the packages to which the upload's own code passes the environment. */
import type { Scopes } from "./bundle/scopes.ts";
import type { SourceFiles } from "./bundle/source-files.ts";
import { isFunction, type Node } from "./bundle/syntax.ts";
import type { Findings } from "./engine/findings.ts";

/** The most variables that lead from a called function to its package. */
const STEPS_MAX = 6;
/** The reasons of accesses that end where the analysis follows the package. */
const PASSED = /^(?:the whole environment|a reader of the environment) is passed to code/;

/**
 * The units of dependencies to which a run found that the environment is passed.
 * @returns undefined if there is another reason for which the function is dynamic
 */
export function recipientsOf(
	findings: Findings,
	scopes: Scopes,
	files: SourceFiles,
): { readonly units: Set<string>; readonly calls: readonly Node[] } | undefined {
	const recipients = new Recipients(scopes, files);
	const calls: Node[] = [];
	for (const [node, why] of findings.dynamic) {
		if (files.isDependency(node)) continue;
		if (!isCallThatPasses(node, why)) return undefined;
		recipients.collect(node, 0);
		calls.push(node);
	}
	return { units: recipients.units, calls };
}

/** Whether an access is dynamic for another reason than a package that is not followed yet. */
export function isDynamicAnyway({ dynamic }: Findings, scopes: Scopes, files: SourceFiles): boolean {
	return [...dynamic].some(([node, why]) => {
		if (files.isDependency(node)) return false;
		const recipients = new Recipients(scopes, files);
		recipients.collect(node, 0);
		return !isCallThatPasses(node, why) || recipients.units.size === 0;
	});
}

function isCallThatPasses({ type }: Node, why: string): boolean {
	return PASSED.test(why) && (type === "CallExpression" || type === "NewExpression");
}

/** The part with which an expression begins, by type. */
const LEADS: Readonly<Record<string, string>> = {
	MemberExpression: "object",
	ChainExpression: "expression",
	AwaitExpression: "argument",
	SequenceExpression: "expressions",
	CallExpression: "callee",
	NewExpression: "callee",
};

class Recipients {
	readonly units = new Set<string>();
	readonly #scopes: Scopes;
	readonly #files: SourceFiles;

	constructor(scopes: Scopes, files: SourceFiles) {
		this.#scopes = scopes;
		this.#files = files;
	}

	/** Collects the packages that declare what an expression begins with. */
	collect(node: Node | null | undefined, steps: number): void {
		if (node == null) return;
		if (node.type === "Identifier") this.#collectVariable(node, steps);
		const isHelper = node.type === "CallExpression" && /^__to(?:ESM|CommonJS)/.test(node.callee.name);
		const inner = isHelper ? node.arguments[0] : node[LEADS[node.type] ?? ""];
		this.collect(Array.isArray(inner) ? inner.at(-1) : inner, steps);
	}

	#collectVariable(identifier: Node, steps: number) {
		for (const declaration of this.#scopes.resolve(identifier)?.declarations ?? []) {
			const unit = this.#files.unitOf(declaration);
			if (unit !== undefined) this.units.add(unit);
			else if (steps < STEPS_MAX) this.collect(initOf(declaration), steps + 1);
		}
	}
}

/** What a variable gets where it is declared, or the whole from which a pattern takes it. */
function initOf(declaration: Node): Node | undefined {
	let node = declaration.parent;
	while (node !== undefined && !isFunction(node) && /Pattern$|^Property$|^RestElement$/.test(node.type))
		node = node.parent;
	return node?.type === "VariableDeclarator" ? (node.init ?? undefined) : undefined;
}
