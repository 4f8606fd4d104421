/**
 * The form of a vector: a short header, a blank line, and the bytes of a `coffer.vault` (docs/format.md, section 13).
 */
import { gunzipSync, gzipSync } from "node:zlib";

/** Environment, name, value. */
export type Value = readonly [environment: string, name: string, value: string];

export interface Vector {
	/** The file's name without `.vector`. It says what is wrong in the file, or what is special. */
	readonly name: string;
	readonly comment: string;
	/** `good`, or the error code of reading it. */
	readonly expect: string;
	readonly exit: number;
	/** Undefined if the fault has no line. */
	readonly line?: number | undefined;
	/** The reader's seed is this byte, 32 times. */
	readonly identity: number;
	/** The vault id that the identity is bound to. */
	readonly bound?: string | undefined;
	/** The vector that the same device has read in this folder before. */
	readonly seen?: string | undefined;
	/** The finding of the strict check, if it differs from `expect`. */
	readonly strict?: string | undefined;
	/** The result of resolving the conflict. */
	readonly resolve?: string | undefined;
	readonly resolveLine?: number | undefined;
	/** For a valid vector, the values, sorted; with `resolve`, the values after resolving. */
	readonly values?: readonly Value[] | undefined;
	readonly content: Uint8Array;
}

const MAGIC = "coffer-vector 1";
/** Vectors of at least this size are compressed. */
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
