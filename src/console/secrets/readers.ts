/** Which functions read a secret. Pure. */
import type { FunctionList } from "../../protocol/function-list.ts";
import { graphOf, type Reason, type SecretEntry } from "../map/graph.ts";

export interface Reader {
	readonly name: string;
	readonly reasons: readonly Reason[];
}

export interface Readers {
	/** The functions with a reference to the secret. */
	readonly of: (secret: string) => readonly Reader[];
	/** The functions that may read any secret. */
	readonly any: readonly string[];
}

/** The readers of all secrets. */
export function readersOf(functions: FunctionList["functions"], secrets: readonly SecretEntry[]): Readers {
	const graph = graphOf(functions, secrets);
	const readers = new Map<string, Reader[]>();
	for (const edge of graph.edges) {
		const [secret, reader] = [
			graph.secrets[edge.secret]?.name ?? "",
			graph.functions[edge.function]?.name ?? "",
		];
		const list = readers.get(secret) ?? [];
		list.push({ name: reader, reasons: edge.reasons });
		readers.set(secret, list);
	}
	const any = graph.functions.filter(({ isDynamic }) => isDynamic).map(({ name }) => name);
	return { of: (secret) => readers.get(secret) ?? [], any };
}
