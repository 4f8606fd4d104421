/** The starting points of the analysis: the nodes whose value is a source of environment variables. */
import type { Scopes } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import { runtimeValue, type Value } from "../engine/values.ts";
import { GLOBAL_APIS, importedValue, moduleValue } from "./runtime-apis.ts";

const GLOBALS = Object.entries(GLOBAL_APIS).map(([name, api]) => [name, runtimeValue(api)] as const);

/** Every node whose value is the environment or leads to it, without regard to assignments. */
export function sourceNodes(scopes: Scopes): { value: Value; node: Node }[] {
	const found: { value: Value; node: Node }[] = [];
	for (const [name, value] of GLOBALS) {
		for (const node of scopes.freeReads(name)) found.push({ value, node });
	}
	for (const node of scopes.metaProperties) {
		if (node.meta.name === "import") found.push({ value: runtimeValue("import.meta"), node });
	}
	for (const specifier of scopes.importSpecifiers) {
		const value = importedValue(specifier);
		const binding = scopes.resolve(specifier.local);
		if (value?.kind !== "runtime" || binding === undefined) continue;
		for (const node of scopes.uses(binding).reads) found.push({ value, node });
	}
	for (const node of scopes.dynamicImports) {
		const value = moduleValue(String(node.source.value));
		if (value !== undefined) found.push({ value, node });
	}
	for (const node of scopes.calls) {
		const value = /^(?:__)?require\d*$/.test(node.callee.name)
			? moduleValue(String(node.arguments[0].value))
			: undefined;
		if (value !== undefined) found.push({ value, node });
	}
	return found;
}
