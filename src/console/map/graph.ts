/** Which function reads which secret, as a graph with its gaps. Pure. */
import type { SecretList } from "../../protocol/console.ts";
import type { FunctionList } from "../../protocol/function-list.ts";

export type FunctionEntry = FunctionList["functions"][number];
export type SecretEntry = SecretList["secrets"][number];
type Reference = FunctionEntry["references"][number];

/** `prefix`: the code reads names that begin with a text. The others are as in the protocol. */
export type How = Reference["how"] | "prefix";

/** Why a function has an edge to a secret: one place in its code, or one entry of its settings. */
export interface Reason {
	readonly how: How;
	readonly file: string;
	readonly line: number;
	/** The prefix with its star; undefined for a reference to the whole name. */
	readonly prefix?: string;
}

export interface FunctionNode {
	readonly kind: "function";
	readonly id: string;
	readonly name: string;
	readonly entry: FunctionEntry;
	/** It may read any secret. */
	readonly isDynamic: boolean;
}

/**
 * `stored`: it has a value. `missing`: the code or the settings of functions refer to it, and it has none. `optional`: it
 * has none, and only packages refer to it, as they do to the settings that they can do without, or it was only observed.
 * `pattern`: a prefix that no stored name has. `unknown`: the session may not read which secrets there are.
 */
export type Presence = "stored" | "missing" | "optional" | "pattern" | "unknown";

export interface SecretNode {
	readonly kind: "secret";
	readonly id: string;
	readonly name: string;
	readonly presence: Presence;
	/** Undefined if the list of secrets does not have it. */
	readonly entry: SecretEntry | undefined;
	/** No function refers to it. */
	readonly isUnread: boolean;
}

export type GraphNode = FunctionNode | SecretNode;

export interface Edge {
	readonly function: number;
	readonly secret: number;
	readonly reasons: readonly Reason[];
	/** The most certain of the reasons. */
	readonly how: How;
}

export interface Graph {
	readonly functions: readonly FunctionNode[];
	readonly secrets: readonly SecretNode[];
	readonly edges: readonly Edge[];
	/** Whether it is known which secrets are stored. */
	readonly knowsSecrets: boolean;
}

export const functionId = (name: string): string => `function:${name}`;
export const secretId = (name: string): string => `secret:${name}`;

const CERTAINTY: readonly How[] = ["static", "declared", "observed", "prefix"];

const mostCertain = (reasons: readonly Reason[]): How =>
	CERTAINTY.find((how) => reasons.some((reason) => reason.how === how)) ?? "static";

const isPattern = (name: string): boolean => name.endsWith("*");

/** Whether a name, or a prefix with a star, covers a name. */
export const covers = (pattern: string, name: string): boolean =>
	isPattern(pattern) ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** The secrets of a graph, by name, in the order in which they were found. */
class SecretTable {
	readonly found = new Map<string, { presence: Presence; entry: SecretEntry | undefined; readers: number }>();
	readonly #stored: readonly string[];
	readonly #knows: boolean;
	readonly #deleted: ReadonlyMap<string, SecretEntry>;

	constructor(secrets: readonly SecretEntry[] | undefined) {
		this.#knows = secrets !== undefined;
		for (const entry of secrets ?? []) {
			if (entry.kind === "live") this.found.set(entry.name, { presence: "stored", entry, readers: 0 });
		}
		this.#stored = [...this.found.keys()];
		this.#deleted = new Map(
			(secrets ?? []).filter(({ kind }) => kind === "deleted").map((each) => [each.name, each]),
		);
	}

	/** The names that a reference leads to. What is not stored gets an entry of its own. */
	namesOf(reference: string): readonly string[] {
		const stored = isPattern(reference) ? this.#stored.filter((name) => covers(reference, name)) : [];
		const names = stored.length > 0 ? stored : [reference];
		for (const name of names) {
			const known = this.found.get(name);
			if (known === undefined)
				this.found.set(name, { presence: this.#absent(name), entry: this.#deleted.get(name), readers: 0 });
		}
		return names;
	}

	#absent(name: string): Presence {
		if (isPattern(name)) return "pattern";
		return this.#knows ? "missing" : "unknown";
	}
}

/** The reasons of one function, by the name of the secret. What its settings exclude it does not get. */
function reasonsOf({ references, excluded = [] }: FunctionEntry, table: SecretTable): Map<string, Reason[]> {
	const reasons = new Map<string, Reason[]>();
	for (const { name, file, line, how } of references) {
		const reason: Reason = isPattern(name)
			? { how: "prefix", file, line, prefix: name }
			: { how, file, line };
		for (const each of table.namesOf(name)) {
			if (excluded.some((pattern) => covers(pattern, each))) continue;
			const list = reasons.get(each);
			if (list === undefined) reasons.set(each, [reason]);
			else list.push(reason);
		}
	}
	return reasons;
}

/** Files of packages, of the web and of the platform. */
const FOREIGN_FILE = /^(?:npm|jsr|https?|coffer):/;
/** Names that have a value without a secret. */
const WITH_DEFAULT: ReadonlySet<string> = new Set(["NODE_ENV"]);

/** Whether functions need a name: their own code or settings refer to it. `functions references --missing` counts alike. */
function isAskedFor([name, reasons]: readonly [string, readonly Reason[]]): boolean {
	return (
		!WITH_DEFAULT.has(name) && reasons.some(({ how, file }) => how !== "observed" && !FOREIGN_FILE.test(file))
	);
}

/**
 * The graph of an app.
 * @param secrets undefined: it is not known which are stored
 */
export function graphOf(
	entries: readonly FunctionEntry[],
	secrets: readonly SecretEntry[] | undefined,
): Graph {
	const table = new SecretTable(secrets);
	const found = entries.map((entry) => reasonsOf(entry, table));
	const index = new Map([...table.found.keys()].map((name, position) => [name, position]));
	const edges = found.flatMap((reasons, position) =>
		[...reasons].map(([name, why]): Edge => {
			const secret = table.found.get(name);
			if (secret !== undefined) secret.readers++;
			return { function: position, secret: index.get(name) ?? 0, reasons: why, how: mostCertain(why) };
		}),
	);
	const functions = entries.map(
		(entry): FunctionNode => ({
			kind: "function",
			id: functionId(entry.name),
			name: entry.name,
			entry,
			isDynamic: entry.dynamic.length > 0,
		}),
	);
	const asked = new Set(found.flatMap((each) => [...each].filter(isAskedFor).map(([name]) => name)));
	const nodes = [...table.found].map(
		([name, { presence, entry, readers }]): SecretNode => ({
			kind: "secret",
			id: secretId(name),
			name,
			presence: presence === "missing" && !asked.has(name) ? "optional" : presence,
			entry,
			isUnread: presence === "stored" && readers === 0,
		}),
	);
	return { functions, secrets: nodes, edges, knowsSecrets: secrets !== undefined };
}

/** The edges of one node. */
export function edgesOf(graph: Graph, node: GraphNode): readonly Edge[] {
	const side = node.kind;
	const nodes = side === "function" ? graph.functions : graph.secrets;
	const index = nodes.findIndex(({ id }) => id === node.id);
	return graph.edges.filter((edge) => edge[side] === index);
}

export const nodesOf = ({ functions, secrets }: Graph): readonly GraphNode[] => [...functions, ...secrets];
