/**
 * The form of a vector: a short header, a blank line, and the bytes of a `coffer.vault` (docs/format.md, section 13).
 */
import { gunzipSync, gzipSync } from "node:zlib";

/** Environment, name, value. */
export type Value = readonly [environment: string, name: string, value: string];

export interface Vector {
	/** The file's name, without `.vector`: what is wrong, or good, in it. */
	readonly name: string;
	readonly comment: string;
	/** `good`, or the code that reading ends in. */
	readonly expect: string;
	readonly exit: number;
	/** Undefined where the fault has none. */
	readonly line?: number | undefined;
	/** The byte that the reader's seed is, 32 times. */
	readonly identity: number;
	/** The vault id that the identity is bound to. */
	readonly bound?: string | undefined;
	/** The vector that the same device has read here before. */
	readonly seen?: string | undefined;
	/** What the strict check finds, where that is something else than `expect`. */
	readonly strict?: string | undefined;
	/** What a repair of the conflict ends in. */
	readonly resolve?: string | undefined;
	readonly resolveLine?: number | undefined;
	/** What is read, sorted; with `resolve`, after the repair. Of a good vector. */
	readonly values?: readonly Value[] | undefined;
	readonly content: Uint8Array;
}

const MAGIC = "coffer-vector 1";
/** From here on, a vector is compressed. */
const COMPRESSED_BYTES = 32_768;

/** JSON of ASCII alone. */
function asciiJson(value: unknown): string {
	return JSON.stringify(value).replace(
		/[^ -~]/g,
		(letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

export function printVector(vector: Vector): Buffer {
	const { content, values } = vector;
	const compressed = content.length >= COMPRESSED_BYTES;
	const rows: readonly [string, string | number | undefined][] = [
		["comment", vector.comment],
		["expect", vector.expect],
		["exit", vector.exit],
		["line", vector.line],
		["identity", vector.identity],
		["bound", vector.bound],
		["seen", vector.seen],
		["strict", vector.strict],
		["resolve", vector.resolve],
		["resolve-line", vector.resolveLine],
		["values", values && asciiJson(values)],
		["compressed", compressed ? "gzip" : undefined],
	];
	const header = rows.flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}\n`]));
	const body = compressed ? gzipSync(content, { level: 9 }) : content;
	return Buffer.concat([Buffer.from(`${MAGIC}\n${header.join("")}\n`), body]);
}

export function parseVector(name: string, bytes: Buffer): Vector {
	const end = bytes.indexOf("\n\n");
	const [magic, ...rows] = bytes.subarray(0, end).toString("latin1").split("\n");
	if (end < 0 || magic !== MAGIC) throw new Error(`${name} is no vector`);
	const header = new Map(
		rows.map((row): [string, string] => {
			const at = row.indexOf(": ");
			return [row.slice(0, at), row.slice(at + 2)];
		}),
	);
	const numberOf = (key: string) => (header.has(key) ? Number(header.get(key)) : undefined);
	const body = bytes.subarray(end + 2);
	const values = header.get("values");
	return {
		name,
		comment: header.get("comment") ?? "",
		expect: header.get("expect") ?? "",
		exit: numberOf("exit") ?? -1,
		line: numberOf("line"),
		identity: numberOf("identity") ?? 1,
		bound: header.get("bound"),
		seen: header.get("seen"),
		strict: header.get("strict"),
		resolve: header.get("resolve"),
		resolveLine: numberOf("resolve-line"),
		values: values === undefined ? undefined : JSON.parse(values),
		content: header.get("compressed") === "gzip" ? gunzipSync(body) : body,
	};
}
