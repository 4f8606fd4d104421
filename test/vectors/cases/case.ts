/** Helpers for vectors: a valid vault, one change in it, and the line of the change. */
import { alice, bob, carol } from "../primitives.ts";
import type { Value, Vector } from "../vector.ts";
import { VaultWriter } from "../writer.ts";

/** Line numbers, from 1, of `smallVault`. */
export const LINE = {
	header: 1,
	vault: 3,
	genesis: 4,
	createPreview: 5,
	createProduction: 6,
	endVault: 7,
	preview: 9,
	endPreview: 15,
	production: 17,
	first: 18,
	addBob: 19,
	addCarol: 20,
	/** Each of a record's: name, second line, blank line. */
	apiKey: 22,
	gone: 25,
	token: 28,
	endProduction: 31,
} as const;

/** Two environments of alice's; in production bob writes and carol reads. Two secrets and a tombstone. */
export function smallVault(seed?: string): VaultWriter {
	const vault = new VaultWriter(seed);
	vault.genesis();
	vault.create("preview").set("API_KEY", "preview of the key");
	const production = vault.create("production");
	production.add("writer", bob);
	production.add("reader", carol);
	production.set("API_KEY", "the key itself");
	production.set("GONE", "", { version: 2, kind: "deleted" });
	production.set("TOKEN", "bob's token", { by: bob });
	return vault;
}

export const SMALL_VALUES: readonly Value[] = [
	["preview", "API_KEY", "preview of the key"],
	["production", "API_KEY", "the key itself"],
	["production", "TOKEN", "bob's token"],
];

const EXITS: Readonly<Record<string, number>> = {
	good: 0,
	VAULT_VERSION_UNKNOWN: 1,
	NOT_A_MEMBER: 3,
	VAULT_CONFLICTED: 5,
};

type Options = Partial<
	Pick<Vector, "identity" | "bound" | "seen" | "strict" | "resolve" | "resolveLine" | "values">
>;

export function vectorOf(
	name: string,
	expect: string,
	comment: string,
	content: string | Uint8Array,
	options: Options & { line?: number | undefined } = {},
): Vector {
	const bytes = typeof content === "string" ? Buffer.from(content) : content;
	const exit = EXITS[expect] ?? 7;
	const path = ([environment, secret]: Value) => `${environment}/${secret}`;
	const values = options.values && [...options.values].sort((a, b) => (path(a) < path(b) ? -1 : 1));
	return { identity: alice.seed, ...options, values, name, expect, comment, exit, content: bytes };
}

/** The line of a fault: the text of a line, its number, a record's name and second line, or none. */
export type Spot = string | number | readonly [environment: string, name: string] | undefined;

function lineOfSpot(lines: readonly string[], spot: Spot): number | undefined {
	if (spot === undefined || typeof spot === "number") return spot;
	if (typeof spot === "string") return lines.indexOf(spot) + 1;
	const [environment, name] = spot;
	return lines.indexOf(name, lines.indexOf(`environment ${environment}`)) + 2;
}

/** A vector whose fault the writer puts into the small vault. */
export function fault(
	name: string,
	expect: string,
	comment: string,
	build: (vault: VaultWriter) => Spot,
	options: Options = {},
): Vector {
	const vault = smallVault();
	const spot = build(vault);
	return vectorOf(name, expect, comment, vault.text(), { ...options, line: lineOfSpot(vault.lines(), spot) });
}

/** A good vector; by default, `values` are those of the small vault. */
export function good(
	name: string,
	comment: string,
	build: (vault: VaultWriter) => void,
	values: readonly Value[] = SMALL_VALUES,
	options: Options = {},
): Vector {
	const vault = smallVault();
	build(vault);
	return vectorOf(name, "good", comment, vault.text(), { values, ...options });
}

/** A vector whose fault is one line of the small vault's text. @param line from 1; the fault is there */
export function badLine(
	name: string,
	expect: string,
	comment: string,
	line: number,
	change: (text: string) => string,
): Vector {
	const lines = smallVault().lines();
	lines[line - 1] = change(lines[line - 1] ?? "");
	return vectorOf(name, expect, comment, `${lines.join("\n")}\n`, { line });
}

/**
 * A vector whose lines were added, removed or moved. @param spoil changes the lines and returns the 1-based
 * line of the fault
 */
export function badLines(
	name: string,
	expect: string,
	comment: string,
	spoil: (lines: string[]) => number,
): Vector {
	const lines = smallVault().lines();
	const line = spoil(lines);
	return vectorOf(name, expect, comment, `${lines.join("\n")}\n`, { line });
}

/** The line with one of its words, from 0, replaced. */
export function reword(line: string, index: number, word: string | ((word: string) => string)): string {
	const words = line.split(" ");
	const old = words.at(index) ?? "";
	words.splice(index, 1, typeof word === "string" ? word : word(old));
	return words.join(" ");
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Base64 whose last character has another unused bit. A lenient decoder decodes it to the same bytes. */
export function strayBit(text: string): string {
	return text.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(text.slice(-1)) ^ 1);
}

/** Base64 of other bytes, with the same length. */
export function otherBytes(text: string): string {
	return (text.startsWith("A") ? "B" : "A") + text.slice(1);
}
