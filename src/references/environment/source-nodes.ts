import type { Scopes } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import { native, type Value } from "../engine/values.ts";
import { importedValue, moduleValue, ROOTS } from "./runtime-apis.ts";

/** Everything in the code that stands for the environment or leads to it. */
export function startsOf(scopes: Scopes): { value: Value; node: Node }[] {
	const starts: { value: Value; node: Node }[] = [];
	for (const [name, root] of Object.entries(ROOTS)) {
		for (const node of scopes.freeReads(name)) starts.push({ value: native(root), node });
	}
	for (const node of scopes.metaProperties) {
		if (node.meta.name === "import") starts.push({ value: native("import.meta"), node });
	}
	for (const specifier of scopes.importSpecifiers) {
		const value = importedValue(specifier);
		const binding = scopes.resolve(specifier.local);
		if (value?.kind !== "runtime" || binding === undefined) continue;
		for (const node of scopes.uses(binding).reads) starts.push({ value, node });
	}
	for (const node of scopes.dynamicImports) {
		const value = moduleValue(String(node.source.value));
		if (value !== undefined) starts.push({ value, node });
	}
	for (const node of scopes.calls) {
		const value = /^(?:__)?require\d*$/.test(node.callee.name)
			? moduleValue(String(node.arguments[0].value))
			: undefined;
		if (value !== undefined) starts.push({ value, node });
	}
	return starts;
}
