/**
 * Encrypts what one node asks another, and the answer, with a key of the identity that all nodes of a platform have.
 * Therefore no certificate and no access token is needed between nodes, and nothing can be read on the way. Pure.
 *
 * A request is sealed for one node and for its present ticket, so no other node accepts it, and the node itself accepts
 * it once. Each part of an answer is sealed for its request and its place in the answer, so parts cannot be exchanged,
 * repeated or left out. An answer that ends without its last part was cut.
 */
import * as z from "zod";
import { lengthPrefixed } from "../../../bytes.ts";
import { fromBase64, hash, open, seal, toBase64 } from "../../../crypto.ts";

const KEY_DOMAIN = "coffer/node-call/1";
const REQUEST = "request";
const PART = "part";
const LAST_PART = "last part";

/** The most characters of a line of an answer. One line has at most an answer's 16 Mi characters, in UTF-8 and base64. */
const LINE_CHARACTERS_MAX = 96 * 1024 * 1024;

/** The most functions that a request names. */
export const NAMES_MAX = 1_000;

const about = {
	app: z.string().max(200),
	/** A later app of the same name has another one. */
	lifetime: z.string().max(200),
	/** The functions. Null: all. */
	names: z.array(z.string().max(1_000)).max(NAMES_MAX).nullable(),
};

const linesSchema = z.object({
	...about,
	kind: z.enum(["written", "requests"]),
	/** Whether the answer goes on with new lines. */
	follow: z.boolean(),
	query: z.object({
		sinceMs: z.number().optional(),
		level: z.enum(["info", "error"]).optional(),
		after: z.string().max(100).optional(),
		limit: z.number(),
	}),
});

/** What a node asks of another about the functions of an app. A node of an earlier version refuses kinds that it does not know. */
const requestSchema = z.discriminatedUnion("kind", [
	linesSchema,
	/** Their figures, in spans of `stepMs`. */
	z.object({ ...about, kind: z.literal("figures"), stepMs: z.int().min(1) }),
	/** How they are on the node. */
	z.object({ ...about, kind: z.literal("functions") }),
]);
export type NodeRequest = z.infer<typeof requestSchema>;
export type LineRequest = z.infer<typeof linesSchema>;

/** The key for calls between nodes. @param stateKey the key of the platform's identity for stored state: 32 bytes */
export function callKey(stateKey: Uint8Array): Uint8Array {
	return hash(lengthPrefixed(KEY_DOMAIN), stateKey);
}

/** @param node the node that is asked. @param ticket its present ticket */
export function sealRequest(
	request: NodeRequest,
	{ key, node, ticket }: { readonly key: Uint8Array; readonly node: string; readonly ticket: string },
): Uint8Array {
	return seal(Buffer.from(JSON.stringify(request)), lengthPrefixed(REQUEST, node, ticket), key);
}

/** Undefined if no node of this platform made it for this node and ticket. */
export function openRequest(
	sealed: Uint8Array,
	{ key, node, ticket }: { readonly key: Uint8Array; readonly node: string; readonly ticket: string },
): NodeRequest | undefined {
	const opened = open(sealed, lengthPrefixed(REQUEST, node, ticket), key);
	if (opened === undefined) return undefined;
	return requestSchema.safeParse(JSON.parse(Buffer.from(opened).toString())).data;
}

/** Identifies a sealed request. No two are equal, because each has a random nonce. */
export function requestId(sealed: Uint8Array): string {
	return toBase64(hash(sealed));
}

function place(kind: typeof PART | typeof LAST_PART, id: string, index: number): Uint8Array {
	return lengthPrefixed(kind, id, index);
}

/** Seals an answer: one line of base64 for each part. @param id of the request */
export function sealAnswer(
	parts: ReadableStream<Uint8Array>,
	{ id, key }: { readonly id: string; readonly key: Uint8Array },
): ReadableStream<Uint8Array> {
	let index = 0;
	const sealed = (part: Uint8Array, kind: typeof PART | typeof LAST_PART) =>
		Buffer.from(`${toBase64(seal(part, place(kind, id, index++), key))}\n`);
	return parts.pipeThrough(
		new TransformStream<Uint8Array, Uint8Array>({
			transform: (part, controller) => controller.enqueue(sealed(part, PART)),
			flush: (controller) => controller.enqueue(sealed(new Uint8Array(), LAST_PART)),
		}),
	);
}

/**
 * The parts of a sealed answer.
 * @throws Error if the answer was cut, altered, or made for another request
 */
export async function* openAnswer(
	chunks: AsyncIterable<Uint8Array>,
	{ id, key }: { readonly id: string; readonly key: Uint8Array },
): AsyncGenerator<string, void, void> {
	let index = 0;
	for await (const line of linesOf(chunks)) {
		const sealed = fromBase64(line) ?? new Uint8Array();
		const part = open(sealed, place(PART, id, index), key);
		if (part !== undefined) yield Buffer.from(part).toString();
		else if (open(sealed, place(LAST_PART, id, index), key) !== undefined) return;
		else throw new Error("the answer of a node is not authentic");
		index++;
	}
	throw new Error("the answer of a node was cut");
}

/** The lines of ASCII text that arrives in chunks. A line without an end is left out. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
	const waiting: string[] = [];
	let length = 0;
	for await (const chunk of chunks) {
		const pieces = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
			.toString("latin1")
			.split("\n");
		const rest = pieces.pop() ?? "";
		for (const piece of pieces) {
			yield waiting.splice(0).join("") + piece;
			length = 0;
		}
		waiting.push(rest);
		length += rest.length;
		if (length > LINE_CHARACTERS_MAX) throw new Error("the answer of a node has a line that is too long");
	}
}
